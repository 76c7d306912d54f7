"""What changes when the same driver performs again: the recording session and what he is doing. Style outlives both."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.pose import POSE_CHANNELS
from trainer.data.world.prior import BLINK, JAW, Prior
from trainer.data.world.timing import read_at
from trainer.data.world.wobble import wobble

Activity = Literal["speaking", "listening", "smiling", "still", "tired", "excited"]
ACTIVITIES: tuple[Activity, ...] = get_args(Activity)

_SHARES = (0.4, 0.15, 0.15, 0.06, 0.12, 0.12)


class Doing(NamedTuple):
    """What an activity changes, as factors of what the driver does while speaking."""

    liveliness: float = 1.0
    """All motion."""
    head: float = 1.0
    """Motion of the head on top."""
    speech: float = 1.0
    """Height of syllables; of recorded speech, how far the jaw goes."""
    tempo: float = 1.0
    blinks: float = 1.0
    """How often."""
    smile: float = 0.0
    """1 is a broad smile, bent by the driver's own asymmetry."""


DOING: dict[Activity, Doing] = {
    "speaking": Doing(),
    "listening": Doing(liveliness=0.75, head=1.2, speech=0.1),
    "smiling": Doing(speech=0.7, smile=0.9),
    "still": Doing(liveliness=0.35, speech=0.05, blinks=0.8),
    "tired": Doing(liveliness=0.7, tempo=0.87, blinks=1.4),
    "excited": Doing(liveliness=1.25, head=1.4, tempo=1.12, smile=0.2),
}


@dataclass(frozen=True, eq=False)
class RecordingSession:
    """One occasion on which a driver is filmed. C channels as in `Prior`."""

    mood: NDArray[np.float32]
    """(C,) gain of each channel."""
    posture: NDArray[np.float32]
    """(C,) channels at rest: how the head is held and how near to the camera, and the face that goes with it."""
    tempo: float
    """How fast everything is done."""
    smoothing: float
    """Standard deviation of the tracker's smoothing, frames."""
    noise: float
    """Standard deviation of the tracker's noise, face heights."""

    @classmethod
    def drawn(cls, rng: np.random.Generator, prior: Prior) -> "RecordingSession":
        """Any session of any driver."""
        spread = np.sqrt(np.exp(2.0 * prior.level).sum(axis=0))
        posture = rng.normal(0.0, 0.4, prior.channels) * spread
        posture[:POSE_CHANNELS] = rng.normal(0.0, 1.0, POSE_CHANNELS) * _HELD
        posture[BLINK] *= 0.2  # or eyes would stay half closed
        mood = np.exp(rng.normal(-0.04, 0.2) + rng.normal(0.0, 0.2, prior.channels))
        return cls(
            mood=mood.astype(np.float32),
            posture=posture.astype(np.float32),
            tempo=float(np.exp(rng.normal(0.0, 0.06))),
            smoothing=float(rng.uniform(0.0, 1.2)),
            noise=float(rng.exponential(0.0004)),
        )


_HELD = np.array([0.05, 0.06, 0.03, 0.02, 0.02, 0.0, 0.05])
"""Standard deviations of a session's head pose: radians about x, y and z, face heights, logarithm of the size."""


@dataclass(frozen=True, eq=False)
class Circumstances:
    """Of one performance."""

    prior: Prior
    session: RecordingSession
    activity: Activity

    @classmethod
    def drawn(cls, rng: np.random.Generator, prior: Prior, session: RecordingSession) -> "Circumstances":
        """Some activity in a session."""
        return cls(prior, session, ACTIVITIES[int(rng.choice(len(ACTIVITIES), p=_SHARES))])

    @property
    def doing(self) -> Doing:
        return DOING[self.activity]

    @property
    def tempo(self) -> float:
        """Frames of the driver's ordinary performance in one of this."""
        return self.session.tempo * self.doing.tempo

    def changed(self, rng: np.random.Generator, channels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Channels (T, C) of an ordinary performance, under these circumstances."""
        doing, gain = self.doing, self.session.mood * np.float32(self.doing.liveliness)
        gain[:POSE_CHANNELS] *= doing.head
        gain[BLINK] = 1.0  # eyes close as far as ever
        changed = channels * gain + self.session.posture
        if doing.smile:
            changed = changed + _wax_and_wane(rng, len(channels))[:, None] * (doing.smile * self.prior.smile)
        return np.asarray(changed, np.float32)

    def tracked(self, rng: np.random.Generator, motion: NDArray[np.float32]) -> NDArray[np.float32]:
        """Displacement (T, 478, 3) as this session's tracker saw it."""
        noisy = motion + wobble(rng, len(motion), self.session.noise)
        return read_at(noisy, np.arange(len(noisy)), self.session.smoothing)

    def replayed(self, rng: np.random.Generator, motion: NDArray[np.float32]) -> NDArray[np.float32]:
        """Recorded displacement (T, 478, 3), played at `tempo` already, as if it had been recorded like this."""
        channels, rest = self.prior.split(motion)
        channels[:, JAW] *= self.doing.speech
        return self.tracked(rng, self.prior.join(self.changed(rng, channels), rest))


def _wax_and_wane(rng: np.random.Generator, frames: int) -> NDArray[np.float32]:
    """How much of a smile there is (frames,), 0.3 to 1, turning every two seconds or so."""
    knots = rng.uniform(0.3, 1.0, frames // 50 + 2)
    return np.interp(np.arange(frames) / 50.0, np.arange(len(knots)), knots).astype(np.float32)
