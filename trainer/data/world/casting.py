"""The drivers of a split: nobody is in both."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from trainer.data.world.drivers import Driver, RealDriver, RestyledDriver
from trainer.data.world.prior import Prior
from trainer.data.world.procedural import ProceduralDriver
from trainer.data.world.tracks import Track, by_driver, load_tracks, validation_drivers

Split = Literal["train", "validation"]

SEEDS = {"train": 0, "validation": 1 << 31}
"""Where each split's numbers for procedural drivers and drawn faces begin, 2^31 of them each: they never meet."""

_ENOUGH = 300
"""Frames of material from which on a real driver is as welcome in a batch as any."""


class Cast:
    """Everybody who may drive in one split: `real` drivers of one fold of a tracks.npz, if any, and invented ones."""

    def __init__(self, motion: Path | None, split: Split, seed: int, fold: int) -> None:
        self._split, self._prior = split, Prior.load()
        self.real = _real_drivers(motion, split, seed, fold) if motion else []

    def some(self, rng: np.random.Generator, count: int) -> list[Driver]:
        """`count` different drivers: with tracks about 10 % as recorded, 50 % restyled and 40 % procedural.

        Recorded people come again in every batch and seem to be learned by heart (docs/benchmarks.md), so they are few.
        Restyled drivers are made of a few real ones, those of the same batch among them: same content, another style.
        Many tracks are so short that clips of one driver share content, and this keeps a network from matching that
        instead. Nobody is restyled in validation.
        """
        people = [self.real[index] for index in self._weighted(rng, min(-(-count // 4), len(self.real)))]
        chosen: list[Driver] = [*people[: round(0.1 * count)]]
        for index in rng.choice(len(people), count // 2) if people and self._split == "train" else ():
            chosen.append(RestyledDriver(people[index], self._prior, self._seed(rng)))
        return chosen + [self.procedural(rng) for _ in range(count - len(chosen))]

    def procedural(self, rng: np.random.Generator) -> ProceduralDriver:
        """A new procedural driver."""
        return ProceduralDriver(self._seed(rng), self._prior)

    def _weighted(self, rng: np.random.Generator, count: int) -> Sequence[int]:
        """Real drivers without repetition, those with more material more often."""
        if not count:
            return []
        material = np.array([min(driver.material, _ENOUGH) for driver in self.real], float)
        return [int(index) for index in rng.choice(len(self.real), count, replace=False, p=material / material.sum())]

    def _seed(self, rng: np.random.Generator) -> int:
        return SEEDS[self._split] + int(rng.integers(1 << 31))


_tracks = lru_cache(maxsize=2)(load_tracks)


def _real_drivers(motion: Path, split: Split, seed: int, fold: int) -> list[RealDriver]:
    tracks = _tracks(motion)
    held_out = validation_drivers(tracks, fold, seed)
    if split == "train":
        chosen = [track for track in tracks if track.driver not in held_out and track.may_train]
    else:
        chosen = [track for track in tracks if track.driver in held_out]
    return [RealDriver(_comparable(clips)) for clips in by_driver(chosen).values()]


def _comparable(clips: list[Track]) -> list[Track]:
    """The clips at the driver's first frame rate: it leaves a trace, so a driver should have one."""
    return [clip for clip in clips if clip.source_fps == clips[0].source_fps]
