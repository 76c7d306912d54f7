"""Verification on a data set of videos: a bundle through guard's own engine, beside what trivial systems reach."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from tqdm import tqdm

from guard.bundle import Bundle
from guard.core.errors import InputError, in_a_line
from guard.engine import OnnxEngine
from trainer.baselines import System, Untrained, Vector, baselines
from trainer.clips import Frames, centre_crop, padded
from trainer.data.avaprintdb import PairTable, first, read_trials
from trainer.data.cache import REPORT, Cache
from trainer.data.fill import LAYOUTS, fill
from trainer.data.videos import Video
from trainer.evaluate import directions, metric
from trainer.kept import Kept
from trainer.models.fingerprint import PAPER
from trainer.protocols import MOST_VIDEOS, Embeddings, Figures, avaprintdb_figures, nvfair_figures, plain_figures
from trainer.reopening import architecture_of

TESTED = {"plain": None, "nvfair": "test", "avaprintdb": "TEST"}
"""The split that is evaluated."""
WINDOW, STRIDE = 60, 30
"""Frames of AVAPrintDB's windows, and from the start of one to the next."""
TABLES = "benchmark/eval_files"


def evaluate_videos(
    root: Path, layout: str, bundle: Bundle, folder: Path, workers: int, warn: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """Figures of a bundle and of the baselines on the videos at `root`, decoded into the cache `folder` if need be.

    Each as soon as its system has embedded all videos, as trainer.evaluate.metric has it.

    NVFAIR and plain videos are embedded by their centre crop (Eq. 6) of the bundle's longest horizon, 64 frames but for
    an imported bundle; AVAPrintDB's by its own windows.
    Raises InputError, also where nothing can be compared. What networks embed is kept in `folder`, too. `warn` is told
    of what a table names and cannot be compared: of bad lines before any video is decoded.
    """
    tables = check(root, layout)
    for name, table in tables.items():
        _say(warn, root, name, table, "say no trial", table.unread)
    fill(root, layout, folder, workers, TESTED[layout])
    cache, videos = tested(root, layout, folder)
    paths = {video.path for video in videos}
    for name, table in tables.items():
        _say(warn, root, name, table, "name a video that is not there or cannot be decoded", table.lost(paths))
    part = windows if layout == "avaprintdb" else partial(centre, length=max(bundle.horizons))
    for system, embed in systems(bundle, workers, folder).items():
        bar = tqdm(videos, unit="video", desc=system)
        embeddings = np.stack([part(embed, cache.clip(video.path)) for video in bar])
        found = list(compared(layout, videos, embeddings, tables))
        if all(isinstance(interval, str) for figures, _ in found for interval in figures.values()):
            raise InputError(str(root), "holds no two videos that make a genuine trial and an impostor trial")
        for figures, left_out in found:
            for name, interval in figures.items():
                pairs = "" if isinstance(interval, str) else f", {interval.pairs} pairs"
                yield {"system": system} | metric(name, interval, f"{len(videos)} videos{pairs}{left_out}")


def _say(warn: Callable[[str], None], root: Path, name: str, table: PairTable, what: str, which: Sequence[str]) -> None:
    if which:
        shown = in_a_line(first(which))
        warn(f"{root / TABLES / name}.csv: {len(which)} of its {table.lines} lines {what}: {shown}; left out")


def check(root: Path, layout: str) -> dict[str, PairTable]:
    """The tables of pairs that the layout has, by name.

    Raises InputError for what would end the work after hours: too many videos to compare, no pairs to compare.
    """
    count = len(LAYOUTS[layout](root).videos)  # which tells a wrong folder as such, before its tables are missed
    if layout == "plain" and count > MOST_VIDEOS:
        raise InputError("--root", f"holds {count} videos; at most {MOST_VIDEOS} are compared each with each")
    return pair_tables(root) if layout == "avaprintdb" else {}


def pair_tables(root: Path) -> dict[str, PairTable]:
    """The pairs of AVAPrintDB's tables, by name. Raises InputError for one that cannot be read, and for none."""
    tables = {path.stem: read_trials(path) for path in sorted((root / TABLES).glob("evaluation_pairs_*.csv"))}
    if not tables:
        raise InputError(str(root / TABLES), "holds no evaluation_pairs_*.csv", "it is part of the release")
    return tables


def tested(root: Path, layout: str, folder: Path) -> tuple[Cache, list[Video]]:
    """The cache `folder`, and the videos in it of the split that is evaluated. Raises InputError for none."""
    cache = Cache(folder)
    # A cache also keeps what is gone from the tree, or came from another: that is not what was asked about.
    here = {video.path for video in LAYOUTS[layout](root).videos if video.split == TESTED[layout]}
    videos = [entry.video for path, entry in cache.entries.items() if path in here]
    if not videos:
        first = (folder / REPORT).read_text(errors="replace").partition("\n")[0]
        raise InputError(str(root), f"holds no video that can be decoded; {first}")
    return cache, videos


def systems(bundle: Bundle, threads: int, folder: Path | None = None) -> dict[str, System]:
    """What is compared: the bundle first.

    What networks embed is kept in `folder`, that of the cache; the other two are as quick as a look into a file.
    """
    engine, made = OnnxEngine(bundle, threads), architecture_of(bundle)

    def embed(frames: Frames) -> Vector:
        return directions(engine.embed_clip(frames[None]), bundle.centre)[0]

    found: dict[str, System] = {bundle.model_id: embed, **baselines(made)}
    if folder:
        whole = json.dumps(bundle.manifest, sort_keys=True)  # with the hashes of all files
        found[bundle.model_id] = Kept(embed, f"{whole} by onnxruntime {onnxruntime.__version__}", folder)
        untrained = {name: one for name, one in found.items() if isinstance(one, Untrained)}
        for name, one in untrained.items():
            values = sum(value.numel() for value in one.model.parameters())
            found[name] = Kept(
                one, f"untrained {made or PAPER} of {values} values by torch {torch.__version__}", folder
            )
    return found


def centre(embed: System, frames: Frames, length: int) -> Vector:
    """The embedding of the middle `length` frames; a short clip's last frame is repeated."""
    return embed(centre_crop(frames, length))


def windows(embed: System, frames: Frames) -> Vector:
    """The mean embedding of all windows: the product of two such means is the mean of all cosines of their windows."""
    whole = padded(frames, WINDOW)
    starts = range(0, len(whole) - WINDOW + 1, STRIDE)
    mean: Vector = np.mean([embed(whole[start : start + WINDOW]) for start in starts], axis=0)
    return mean


def compared(
    layout: str, videos: Sequence[Video], embeddings: Embeddings, tables: Mapping[str, PairTable]
) -> Iterator[tuple[Figures, str]]:
    """The figures of the layout's own protocol, table by table, and what they leave out, or ""."""
    if layout == "nvfair":
        yield nvfair_figures(videos, embeddings), ""
    elif layout == "plain":
        yield plain_figures(videos, embeddings), ""
    paths = {video.path for video in videos}
    for name, table in tables.items():
        counts = {"unreadable lines": len(table.unread), "lines without a video": len(table.lost(paths))}
        left_out = ", ".join(f"{what} {count}" for what, count in counts.items() if count)
        yield avaprintdb_figures(videos, embeddings, name, table), left_out and f"; left out: {left_out}"
