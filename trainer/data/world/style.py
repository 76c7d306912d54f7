"""A procedural driver's style: everything about how one person moves, drawn once from the prior by a seed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.mesh import LEFT_BROW, LEFT_EYE, LIPS_OUTER, RIGHT_BROW, RIGHT_EYE, region_weights
from trainer.data.world.prior import BLINK, JAW, Prior

_REGIONS = (LIPS_OUTER, LEFT_EYE + RIGHT_EYE, LEFT_BROW + RIGHT_BROW)


_MOOD_FRAMES = 250


def drawn_mood(rng: np.random.Generator, frames: int, channels: int) -> NDArray[np.float32]:
    """Gain (frames, channels) of a performance: nobody is equally lively twice, nor for long, nor all over the face."""
    knots = frames // _MOOD_FRAMES + 2
    mood = rng.normal(-0.08, 0.25, (knots, 1)) + rng.normal(0.0, 0.25, (knots, channels))
    at = np.arange(frames) / _MOOD_FRAMES
    before = at.astype(int)
    share = (at - before)[:, None]
    return np.asarray(np.exp(mood[before] * (1.0 - share) + mood[before + 1] * share), np.float32)


@dataclass(frozen=True)
class Style:
    """What persists from one performance to the next. B bands, C channels as in `Prior`."""

    mixing: NDArray[np.float64]
    """(B, C, C): `mixing @ mixing.T` is the covariance of the channels in each band."""
    bias: NDArray[np.float32]
    """(478,) gain of the deformation of each landmark: left differs from right, mouth from brows."""
    burstiness: float
    """How unevenly motion is spread over time (log standard deviation of its envelope)."""
    blink_rate: float
    """Blinks a second."""
    blink_depth: float
    blink_seconds: float
    double_blinks: float
    """Share of blinks that come twice."""
    syllable_rate: float
    """Syllables a second while speaking."""
    syllable_regularity: float
    """Relative spread of the time between syllables."""
    jaw: NDArray[np.float32]
    """(C,) channels of a stressed syllable."""
    accent: NDArray[np.float32]
    """(C,) channels of the accent (nod, brows) that goes with some syllables."""
    accent_share: float
    phrase_seconds: float
    pause_seconds: float
    listening: float
    """Share of pauses in which others speak."""
    lag: NDArray[np.float32]
    """(C,) seconds by which each channel follows the syllable."""

    @classmethod
    def drawn(cls, prior: Prior, seed: int) -> "Style":
        """The style of procedural driver number `seed`."""
        rng = np.random.default_rng([seed, 1])
        mixing = cls._mixing(rng, prior)
        sizes = np.sqrt((mixing**2).sum(axis=(0, 2)))
        blink = prior.blink[0] + prior.blink[1] * rng.normal(0.0, 0.8, 3)
        speech = prior.speech[0] + prior.speech[1] * rng.normal(0.0, 0.8, 3)
        jaw = rng.normal(0.0, 0.35, prior.channels) * sizes
        jaw[JAW] = np.exp(speech[1])
        accent = rng.normal(0.0, 0.8, prior.channels) * sizes
        jaw[BLINK] = accent[BLINK] = 0.0
        spoken = float(np.clip(speech[2], 0.4, 0.9))
        phrase = float(np.exp(rng.normal(0.6, 0.3)))
        return cls(
            mixing=mixing,
            bias=cls.asymmetry(rng, prior, 0.15),
            burstiness=float(np.clip(rng.normal(0.45, 0.15), 0.1, 0.9)),
            blink_rate=float(np.clip(0.7 * blink[0], 0.08, 1.0)),
            blink_depth=float(np.clip(np.exp(blink[1]), 0.4, 1.1)),
            blink_seconds=float(np.clip(np.exp(blink[2]), 0.12, 0.4)),
            double_blinks=float(rng.beta(1.0, 6.0)),
            syllable_rate=float(np.clip(1.3 * speech[0], 2.0, 5.0)),
            syllable_regularity=float(rng.uniform(0.1, 0.4)),
            jaw=jaw.astype(np.float32),
            accent=accent.astype(np.float32),
            accent_share=float(rng.beta(2.0, 6.0)),
            phrase_seconds=phrase,
            pause_seconds=phrase * (1.0 - spoken) / spoken,
            listening=float(rng.uniform(0.05, 0.2)),
            lag=rng.uniform(0.0, 0.08, prior.channels).astype(np.float32),
        )

    @staticmethod
    def _mixing(rng: np.random.Generator, prior: Prior) -> NDArray[np.float64]:
        """Levels from the prior's habits; co-activation is the pooled one, bent by a matrix that all bands share."""
        habits = np.tensordot(rng.normal(0.0, 0.9, len(prior.habits)), prior.habits, axes=1)
        level = np.exp(prior.level - 0.05 + habits + prior.habit_rest * rng.normal(size=prior.level.shape))
        bend = np.eye(prior.channels) + rng.normal(0.0, 0.8 / np.sqrt(prior.channels), (prior.channels,) * 2)
        root = np.linalg.cholesky(prior.correlation.astype(float) + 0.02 * np.eye(prior.channels)) @ bend
        root /= np.sqrt((root**2).sum(axis=2, keepdims=True))
        mixing = level[..., None] * root
        mixing[:, BLINK] *= 0.4  # most of what closes eyes are blinks, which are added as events
        mixing[:, JAW] *= 0.5  # and most of what opens mouths are syllables
        return np.asarray(mixing, np.float64)

    @staticmethod
    def asymmetry(rng: np.random.Generator, prior: Prior, spread: float) -> NDArray[np.float32]:
        """Gain (478,) of each landmark's deformation: per region one for both sides and one for left against right."""
        side = np.tanh(prior.shape[:, 0] / 0.1)
        bias = np.ones(len(prior.shape), np.float32)
        for region in _REGIONS:
            both, apart = rng.normal(0.0, spread, 2)
            bias += region_weights(prior.shape, region, 0.08) * (both + apart * side).astype(np.float32)
        return bias
