"""A low-rank latent basis, as LIA has it (Wang et al. 2022): motion is what a few learned directions hold of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.pose import POSE_CHANNELS, join_pose
from trainer.data.world.prior import Prior
from trainer.data.world.warp import Moved, Spread

_FEWEST, _MOST = 12, 20
"""Directions; LIA has 20."""
_STEP = 0.02
"""Of a pose channel: radians or face heights small enough for its direction."""


@dataclass(frozen=True, eq=False)
class Latent:
    """A spread that sees motion only in its own directions: `basis` (478 * 2, R), orthonormal."""

    spread: Spread
    basis: NDArray[np.float32]

    def moved(self, displacement: NDArray[np.float32]) -> Moved:
        """See `Warp.moved`."""
        held = np.zeros_like(displacement)
        flat = displacement[:, :, :2].reshape(len(displacement), -1)
        held[:, :, :2] = (flat @ self.basis @ self.basis.T).reshape(len(displacement), -1, 2)
        return self.spread.moved(held)


def latent_basis(prior: Prior, seed: int) -> NDArray[np.float32]:
    """The orthonormal directions (478 * 2, R) of generator number `seed`.

    R principal directions of the prior's motion with the levels of its channels drawn anew, as if each generator had
    learned from people of its own: what one holds another loses.
    """
    rng = np.random.default_rng([seed, 6])
    levels = np.sqrt(np.exp(2.0 * prior.level).sum(axis=0)) * np.exp(rng.normal(0.0, 0.6, prior.channels))
    drives = _directions(prior)[:, :, :2].reshape(prior.channels, -1) * levels[:, None]
    directions = np.linalg.svd(drives.T, full_matrices=False)[0]
    return np.asarray(directions[:, : int(rng.integers(_FEWEST, _MOST + 1))], np.float32)


def _directions(prior: Prior) -> NDArray[np.float32]:
    """(C, 478, 3) displacement for each channel, of pose as for small motion."""
    steps = np.eye(POSE_CHANNELS, dtype=np.float32) * _STEP
    still = np.zeros((POSE_CHANNELS, *prior.shape.shape), np.float32)
    return np.concatenate([join_pose(prior.shape, steps, still, prior.stiffness) / _STEP, prior.basis])
