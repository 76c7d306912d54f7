"""Reading motion between its frames."""

import numpy as np
from numpy.typing import NDArray


def time_weights(moments: NDArray[np.floating], available: int, smoothing: float = 0.0) -> NDArray[np.float32]:
    """(len(moments), available) weights that read a series of `available` frames at fractional `moments`.

    Cubic between frames (Catmull-Rom, after Keys 1981), the ends held; `smoothing` frames is the standard deviation of
    a Gaussian in time on top. Each row sums to 1.
    """
    index = np.arange(available)
    gap = np.abs(np.clip(moments, 0, available - 1)[:, None] - index[None])
    near = 1.5 * gap**3 - 2.5 * gap**2 + 1.0
    far = -0.5 * gap**3 + 2.5 * gap**2 - 4.0 * gap + 2.0
    taps = np.where(gap < 1.0, near, np.where(gap < 2.0, far, 0.0))
    if smoothing > 0.2:
        taps = taps @ np.exp(-0.5 * ((index[:, None] - index[None]) / smoothing) ** 2)
    return np.asarray(taps / taps.sum(axis=1, keepdims=True), np.float32)


def read_at(motion: NDArray[np.float32], moments: NDArray[np.floating], smoothing: float = 0.0) -> NDArray[np.float32]:
    """Motion (T, ...) at fractional `moments` (n,): (n, ...)."""
    weights = time_weights(moments, len(motion), smoothing)
    return np.asarray(weights @ motion.reshape(len(motion), -1), np.float32).reshape(len(moments), *motion.shape[1:])
