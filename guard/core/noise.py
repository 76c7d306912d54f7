"""A picture of which nothing moves: a source that hangs, behind a camera or a codec that goes on.

What a camera and a codec add comes anew with each frame. Over several frames it grows no further, while motion adds up:
so the squares of what a cell moved over LAG frames, less those of what it moved over one, are motion. A face that
keeps still moves in few places, lids and lips, so only the cells that move most count. A lamp or an exposure that
wanders moves all cells that have texture, in step with the light of the picture as a whole; that is taken off.
"""

import numpy as np

from guard.core.items import Floats

LAG = 10
"""Frames over which motion is summed."""
PARTS = 16
"""Of the 128 numbers of a flow, those that move most."""
FLOOR = 0.014
"""Pixels in LAG frames, root mean square over PARTS, up to which it is noise: see docs/benchmarks.md."""


def is_noise(flows: Floats, lights: Floats) -> bool:
    """Whether nothing but noise moves in `flows` (T, 2, 8, 8), T > LAG.

    `lights` (T + 1,) are the means of the pictures between which they are, in gray levels.
    """
    steps = flows.reshape(len(flows), -1)
    moved, lighter = _summed(steps), lights[LAG:] - lights[:-LAG]
    moved -= np.outer(lighter, lighter @ moved / (lighter @ lighter + 1e-3))
    motion = np.square(moved).mean(axis=0) - np.square(steps).mean(axis=0)
    return bool(np.partition(motion, -PARTS)[-PARTS:].mean() <= FLOOR**2)


def _summed(steps: Floats) -> Floats:
    """(T - LAG + 1, N) sums of LAG neighbours of steps (T, N); `cumsum` down columns takes four times as long."""
    count = len(steps) - LAG + 1
    total = steps[:count].copy()
    for later in range(1, LAG):
        total += steps[later : later + count]
    return total
