"""Cutting clips to a length: at random to train (Eq. 5), from the centre to evaluate (Eq. 6)."""

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.uint8]
"""(L, 128, 128) gray pictures on the 25 fps grid."""


def padded(frames: Frames, length: int) -> Frames:
    """The last frame repeated until there are `length`; longer clips stay as they are. Raises ValueError if empty."""
    if not len(frames):
        raise ValueError("a clip without frames cannot be padded")
    missing = max(0, length - len(frames))
    return np.concatenate((frames, np.repeat(frames[-1:], missing, axis=0)))


def random_crop(frames: Frames, length: int, rng: np.random.Generator) -> Frames:
    """`length` consecutive frames from a uniformly drawn start; short clips are padded first."""
    whole = padded(frames, length)
    start = int(rng.integers(len(whole) - length + 1))
    return whole[start : start + length]


def centre_crop(frames: Frames, length: int) -> Frames:
    """The middle `length` frames; short clips are padded first."""
    whole = padded(frames, length)
    start = (len(whole) - length) // 2
    return whole[start : start + length]
