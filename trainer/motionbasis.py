"""The directions in which faces move, most motion first: a few numbers for how a whole face moves between two frames.

Most motion is the head's. What tells people apart is how the rest goes along with it, and of that each direction holds
a few hundredths; a loss that counts squares of motion never gets to it. Measured in these directions, each in units of
its own spread, it counts.
"""

from collections.abc import Iterable
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

DIRECTIONS = 48
LEAST_MOTION = 0.02
"""Units of a place; a face that moves less is at rest."""


class MotionBasis(nn.Module):
    """Motion of places (..., 8, 16, 16) -> (..., DIRECTIONS), each in units of its spread beside the whole motion.

    Most motion first. Not trained: fitted once, and kept with the encoder that is trained by it.
    """

    directions: Tensor
    """(2048, DIRECTIONS), orthonormal."""
    spread: Tensor
    """(DIRECTIONS,) root mean square of each beside that of the whole motion of the same two frames."""

    def __init__(self, places: int = 2048) -> None:
        super().__init__()
        self.register_buffer("directions", torch.zeros(places, DIRECTIONS))
        self.register_buffer("spread", torch.ones(DIRECTIONS))

    def forward(self, motion: Tensor) -> Tensor:
        return motion.flatten(-3) @ self.directions / self.spread

    @classmethod
    def fitted(cls, places: Iterable[NDArray[np.float32]]) -> Self:
        """To the motion from frame to frame of clips' places (C, T, 8, 16, 16), every pair of frames counting alike."""
        products = [(motion.T @ motion, len(motion)) for motion in map(relative_motion, places)]
        pairs = sum(count for _, count in products)
        variances, directions = np.linalg.eigh(sum(product for product, _ in products) / pairs)
        most = np.argsort(variances)[::-1][:DIRECTIONS]
        basis = cls(len(directions))
        basis.directions.copy_(torch.from_numpy(np.ascontiguousarray(directions[:, most])))
        basis.spread.copy_(torch.from_numpy(np.sqrt(variances[most])))
        return basis


def relative_motion(places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Places (C, T, 8, 16, 16) -> motion from frame to frame (C * (T - 1), 2048), over its own root mean square."""
    motion = np.diff(places, axis=1).reshape(-1, places[0, 0].size)
    return np.asarray(motion / (np.sqrt(np.square(motion).mean(axis=1, keepdims=True)) + LEAST_MOTION), np.float32)
