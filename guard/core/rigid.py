"""A still picture that is held before a camera, or shaken: all of it moves as one, and nothing of the face by itself.

A plane that shifts, turns and comes nearer moves its cells as four numbers say, each cell scaled by how much texture it
has, which does not change. So what those four do not explain of the cells, each with scales of its own, is noise; of a
face it is lips, lids and brows. A face that moves in few ways at once is explained as well, so most of the motion has
to be that of a plane without any scales, too.
"""

import numpy as np

from guard.core.flow import CELLS
from guard.core.items import Floats

LAG = 5
"""Frames over which motion is summed: noise cancels from one frame to the next, motion adds up."""
LEAST = 0.03
"""Share of the motion that scaled motion of a plane leaves unexplained of a face."""
MOST = 0.55
"""Share that motion of a plane may leave unexplained of a still picture, for want of texture."""


def _plane() -> Floats:
    """(4, 2 * 8 * 8), orthonormal: shifts to the right and down, coming nearer, turning."""
    line = (np.arange(CELLS) - (CELLS - 1) / 2) / CELLS
    across, down = np.meshgrid(line, line)
    one, none = np.ones_like(across), np.zeros_like(across)
    maps = np.stack([[one, none], [none, one], [across, down], [-down, across]]).reshape(4, -1)
    return np.asarray(maps / np.linalg.norm(maps, axis=1, keepdims=True), np.float32)


_PLANE = _plane()
_LITTLE = np.eye(4, dtype=np.float32) * 1e-4  # of which a picture without motion has nothing to lose


def is_rigid(flows: Floats) -> bool:
    """Whether `flows` (T, 2, 8, 8) of T > 5 frames, in which more moves than noise, are those of a plane."""
    places = np.cumsum(flows.reshape(len(flows), -1), axis=0)
    moved = places[LAG:] - places[:-LAG]
    moved = moved - moved.mean(axis=0)
    total = float(np.square(moved).sum())
    seen = moved @ _PLANE.T
    scales = np.linalg.solve(seen.T @ seen + _LITTLE, seen.T @ moved)
    left = float(np.square(moved - seen @ scales).sum())
    return left < LEAST * total and total - float(np.square(seen).sum()) < MOST * total
