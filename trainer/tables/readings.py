"""Readings: what one system makes of one clip, by name. Several parts of a clip are read, each once."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from trainer.baselines import Vector
from trainer.clips import Frames, centre_crop, padded
from trainer.export import HORIZON

Embed = Callable[[Frames], Vector]
"""A clip (T, 128, 128) -> a vector of unit norm."""
Readings = dict[str, NDArray[np.float32]]
"""By name: (C, D), a row for each clip."""

EVIDENCE = "all windows"
SHORT = (16, 32)
"""Frames of the first answers, which come before a window of 64 is full."""


def centre(frames: int) -> str:
    """The name of the embedding of a clip's middle `frames` frames."""
    return f"centre {frames}"


def first(frames: int) -> str:
    """The name of the mean embedding of a clip's windows of 64 within its first `frames`; less make one window."""
    return f"first {frames}"


def read(embed: Embed, clips: Iterable[Frames], lengths: Sequence[int] = (HORIZON,), longest: int = 0) -> Readings:
    """Readings of every clip: its centre at each of `lengths`, and its first seconds up to `longest` frames."""
    rows = [_read(embed, frames, lengths, longest) for frames in clips]
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _read(embed: Embed, frames: Frames, lengths: Sequence[int], longest: int) -> dict[str, Vector]:
    """The windows of 64 share no frame, and the mean of their embeddings gives the mean of their scores."""
    found = {centre(length): embed(centre_crop(frames, length)) for length in lengths}
    if longest:
        whole = padded(frames, HORIZON)
        windows = [embed(whole[end - HORIZON : end]) for end in range(HORIZON, len(whole) + 1, HORIZON)]
        found[EVIDENCE] = np.mean(windows, axis=0)
        found |= {first(short): embed(whole[:short]) for short in SHORT}
        for count in range(1, longest // HORIZON + 1):
            found[first(count * HORIZON)] = np.mean(windows[:count], axis=0)
    return found


def energy(frames: Frames) -> float:
    """How much the middle 64 frames move: mean absolute change of a pixel from frame to frame, in grey levels."""
    middle = centre_crop(frames, HORIZON).astype(np.float32)
    return float(np.abs(np.diff(middle, axis=0)).mean())
