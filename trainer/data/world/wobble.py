"""Noise on landmarks that is smooth over the face: how estimated key points and tracked faces tremble."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.keypoints import KEYPOINTS
from trainer.data.world.mesh import region_weights
from trainer.data.world.prior import Prior

_REACH = 0.12  # face heights


def wobble(rng: np.random.Generator, frames: int, level: float) -> NDArray[np.float32]:
    """Displacement (frames, 478, 3) of standard deviation `level` in x and in y, new in every frame; none in z."""
    noise = np.zeros((frames, len(KEYPOINTS), 3), np.float32)
    noise[:, :, :2] = rng.normal(0.0, level, (frames, len(KEYPOINTS), 2))
    return np.tensordot(noise, _spread(), axes=(1, 1)).transpose(0, 2, 1)


@cache
def _spread() -> NDArray[np.float32]:
    """(478, K) how each landmark follows the key points' noise; the squares of a row sum to 1."""
    shape = Prior.load().shape
    share = np.stack([region_weights(shape, (point,), _REACH) for point in KEYPOINTS], axis=1)
    return np.asarray(share / np.linalg.norm(share, axis=1, keepdims=True), np.float32)
