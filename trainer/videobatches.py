"""Training batches from a cache of videos, as a pure function of the seed and the step."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guard.core.errors import InputError
from trainer.blocks import Batch
from trainer.clips import random_crop
from trainer.data.videos import Video
from trainer.presets import Preset
from trainer.sampler import identities_by_clips
from trainer.videosets import Clips

_BATCH_SEED = 7
"""Keeps the random numbers of these batches apart from those of everything else that is drawn from the run's seed."""


class VideoBatches:
    """N drivers x M videos of each, of every video `preset.frames` consecutive frames from a random start (Eq. 5).

    The videos' order counts: the same list gives the same batches. A preset that asks for more drivers than there are
    gets them all. Raises InputError for fewer than two drivers.
    """

    def __init__(self, cache: Clips, videos: Sequence[Video], preset: Preset, seed: int) -> None:
        drivers, labels = np.unique([video.driver for video in videos], return_inverse=True)
        if len(drivers) < 2:
            raise InputError("videos", f"show {len(drivers)} drivers to learn from", "two are the least")
        self._cache, self._videos, self._preset, self._seed = cache, videos, preset, seed
        self._labels = labels.astype(np.int64)
        self.drivers = min(preset.identities, len(drivers))
        """In each batch."""

    def batch(self, step: int) -> Batch:
        """Frames (N * M, T, 128, 128) uint8 and the drivers' numbers (N * M,) for `step`."""
        clips, places = self.drawn(step)
        return clips, self._labels[places]

    def drawn(self, step: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """The clips (N * M, T, ...) for `step`, whatever they are made of, and which of the videos they are from."""
        rng, preset = np.random.default_rng((self._seed, _BATCH_SEED, step)), self._preset
        places = identities_by_clips(rng, self._labels, self.drivers, preset.clips)
        clips = [random_crop(self._cache.clip(self._videos[place].path), preset.frames, rng) for place in places]
        return np.stack(clips), places
