"""The motion prior: how human faces move and how people differ in it, small enough to ship.

Fitted once by `fit.py` on tracks whose licence allows it; nothing in it is anybody's recording.
"""

from dataclasses import dataclass, fields
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.mesh import region_weights
from trainer.data.world.pose import POSE_CHANNELS, join_pose, split_pose

DEFAULT_PRIOR = Path(__file__).parent / "prior.npz"

BLINK = POSE_CHANNELS
"""The channel that closes both eyes (1 = closed)."""

JAW = POSE_CHANNELS + 1
"""The channel that opens the mouth."""

_SMILE = (
    *((corner, 0.06, (outwards, -0.02)) for corner, outwards in ((61, -0.025), (291, 0.025))),
    *((cheek, 0.08, (0.0, -0.01)) for cheek in (50, 280)),
)
"""Landmark, reach of its pull and the pull itself, face heights."""


@dataclass(frozen=True)
class Prior:
    """C channels of motion: POSE_CHANNELS of head pose, the blink, the jaw, then the principal deformations.

    Lengths are face heights, times seconds. `B` is spectra.BANDS.
    """

    shape: NDArray[np.float32]
    """(478, 3) the mean face at rest."""
    shape_basis: NDArray[np.float32]
    """(S, 478, 3) directions in which faces differ, one standard deviation each."""
    stiffness: NDArray[np.float32]
    """(478,) weights by which head pose is told from deformation."""
    basis: NDArray[np.float32]
    """(C - POSE_CHANNELS, 478, 3) deformations: blink, jaw, principal components."""
    correlation: NDArray[np.float32]
    """(B, C, C) pooled correlation of the channels in each band."""
    level: NDArray[np.float32]
    """(B, C) mean over drivers of the logarithm of each channel's standard deviation in each band."""
    habits: NDArray[np.float32]
    """(H, B, C) principal directions in which drivers' levels differ, one standard deviation each."""
    habit_rest: NDArray[np.float32]
    """(B, C) standard deviation of the drivers' levels that the habits leave."""
    blink: NDArray[np.float32]
    """(2, 3) mean and standard deviation over drivers of blinks a second, log depth and log seconds of a blink."""
    speech: NDArray[np.float32]
    """(2, 3) mean and standard deviation over drivers of syllables a second, log jaw amplitude, share of speech."""

    @property
    def channels(self) -> int:
        return POSE_CHANNELS + len(self.basis)

    def split(self, displacement: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Channels (T, C) of a displacement (T, 478, 3) and the deformation (T, 478, 3) that they do not hold."""
        pose, deformation = split_pose(self.shape, displacement, self.stiffness)
        flat = deformation.reshape(len(deformation), -1)
        weights = flat @ self._inverse_basis
        rest = deformation - np.tensordot(weights, self.basis, axes=1)
        return np.concatenate([pose, weights], axis=1), np.asarray(rest, np.float32)

    def join(
        self,
        channels: NDArray[np.float32],
        rest: NDArray[np.float32] | None = None,
        bias: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """The displacement (T, 478, 3) of channels (T, C); `bias` (478,) scales the deformation of each landmark."""
        deformation = np.tensordot(channels[:, POSE_CHANNELS:], self.basis, axes=1)
        deformation = deformation if rest is None else deformation + rest
        deformation = deformation if bias is None else deformation * bias[:, None]
        return join_pose(self.shape, channels[:, :POSE_CHANNELS], deformation, self.stiffness)

    @cached_property
    def smile(self) -> NDArray[np.float32]:
        """(C,) channels of a broad smile: the mouth's corners out and up, the cheeks up."""
        raised = np.zeros((1, *self.shape.shape), np.float32)
        for point, reach, pull in _SMILE:
            raised[0, :, :2] += region_weights(self.shape, (point,), reach)[:, None] * np.array(pull, np.float32)
        channels = self.split(raised)[0][0]
        channels[:POSE_CHANNELS] = 0.0
        return channels

    @cached_property
    def _inverse_basis(self) -> NDArray[np.float32]:
        return np.linalg.pinv(self.basis.reshape(len(self.basis), -1))

    @classmethod
    def load(cls, path: Path = DEFAULT_PRIOR) -> "Prior":
        """The prior stored at `path` (float16 inside); every process reads a path once."""
        return _load(path)

    def save(self, path: Path) -> None:
        """Write the prior, halved in precision: 16 bits resolve 1/2000 of a deformation."""
        halves = {field.name: getattr(self, field.name).astype(np.float16) for field in fields(self)}
        np.savez_compressed(path, allow_pickle=False, **halves)


@cache
def _load(path: Path) -> Prior:
    with np.load(path, allow_pickle=False) as stored:
        return Prior(**{field.name: stored[field.name].astype(np.float32) for field in fields(Prior)})
