"""Trivial systems that stand beside every result: what they reach is a shortcut of the data, not who drives."""

from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from trainer.clips import Frames
from trainer.models.fingerprint import PAPER, Architecture, Fingerprint

Vector = NDArray[np.float32]
System = Callable[[Frames], Vector]
"""A clip (T, 128, 128) uint8 -> a vector of unit norm."""
_CELLS = 8


def baselines(made: Architecture | None) -> dict[str, System]:
    """All of them by name. The untrained network is made as the model that they stand beside was, if that is known.

    Of an imported bundle it is not: the paper's network stands there, and is called so.
    """
    name = "untrained" if made else "untrained, the paper's network"
    return {"motion energy": motion_energy, "pixels": pixels, name: Untrained(made or PAPER)}


def motion_energy(frames: Frames) -> Vector:
    """How much each of 8x8 parts of the picture changes from frame to frame, and nothing of how: (64,), unit norm."""
    change = np.abs(np.diff(frames.astype(np.float32), axis=0)).mean(axis=0)
    return _unit(np.log1p(_reduced(change)))


def pixels(frames: Frames) -> Vector:
    """The mean picture, 8x8: (64,), unit norm. It knows the face, the light and the framing."""
    return _unit(_reduced(frames.mean(axis=0, dtype=np.float32)))


class Untrained:
    """A network as it is before it has learned anything: (T, 128, 128) uint8 -> (256,), unit norm."""

    def __init__(self, architecture: Architecture) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.model = Fingerprint(architecture).eval()

    @torch.no_grad()
    def __call__(self, frames: Frames) -> Vector:
        embedding: Vector = self.model(torch.from_numpy(np.ascontiguousarray(frames))[None])[0].numpy()
        return embedding


def _reduced(picture: Vector) -> Vector:
    return np.asarray(cv2.resize(picture, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA), np.float32).ravel()


def _unit(vector: Vector) -> Vector:
    """Less its mean, of length 1; a flat one stays as good as zero and says nothing."""
    centred = vector - vector.mean()
    unit: Vector = centred / max(float(np.linalg.norm(centred)), 1e-6)
    return unit
