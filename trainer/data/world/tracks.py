"""Real driver motion: tracks of 478 landmarks, read from a tracks.npz that is not part of this repository."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DISPLACEMENT_UNIT = 1.0 / 8192.0
"""Face heights in one step of the stored int16."""

FOLDS = 5


@dataclass(frozen=True)
class Track:
    """One clip of one driver: displacement (T, 478, 3) int16 in 1/8192 face heights from the clip's median, 25 fps."""

    driver: int
    clip: int
    source_fps: float
    may_train: bool
    displacement: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.displacement)

    def motion(self, first: int, frames: int) -> NDArray[np.float32]:
        """Displacement (frames, 478, 3) in face heights from frame `first` on, which may be negative.

        Beyond its ends the track is played backwards: a short one gives stretches that differ more than shifts would.
        """
        last = len(self) - 1
        index = np.abs(np.arange(first, first + frames)) % (2 * last)
        shown = self.displacement[np.minimum(index, 2 * last - index)]
        return np.asarray(shown * np.float32(DISPLACEMENT_UNIT), np.float32)


def load_tracks(path: Path) -> list[Track]:
    """All clips of a tracks.npz. The people's shapes in it (`reference`) stay unread: they tell who somebody is."""
    with np.load(path, allow_pickle=False) as stored:
        columns = {name: stored[name] for name in ("driver", "start", "length", "source_fps", "may_train")}
        displacement = stored["displacement"]
    return [
        Track(int(driver), clip, float(fps), bool(may_train), displacement[start : start + length])
        for clip, (driver, start, length, fps, may_train) in enumerate(zip(*columns.values(), strict=True))
    ]


def validation_drivers(tracks: list[Track], fold: int, seed: int = 0) -> set[int]:
    """Drivers that training must not see: one of FOLDS seeded parts of the trainable ones, and all that may not train.

    Clips that may not train of a driver who has others are left to the caller to drop.
    """
    trainable = sorted({track.driver for track in tracks if track.may_train})
    barred = {track.driver for track in tracks} - set(trainable)
    shuffled = np.random.default_rng(seed).permutation(trainable)
    return barred | {int(driver) for driver in shuffled[fold % FOLDS :: FOLDS]}


def by_driver(tracks: list[Track]) -> dict[int, list[Track]]:
    """The tracks of each driver, in order."""
    grouped: dict[int, list[Track]] = {}
    for track in tracks:
        grouped.setdefault(track.driver, []).append(track)
    return grouped
