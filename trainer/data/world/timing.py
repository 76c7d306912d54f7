"""Reading motion between its frames, and which frames a stream's rate leaves on the grid."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from guard.core.frames import SIZE
from guard.core.grid import Grid
from guard.core.items import FPS, Frame, GridFrame

_TURNING = 8
"""Frames in which uneven play goes from one speed to another."""


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


def astray(rng: np.random.Generator, frames: int, sd: float) -> NDArray[np.float64]:
    """(frames,) by how many frames of standard deviation `sd` time runs ahead or behind, turning every _TURNING."""
    knots = rng.normal(0.0, sd, frames // _TURNING + 2)
    return np.interp(np.arange(frames) / _TURNING, np.arange(len(knots)), knots)


@cache
def grid_frames(fps: int, slots: int) -> tuple[int, ...]:
    """Which frame of a stream of `fps` each of the first `slots` slots of the 25 fps grid shows, by the grid itself."""
    pictures = [np.zeros((SIZE, SIZE), np.uint8) for _ in range(slots * fps // FPS + 3)]
    numbers = {id(picture): number for number, picture in enumerate(pictures)}  # filler repeats the very array
    grid = Grid()
    given = [slot for number, picture in enumerate(pictures) for slot in grid.put(Frame(picture, number / fps))]
    return tuple(numbers[id(slot.pixels)] for slot in given[:slots] if isinstance(slot, GridFrame))
