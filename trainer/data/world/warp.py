"""What families of generators have in common: motion in, the motion of a picture's cells and lips out."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.bend import GRID
from trainer.data.world.mesh import CONTROL, LIPS_INNER

Family = Literal["gaussian", "thin-plate", "keypoint", "latent", "turning", "triangles"]
"""How a generator spreads motion over a picture; docs/world.md says what each leaves out."""
RESERVED: tuple[Family, ...] = ("triangles",)
"""Families that no training sees: only who asks for them by name is shown them."""
FAMILIES: tuple[Family, ...] = tuple(family for family in get_args(Family) if family not in RESERVED)


class Moved(NamedTuple):
    """How far things go in the picture of a face at rest, in picture sides."""

    cells: NDArray[np.float32]
    """(T, GRID, GRID, 2), of `bend.CELLS`."""
    lips: NDArray[np.float32]
    """(T, 20, 2), of the landmarks LIPS_INNER."""


class Warp(Protocol):
    """What one generator makes of motion on one face."""

    def moved(self, displacement: NDArray[np.float32]) -> Moved:
        """For displacement (T, 478, 3) in face heights, relative to the prior's shape."""
        ...


@dataclass(frozen=True, eq=False)
class Spread:
    """A warp that is linear in the motion of the control landmarks, so that frames cost one matrix product."""

    axes: NDArray[np.float32]
    """(2, 2): see `Face.axes`."""
    cells: NDArray[np.float32]
    """(GRID * GRID, CONTROL): how much of each landmark's motion each cell takes."""
    lips: NDArray[np.float32]
    """(20, CONTROL): and each landmark of LIPS_INNER."""

    def moved(self, displacement: NDArray[np.float32]) -> Moved:
        """See `Warp.moved`. What lies in depth is lost."""
        control = displacement[:, list(CONTROL), :2] @ self.axes.T
        return Moved(spread(self.cells, control).reshape(-1, GRID, GRID, 2), spread(self.lips, control))


def spread(weights: NDArray[np.float32], moved: NDArray[np.float32]) -> NDArray[np.float32]:
    """(T, rows, 2): `weights` (rows, K) times the motion (T, K, 2)."""
    return np.tensordot(weights, moved, axes=(1, 1)).transpose(1, 0, 2)


def own_lips() -> NDArray[np.float32]:
    """(20, CONTROL): lips that go exactly where their landmarks go."""
    return (np.asarray(LIPS_INNER)[:, None] == np.asarray(CONTROL)[None]).astype(np.float32)
