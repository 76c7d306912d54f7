"""What a generator gets wrong, drawn for each rendering and different by family.

Generators understate or overstate motion, smooth it, let the face lag behind the head, misplace their key points,
blur and tear what moves most, and some show everything the other way round.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.world.mesh import LEFT_EYE, LIPS_OUTER, RIGHT_EYE, mirror_index, region_weights
from trainer.data.world.prior import Prior
from trainer.data.world.timing import read_at
from trainer.data.world.warp import Family
from trainer.data.world.wobble import wobble

_FULLY_MOVED = 0.03
"""Picture sides from its usual place at which a part is blurred as much as any."""


class _Habit(NamedTuple):
    """Log of the gain that a family tends to, and the shares of renderings that have the other artefacts."""

    gain: float
    smoothing: float
    lag: float
    jitter: float
    blur: float
    tearing: float


_HABITS: dict[Family, _Habit] = {
    "gaussian": _Habit(0.0, 0.6, 0.1, 0.1, 0.1, 0.1),
    "thin-plate": _Habit(0.0, 0.3, 0.1, 0.3, 0.3, 0.4),
    "keypoint": _Habit(0.0, 0.2, 0.1, 0.7, 0.4, 0.2),
    "latent": _Habit(-0.08, 0.6, 0.3, 0.1, 0.6, 0.1),
    "turning": _Habit(-0.03, 0.4, 0.4, 0.3, 0.2, 0.5),
    "triangles": _Habit(-0.05, 0.3, 0.2, 0.4, 0.2, 0.3),
}


@dataclass(frozen=True)
class Artefacts:
    """Of one rendering. Times are frames of the performance (25 a second)."""

    gain: tuple[float, float, float]
    """Of the motion in x, y and z."""
    smoothing: float
    """Standard deviation in time."""
    lag: float
    """By which mouth and eyes follow the head. A lag of the whole picture could not be told from a later start."""
    jitter: float
    """Standard deviation of the key points' places, face heights."""
    blur: float
    """Standard deviation, in pixels of 1/128 side, of what is furthest from its usual place."""
    tearing: float
    """Picture sides that a cell is off where its neighbours move by a cell's width less."""
    mirrored: bool
    """Left and right exchanged. The face stays: a mirrored face is one more face."""

    @classmethod
    def drawn(cls, rng: np.random.Generator, family: Family, strength: float = 1.0) -> "Artefacts":
        """Those of one rendering; `strength` 0 is a faultless generator, 1 the ordinary range of a training preset."""
        habit = _HABITS[family]

        def at_times(share: float, size: float) -> float:
            return strength * size if rng.random() < share * strength else 0.0

        gains = np.exp(strength * (habit.gain + rng.uniform(-0.2, 0.2) + rng.uniform(-0.05, 0.05, 3)))
        return cls(
            gain=(float(gains[0]), float(gains[1]), float(gains[2])),
            smoothing=at_times(habit.smoothing, float(rng.uniform(0.0, 1.0))),
            lag=at_times(habit.lag, float(rng.uniform(0.2, 2.0))),
            jitter=at_times(habit.jitter, float(rng.exponential(0.0008))),
            blur=at_times(habit.blur, float(rng.uniform(0.4, 1.5))),
            tearing=at_times(habit.tearing, float(rng.uniform(0.002, 0.012))),
            mirrored=bool(rng.random() < 0.08 * strength),
        )

    def read(self, rng: np.random.Generator, motion: NDArray[np.float32]) -> NDArray[np.float32]:
        """A performance (n, 478, 3) as the generator understands it."""
        if self.mirrored:
            motion = motion[:, _mirror()] * np.array([-1.0, 1.0, 1.0], np.float32)
        moments = np.arange(len(motion))
        read = read_at(motion, moments, self.smoothing) if self.smoothing else motion
        if self.lag:
            late = read_at(motion, moments - self.lag, self.smoothing)
            read = read + (late - read) * _expressive()[:, None]
        read = read * np.asarray(self.gain, np.float32)
        return read + wobble(rng, len(read), self.jitter) if self.jitter else read

    def torn(self, rng: np.random.Generator, cells: NDArray[np.float32]) -> NDArray[np.float32]:
        """The motion (T, GRID, GRID, 2) of a face's cells, off where neighbours do not move alike: lips, outlines."""
        if not self.tearing:
            return cells
        side = cells.shape[1]
        strain = sum(np.abs(np.gradient(cells, axis=axis)).sum(axis=3) for axis in (1, 2)) * side
        astray = rng.uniform(-1.0, 1.0, (side, side, 2)).astype(np.float32)
        return np.asarray(cells + self.tearing * strain[..., None] * astray, np.float32)

    def softened(self, frames: NDArray[np.uint8], at: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Frames (T, S, S), blurred where what they show `at` (T, GRID, GRID, 2) is far from its usual place."""
        if not self.blur:
            return frames
        size, sigma = frames.shape[1], self.blur * frames.shape[1] / 128
        far = np.linalg.norm(at - at.mean(axis=0), axis=3) / _FULLY_MOVED
        softened = np.empty_like(frames)
        for index, (frame, share) in enumerate(zip(frames, np.minimum(far, 1.0), strict=True)):
            soft = cv2.GaussianBlur(frame, (0, 0), sigma)
            weight = cv2.resize(share.astype(np.float32), (size, size))
            softened[index] = cv2.blendLinear(soft, frame, weight, 1.0 - weight)
        return softened


@cache
def _mirror() -> NDArray[np.intp]:
    return mirror_index(Prior.load().shape)


@cache
def _expressive() -> NDArray[np.float32]:
    """(478,) 1 at mouth and eyes, which lag, falling to 0 where the head alone moves."""
    return region_weights(Prior.load().shape, LIPS_OUTER + LEFT_EYE + RIGHT_EYE, 0.08)
