"""Training on a cache of videos: the loop of `trainer.train` with another source of batches and of validation."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import nn

from guard.core.scoring import EMBEDDING
from trainer.blocks import WorldFiles
from trainer.clips import centre_crop
from trainer.data.videos import Video
from trainer.memory import keep_freed_memory
from trainer.presets import Preset
from trainer.protocols import Embeddings, plain_pairs, target_pairs, tells
from trainer.resume import begun_with_videos, check_begun_with_videos
from trainer.runlog import RunLog
from trainer.seen import seen
from trainer.train import CHECKPOINT, run_steps, write_report
from trainer.training import Training
from trainer.trials import auc
from trainer.videobatches import VideoBatches
from trainer.videosets import Clips, VideoSet, few

_AT_ONCE = 16
"""Clips held in memory while videos are embedded."""


class Embedder(Protocol):
    """A run, of whatever network, as far as it can be measured."""

    preset: Preset
    model: nn.Module

    def embed(self, frames: NDArray[Any]) -> Embeddings:
        """Clips (C, T, ...) -> rows (C, D) of unit norm."""
        ...


def train_on_videos(training: Training, out: Path, videos: VideoSet, minutes: float | None = None) -> None:
    """Go on in folder `out` until the preset's steps are done or `minutes` are over; the last state is checkpointed.

    Raises InputError where the run has begun with other videos.
    """
    keep_freed_memory()
    if training.step:
        check_begun_with_videos(videos, training.facts, out)
    facts = learned_from(training, videos)
    out.mkdir(parents=True, exist_ok=True)
    batches = VideoBatches(videos.cache, videos.training, training.preset, training.seed)
    watched = few(videos.validation)
    deadline = time.monotonic() + minutes * 60 if minutes else float("inf")

    def report(loss: float) -> None:
        known = {"step": training.step, "loss": loss} | facts
        training.save(out / CHECKPOINT, known)  # measuring may fail, and hours of training are not to fail with it
        found = validation_aucs(videos.layout, watched, embedded(training, videos.cache, watched))
        write_report(out, training, known | found, log)

    with RunLog(out, training.step) as log:
        run_steps(training, batches.batch, log, lambda: time.monotonic() > deadline, report, batches.drivers)


def learned_from(training: Training, videos: VideoSet) -> dict[str, Any]:
    """What the checkpoint is to say that it has seen, what it went on from included."""
    before, now = training.facts.get("videos", []), videos.summary()
    listed = [*before[:-1], now] if before[-1:] == [now] else [*before, now]
    world = training.facts.get("world", bool(training.facts))
    facts = {**seen(WorldFiles(), training.facts), "world": world, "videos": listed}
    return facts | {"begun_with": begun_with_videos(videos)}


def embedded(training: Embedder, cache: Clips, videos: Sequence[Video]) -> Embeddings:
    """A row (256,) for each video: of its middle frames, as many as the training's clips hold (Eq. 6)."""
    rows = []
    for start in range(0, len(videos), _AT_ONCE):
        clips = [cache.clip(video.path) for video in videos[start : start + _AT_ONCE]]
        rows.append(training.embed(np.stack([centre_crop(clip, training.preset.frames) for clip in clips])))
    return np.concatenate(rows) if rows else np.zeros((0, EMBEDDING), np.float32)


def validation_aucs(layout: str, videos: Sequence[Video], embeddings: Embeddings) -> dict[str, float | str]:
    """AUCs by the layout's protocol, those that can be measured: plain videos each with each, others by target.

    By target is NVFAIR's published protocol, also for AVAPrintDB: its own tables name people of TEST only. Where there
    is no AUC, `validation` says why.
    """
    if not videos:
        return {"validation": "cannot be measured: there are no videos for it"}
    found: dict[str, float | str] = {}
    if layout == "plain":
        pairs_of = plain_pairs(videos, embeddings).items()
        found = {words.replace(" ", "_"): round(auc(pairs), 4) for words, pairs in pairs_of if tells(pairs)}
    elif of_targets := [auc(p) for p in target_pairs(videos, embeddings, strict=False).values() if tells(p)]:
        found = {"by_target": round(float(np.mean(of_targets)), 4)}
    nothing = f"cannot be measured: {len(videos)} videos make no genuine trial beside an impostor one"
    return found or {"validation": nothing}
