"""Training batches from rendered blocks of clips, as a pure function of the seed and the step.

Worker processes render blocks ahead into files. Step s may use blocks 0 .. s // reuse, of which it draws one of the
newest few; nothing depends on how fast the workers are, so a resumed run sees the batches it would have seen.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.pool import AsyncResult
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.clips import random_crop
from trainer.data.world.warp import Family
from trainer.data.world.world import Split, World
from trainer.presets import Preset
from trainer.sampler import identities_by_clips
from trainer.schedule import channel_strength

Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Frames (N * M, T, 128, 128) and labels (N * M,)."""

_BLOCK_SEED, _BATCH_SEED = 1, 2
"""Keep the random numbers of blocks and of batches apart."""
_LOOK_AGAIN = 0.05
"""Seconds."""


@dataclass(frozen=True)
class WorldFiles:
    """Real motion and portraits to render from; None renders procedural drivers or drawn faces only."""

    motion: Path | None = None
    targets: Path | None = None
    fold: int = 0
    """Which of the real drivers and portraits are held out: one of 5 parts."""
    held_out: frozenset[Family] = frozenset()
    """Families of generators that training does not see."""

    def world(self, split: Split = "train") -> World:
        """One split of what is to be rendered."""
        return World(self.motion, self.targets, split, fold=self.fold, held_out=self.held_out)


def render_block(path: Path, files: WorldFiles, preset: Preset, seed: int, number: int) -> None:
    """Write block `number` to `path`, unless it is there.

    Whatever it depends on has to be in `trainer.resume.rendered_from`, so that no other run takes it for its own.
    """
    if path.exists():
        return
    rng = np.random.default_rng((seed, _BLOCK_SEED, number))
    world = files.world()
    strength = channel_strength(number * preset.reuse, preset.clean, preset.ramp)
    frames, labels = world.batch(rng, preset.identities, preset.block_clips, preset.block_frames, strength)
    save_whole(path, frames=frames, labels=labels)


def save_whole(path: Path, **arrays: NDArray[Any]) -> None:
    """Write an .npz that appears complete or not at all."""
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        np.savez(file, **arrays)
    temporary.replace(path)


def draw_batch(block: Batch, preset: Preset, rng: np.random.Generator) -> Batch:
    """N x M clips of one block, each cropped at random to the preset's length."""
    frames, labels = block
    places = identities_by_clips(rng, labels, preset.identities, preset.clips)
    return np.stack([random_crop(frames[place], preset.frames, rng) for place in places]), labels[places]


class Blocks:
    """Renders blocks into `folder` ahead of the step that needs them; a context manager that ends its workers.

    Processes that train together share the folder; this is process `rank` of `count`, and renders one block in `count`.
    """

    def __init__(
        self,
        folder: Path,
        files: WorldFiles,
        preset: Preset,
        seed: int,
        workers: int = 1,
        rank: int = 0,
        count: int = 1,
    ) -> None:
        self._folder, self._files, self._preset, self._seed = folder, files, preset, seed
        self._ahead, self._rank, self._count = (workers + 1) * count, rank, count
        folder.mkdir(parents=True, exist_ok=True)
        # Spawned, not forked: a fork of a process whose threads hold locks can hang.
        # They give way to training, which does not wait for what only later steps need.
        self._pool = get_context("spawn").Pool(workers, initializer=os.nice, initargs=(10,))
        self._rendering: dict[int, AsyncResult[None]] = {}
        self._loaded: dict[int, Batch] = {}

    def __enter__(self) -> "Blocks":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.terminate()
        self._pool.join()

    def batch(self, step: int) -> Batch:
        """The batch of `step`, counted from 0; steps must not go back by more than the kept blocks."""
        newest = step // self._preset.reuse
        usable = range(max(0, newest - self._preset.kept_blocks + 1), newest + 1)
        self._order([*usable, *range(newest + 1, newest + 1 + self._ahead)])
        self._forget_before(usable.start)
        rng = np.random.default_rng((self._seed, _BATCH_SEED, step))
        return draw_batch(self._block(int(rng.choice(usable))), self._preset, rng)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.npz"

    def _order(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            mine = number % self._count == self._rank
            if mine and number not in self._rendering and number not in self._loaded:
                self._rendering[number] = self._pool.apply_async(
                    render_block, (self._path(number), self._files, self._preset, self._seed, number)
                )

    def _block(self, number: int) -> Batch:
        if number not in self._loaded:
            if number in self._rendering:
                self._rendering.pop(number).get()
            while not self._path(number).exists():  # another process renders it
                time.sleep(_LOOK_AGAIN)
            with np.load(self._path(number)) as block:
                self._loaded[number] = block["frames"], block["labels"]
        return self._loaded[number]

    def _forget_before(self, first: int) -> None:
        for number in [number for number in (*self._loaded, *self._rendering) if number < first]:
            self._loaded.pop(number, None)
            self._rendering.pop(number, None)
            # Another process may be a step behind, and need one block more than this one.
            self._path(number - 1).unlink(missing_ok=True)
