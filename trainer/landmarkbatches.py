"""Training batches of landmarks: the clips of `VideoBatches`, and the same with their frames in random order."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainer.data.videos import Video
from trainer.presets import Preset
from trainer.videobatches import VideoBatches
from trainer.videosets import Clips

_SHUFFLE_SEED = 9
"""Keeps the order of frames apart from the other random numbers drawn from the run's seed."""


class LandmarkBatch(NamedTuple):
    """Clips and the same `shuffled` (N * M, T, 126, 2) float32; numbers of `drivers` and `targets` (N * M,)."""

    clips: NDArray[Any]
    shuffled: NDArray[Any]
    drivers: NDArray[np.int64]
    targets: NDArray[np.int64]


class LandmarkBatches:
    """N drivers x M videos of each, as a pure function of the seed and the step. See `VideoBatches`."""

    def __init__(self, landmarks: Clips, videos: Sequence[Video], preset: Preset, seed: int) -> None:
        self._batches, self._seed = VideoBatches(landmarks, videos, preset, seed), seed
        self._drivers = np.unique([video.driver for video in videos], return_inverse=True)[1]
        self._targets = np.unique([video.target for video in videos], return_inverse=True)[1]

    def batch(self, step: int) -> LandmarkBatch:
        """The batch for `step`."""
        clips, places = self._batches.drawn(step)
        rng = np.random.default_rng((self._seed, _SHUFFLE_SEED, step))
        shuffled = np.stack([clip[rng.permutation(len(clip))] for clip in clips])
        return LandmarkBatch(clips, shuffled, self._drivers[places], self._targets[places])
