"""Drivers: whoever moves a face. `motion` performs anew each time; what stays is the driver's style."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.circumstances import Circumstances
from trainer.data.world.pose import POSE_CHANNELS
from trainer.data.world.prior import JAW, Prior
from trainer.data.world.style import Style, drawn_mood
from trainer.data.world.timing import read_at
from trainer.data.world.tracks import Track


class Driver(Protocol):
    """A source of motion."""

    def motion(
        self, rng: np.random.Generator, frames: int, circumstances: Circumstances | None = None
    ) -> NDArray[np.float32]:
        """Displacement (frames, 478, 3) in face heights at 25 fps, of a performance that `rng` decides.

        Without `circumstances` as this driver ordinarily performs, or as he was recorded.
        """
        ...


class RealDriver:
    """A person as tracked: a performance is a stretch of one of the tracks."""

    def __init__(self, tracks: list[Track]) -> None:
        self.tracks = tracks

    def motion(
        self, rng: np.random.Generator, frames: int, circumstances: Circumstances | None = None
    ) -> NDArray[np.float32]:
        """A stretch; its content is what was recorded, whatever the circumstances make of it."""
        if circumstances is None:
            return self._any_stretch(rng, frames)
        played = self._any_stretch(rng, int(np.ceil(frames * circumstances.tempo)) + 1)
        return circumstances.replayed(rng, read_at(played, np.arange(frames) * circumstances.tempo))

    def _any_stretch(self, rng: np.random.Generator, frames: int) -> NDArray[np.float32]:
        """One that begins anywhere; on short tracks it may reach a third beyond an end, where time runs back."""
        lengths = np.array([len(track) for track in self.tracks], float)
        track = self.tracks[rng.choice(len(self.tracks), p=lengths / lengths.sum())]
        spare = max(0, len(track) - frames)
        margin = frames // 3 if spare < 2 * frames else 0
        return track.motion(int(rng.integers(-margin, spare + margin + 1)), frames)

    @property
    def material(self) -> int:
        """Frames of all tracks together."""
        return sum(map(len, self.tracks))

    def stretch(self, number: int, frames: int) -> tuple[NDArray[np.float32], int]:
        """One of the stretches of `frames` that share no frame, and its index; `number` goes round them.

        A driver without a track that long has one stretch, which runs backwards from the track's end on.
        """
        places = [(track, first) for track in self.tracks for first in range(0, len(track) - frames + 1, frames)]
        places = places or [(max(self.tracks, key=len), 0)]
        track, first = places[number % len(places)]
        return track.motion(first, frames), number % len(places)


class RestyledDriver:
    """A new person made of a real one: the same performances through a style of their own. For training only."""

    def __init__(self, source: RealDriver, prior: Prior, seed: int) -> None:
        self._source, self._prior = source, prior
        rng = np.random.default_rng([seed, 2])
        channels = prior.channels
        self._gain = np.exp(rng.normal(0.0, 0.25, channels)).astype(np.float32)
        self._gain[POSE_CHANNELS:] *= np.exp(rng.normal(0.0, 0.15))
        self._mixing = np.eye(channels - POSE_CHANNELS) + rng.normal(0.0, 0.05, (channels - POSE_CHANNELS,) * 2)
        self._bias = Style.asymmetry(rng, prior, 0.12)
        self._tempo = float(np.exp(rng.normal(0.0, 0.13)))
        self._emphasis = rng.normal(0.0, 0.25, channels).astype(np.float32)

    def motion(
        self, rng: np.random.Generator, frames: int, circumstances: Circumstances | None = None
    ) -> NDArray[np.float32]:
        """A stretch of the source at this driver's tempo, amplitudes, co-activation and asymmetry, in some mood.

        An activity changes how the recorded content is done; it cannot make speech of silence.
        """
        tempo = self._tempo * (circumstances.tempo if circumstances else 1.0)
        played = self._source.motion(rng, int(np.ceil(frames * tempo)) + 1)
        channels, rest = self._prior.split(read_at(played, np.arange(frames) * tempo))
        slow = _smoothed(channels)
        channels = (slow + (channels - slow) * np.exp(self._emphasis)) * self._gain
        channels *= drawn_mood(rng, frames, len(self._gain))
        channels[:, POSE_CHANNELS:] = channels[:, POSE_CHANNELS:] @ self._mixing.astype(np.float32)
        if circumstances is None:
            return self._prior.join(channels, rest, self._bias)
        channels[:, JAW] *= circumstances.doing.speech
        return circumstances.tracked(rng, self._prior.join(circumstances.changed(rng, channels), rest, self._bias))


def _smoothed(series: NDArray[np.float32]) -> NDArray[np.float32]:
    """`series` (T, C) without what is faster than about 1 Hz."""
    reach = min(12, len(series) - 1)
    kernel = np.hanning(2 * reach + 3)[1:-1]
    padded = np.pad(series, ((reach, reach), (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=0)
    return np.asarray(windows @ (kernel / kernel.sum()), np.float32)
