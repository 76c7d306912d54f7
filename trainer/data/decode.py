"""From a video file to the clip that is kept of it: its longest run on the 25 fps grid, as guard would see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from guard.core.errors import VideoError
from guard.core.grid import Grid
from guard.core.items import FPS, Cut, GridFrame
from guard.core.obstacle import MOST_FILLER
from guard.video import Report, events
from trainer.clips import Frames

LONGEST = 300 * FPS
"""Grid frames at which a run is ended: a worker holds the clip in memory, 16 KiB a frame."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """What is kept of a video: `frames` (n, 128, 128) uint8, n > 1, of which `filler` repeat the one before.

    `notes` says what is wrong with the video or was left out of it; empty for nearly all.
    """

    frames: Frames
    filler: int
    notes: str


def decode(path: Path) -> Clip:
    """The longest run of a video; the first of several. Nothing is joined across a cut, for no motion was there.

    Raises VideoError if nothing can be decoded, for a single picture, and for so much filler that guard would not
    score it either.
    """
    notes: list[str] = []
    kept: list[GridFrame] = []
    total = 0
    for run in runs(path, notes.append):
        total += len(run)
        kept = max(kept, run, key=len)
    if len(kept) < 2:
        raise VideoError(str(path), "holds no two pictures in a row")
    filler = sum(frame.filler for frame in kept)
    if filler > MOST_FILLER * len(kept):
        raise VideoError(str(path), f"has too few pictures: {filler} of {len(kept)} grid frames repeat the one before")
    if len(kept) == LONGEST:
        notes.append(f"only {LONGEST / FPS:.0f} s of it are kept: a clip may not be longer")
    elif len(kept) < total:
        notes.append(f"only its longest run is kept, {len(kept) / FPS:.2f} of {total / FPS:.2f} s")
    told = "; ".join(note.removeprefix(f"{path}: ") for note in notes)
    return Clip(np.stack([frame.pixels for frame in kept]), filler, told)


def runs(path: Path, report: Report) -> Iterator[list[GridFrame]]:
    """Each run of grid frames of a video file; one that gets LONGEST frames long is the last. Raises VideoError."""
    grid, run = Grid(), list[GridFrame]()
    for event in events(path, report):
        if isinstance(event, Cut):
            grid.restart()
        for settled in [event] if isinstance(event, Cut) else grid.put(event):
            if isinstance(settled, Cut):
                yield run
                run = []
            else:
                run.append(settled)
            if len(run) == LONGEST:
                yield run
                return
    yield run
