"""Moving pictures without a renderer: a smooth texture that shifts, mouth and eyes in it that move by themselves."""

import numpy as np
from numpy.typing import NDArray

from guard.core.items import SIZE, Gray

_DOWN, _ACROSS = np.mgrid[0:SIZE:2, 0:SIZE:2].astype(np.float32)  # every second pixel: four times as fast
_PARTS = [(64, 92, 20, 12), (44, 48, 12, 9), (84, 48, 12, 9)]  # mouth and eyes: across, down, and how large
_MASKS = [np.exp(-0.5 * (((_ACROSS - x) / wide) ** 2 + ((_DOWN - y) / tall) ** 2)) for x, y, wide, tall in _PARTS]


def wander(frames: int, seed: int, pace: int = 12) -> NDArray[np.float64]:
    """(frames, 8): numbers that go up and down by about 1, as heads, jaws and eyes do."""
    steps = np.random.default_rng(seed).standard_normal((frames + 4 * pace, 8))
    window = np.hanning(2 * pace + 1)
    smooth = np.stack([np.convolve(one, window / np.linalg.norm(window), "same") for one in steps.T], axis=1)
    return smooth[2 * pace : 2 * pace + frames]


def picture(shift: NDArray[np.float64], parts: NDArray[np.float64], face: int = 0) -> NDArray[np.float32]:
    """(128, 128) of a face whose whole is off by `shift` (2,), and mouth and eyes by `parts` (3, 2) more, in pixels."""
    random = np.random.default_rng(face)
    across, down = _ACROSS - shift[0], _DOWN - shift[1]
    for mask, (right, below) in zip(_MASKS, parts, strict=True):
        across, down = across - right * mask, down - below * mask
    total = np.zeros(across.shape, np.float32)
    for _ in range(8):
        along, way, phase = random.uniform(0.08, 0.3), random.uniform(0, np.pi), random.uniform(0, 2 * np.pi)
        total += np.cos(along * (across * np.cos(way) + down * np.sin(way)) + phase)
    return np.repeat(np.repeat(128 + 18 * total, 2, axis=0), 2, axis=1)


def shown(
    motion: NDArray[np.float64], face: int = 0, *, still: bool = False, noise: float = 0.0, light: float = 0.0
) -> Gray:
    """(frames, 128, 128) of a motion (frames, 8); `still` lets nothing move but the whole."""
    random = np.random.default_rng(99)
    pictures = []
    for moment in motion:
        parts = np.zeros((3, 2)) if still else 4.0 * moment[2:].reshape(3, 2)
        drawn = picture(2.0 * moment[:2], parts, face) + light
        pictures.append(drawn + noise * random.standard_normal(drawn.shape))
    return np.clip(np.stack(pictures) + 0.5, 0, 255).astype(np.uint8)
