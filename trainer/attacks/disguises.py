"""What is done to the motion before a generator shows it, each way at several strengths.

Motion is displacement (T, 478, 3) in face heights at 25 fps. `own` is the driver's and somewhat longer than the result,
`footage` a performance of the person who is claimed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.mesh import LIPS_OUTER, mirror_index, region_weights
from trainer.data.world.pose import POSE_CHANNELS, join_pose, split_pose
from trainer.data.world.prior import Prior
from trainer.data.world.timing import astray, read_at
from trainer.data.world.wobble import wobble

Motion = NDArray[np.float32]
ON_ITS_OWN = Callable[[np.random.Generator, Motion, int], Motion]
"""Random numbers, a driver's motion and how many frames are wanted -> that many."""
WITH_FOOTAGE = Callable[[Motion, Motion], Motion]
"""A driver's motion and the claimed person's, of one length -> motion of that length."""

LONGER = 1.3
"""How much longer than the result a driver's motion has to be: it is played faster, or looked at from later on."""
_MOUTH_REACH = 0.12
"""Face heights from the lips to where motion is half the mouth's and half the face's."""


@dataclass(frozen=True, eq=False)
class Disguise:
    """One way at one strength; with `footage` only an impostor can use it, who then aims at one person."""

    attack: str
    strength: str
    own: ON_ITS_OWN | None = None
    footage: WITH_FOOTAGE | None = None

    def applied(self, rng: np.random.Generator, own: Motion, footage: Motion, frames: int) -> Motion:
        """`frames` frames of disguised motion."""
        if self.footage is not None:
            return self.footage(own[:frames], footage[:frames])
        return own[:frames] if self.own is None else self.own(rng, own, frames)


HONEST = Disguise("none", "")


def disguises() -> Iterator[Disguise]:
    """All, the undisguised first."""
    yield HONEST
    for sd in (1.0, 2.0, 4.0):
        yield Disguise("smoothed", f"sd {40 * sd:.0f} ms", own=partial(_smoothed, sd))
    for gain in (0.5, 1.5, 2.0):
        yield Disguise("amplified", f"x {gain:g}", own=partial(_amplified, gain))
    for lag in (5, 10):
        yield Disguise("face behind the head", f"{40 * lag} ms", own=partial(_lagged, lag))
    for sd in (1.0, 2.0):
        yield Disguise("played unevenly", f"sd {40 * sd:.0f} ms", own=partial(_uneven, sd))
    for level in (0.001, 0.003, 0.01):
        yield Disguise("noise on landmarks", f"{100 * level:g} % of a face", own=partial(_noisy, level))
    for pace in (0.8, 1.25):
        yield Disguise("time-stretched", f"x {pace:g}", own=partial(_paced, pace))
    yield Disguise("mirrored", "left and right", own=_mirrored)
    for share in (0.25, 0.5, 0.75):
        yield Disguise("blended with footage", f"{100 * share:.0f} % footage", footage=partial(blended, share))
    yield Disguise("borrowed from footage", "head", footage=_head_borrowed)
    yield Disguise("borrowed from footage", "mouth", footage=partial(_mouth_borrowed, True))
    yield Disguise("borrowed from footage", "all but the mouth", footage=partial(_mouth_borrowed, False))
    for share in (0.5, 1.0):
        yield Disguise("covariance of footage", f"{100 * share:.0f} %", footage=partial(coloured, share))


def _smoothed(sd: float, rng: np.random.Generator, own: Motion, frames: int) -> Motion:
    """By a Gaussian in time of `sd` frames."""
    return read_at(own, np.arange(frames), sd)


def _amplified(gain: float, rng: np.random.Generator, own: Motion, frames: int) -> Motion:
    """About the mean posture."""
    shown = own[:frames]
    rest = shown.mean(axis=0)
    return np.asarray(rest + (shown - rest) * np.float32(gain), np.float32)


