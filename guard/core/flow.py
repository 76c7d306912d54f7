"""How each part of a picture moved since the one before: coarse, and from nothing but the two pictures.

Least squares of brightness constancy in 8x8 cells (Lucas and Kanade), damped so that a cell without texture does not
move. It knows no model: what is kept of it outlives a change of bundle, and it costs a few hundredths of a step.
"""

import numpy as np

from guard.core.items import SIZE, Floats, Gray

SIDE = 32
"""Side of the picture that is looked at."""
CELLS = 8
"""Cells along a side."""
DAMPING = np.float32(250.0)
"""Squared gray levels that a cell's gradients have to outweigh: noise of a codec does not, the edge of a lip does."""

_REDUCE = np.kron(np.eye(SIDE), np.full((1, SIZE // SIDE), SIDE / SIZE)).astype(np.float32)
_GATHER = np.kron(np.eye(CELLS), np.ones((1, SIDE // CELLS))).astype(np.float32)


def reduced(picture: Gray) -> Floats:
    """A picture (128, 128) uint8 as (32, 32) means of its 4x4 squares."""
    small: Floats = _REDUCE @ picture.astype(np.float32) @ _REDUCE.T
    return small


def flow(before: Floats, after: Floats) -> Floats:
    """(2, 8, 8) how far each cell moved to the right and down, in pixels of the reduced pictures (32, 32)."""
    both, change = before + after, after - before
    change = (change - change.mean())[1:-1, 1:-1]  # a lamp that is switched on moves nothing
    right = (both[1:-1, 2:] - both[1:-1, :-2]) * np.float32(0.25)
    down = (both[2:, 1:-1] - both[:-2, 1:-1]) * np.float32(0.25)
    products = np.zeros((5, SIDE, SIDE), np.float32)
    inside = products[:, 1:-1, 1:-1]
    for product, (one, other) in zip(
        inside, ((right, right), (down, down), (right, down), (right, change), (down, change)), strict=True
    ):
        np.multiply(one, other, out=product)
    xx, yy, xy, xt, yt = _GATHER @ products @ _GATHER.T
    xx, yy = xx + DAMPING, yy + DAMPING
    moved: Floats = np.stack((xy * yt - yy * xt, xy * xt - xx * yt)) / (xx * yy - xy * xy)
    return moved