def _lagged(lag: int, rng: np.random.Generator, own: Motion, frames: int) -> Motion:
    """The head is shown at once, the rest of the face `lag` frames later. What is late as a whole looks the same."""
    pose, deformation = _split(own)
    return _joined(pose[lag : lag + frames], deformation[:frames])


def _uneven(sd: float, rng: np.random.Generator, own: Motion, frames: int) -> Motion:
    """Time runs ahead and behind by `sd` frames."""
    return read_at(own, np.arange(frames) + astray(rng, frames, sd))


def _noisy(level: float, rng: np.random.Generator, own: Motion, frames: int) -> Motion:
    """New in every frame, `level` face heights, neighbouring landmarks alike."""
    return own[:frames] + wobble(rng, frames, level)


def _paced(pace: float, rng: np.random.Generator, own: Motion, frames: int) -> Motion:
    return read_at(own, np.arange(frames) * pace)


def _mirrored(rng: np.random.Generator, own: Motion, frames: int) -> Motion:
    """The motion, not the face: a smile to the left becomes one to the right."""
    return own[:frames, mirror_index(Prior.load().shape)] * np.array([-1.0, 1.0, 1.0], np.float32)


def blended(share: float, own: Motion, footage: Motion) -> Motion:
    """`share` of the footage and the rest of one's own; nobody's when the two take turns, so both at once."""
    return np.asarray((1.0 - share) * own + share * footage, np.float32)


def _head_borrowed(own: Motion, footage: Motion) -> Motion:
    """The head goes as in the footage, the face on it as one's own."""
    return _joined(_split(footage)[0], _split(own)[1])


def _mouth_borrowed(mouth: bool, own: Motion, footage: Motion) -> Motion:
    """Only the mouth is the footage's, or all but it."""
    near = region_weights(Prior.load().shape, LIPS_OUTER, _MOUTH_REACH)[:, None]
    kept, taken = (own, footage) if mouth else (footage, own)
    (pose, deformation), (_, other) = _split(kept), _split(taken)
    return _joined(pose, np.asarray(deformation + (other - deformation) * near, np.float32))


def coloured(share: float, own: Motion, footage: Motion) -> Motion:
    """One's own movements, bent by the linear map of channels that gives their speeds the footage's covariance.

    `share` of the way: the cheapest of all maps between two Gaussians (optimal transport), no person's movements
    are copied, only how much they do of what together with what.
    """
    prior = Prior.load()
    channels, rest = prior.split(own)
    like = prior.split(footage)[0]
    bend = (1.0 - share) * np.eye(prior.channels) + share * _transport(_speeds(channels), _speeds(like))
    middle = channels.mean(axis=0)
    return prior.join(np.asarray(middle + (channels - middle) @ bend, np.float32), rest)


def _speeds(channels: NDArray[np.float32]) -> NDArray[np.float64]:
    """Covariance (C, C) of the channels' changes, a little of each channel's own added so that it has an inverse."""
    found = np.cov(np.diff(channels.astype(np.float64), axis=0).T)
    return np.asarray(found + 0.02 * np.diag(np.diag(found)) + 1e-12 * np.eye(len(found)))


def _transport(own: NDArray[np.float64], like: NDArray[np.float64]) -> NDArray[np.float64]:
    """The symmetric map M with M own M = like."""
    root = _power(own, 0.5)
    back = _power(own, -0.5)
    return back @ _power(root @ like @ root, 0.5) @ back


def _power(matrix: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, 1e-15) ** exponent) @ vectors.T)


def _split(motion: Motion) -> tuple[Motion, Motion]:
    prior = Prior.load()
    return split_pose(prior.shape, motion, prior.stiffness)


def _joined(pose: Motion, deformation: Motion) -> Motion:
    prior = Prior.load()
    assert pose.shape[1] == POSE_CHANNELS
    return join_pose(prior.shape, pose, deformation, prior.stiffness)
