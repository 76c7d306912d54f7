"""Faces: a gray picture and where its landmarks are."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

FOLDS = 5


@dataclass(frozen=True, eq=False)
class Face:
    """A square gray picture (S, S) uint8 and its landmarks (478, 2) in picture sides, from 0 (left, top) to 1."""

    picture: NDArray[np.uint8]
    landmarks: NDArray[np.float32]

    def axes(self, shape: NDArray[np.float32]) -> NDArray[np.float32]:
        """(2, 2) matrix that takes a displacement (x, y) in face heights to picture sides on this face.

        The similarity between `shape` (478, 3), a face upright and one face height tall, and these landmarks.
        """
        rest = shape[:, :2] - shape[:, :2].mean(axis=0)
        here = self.landmarks - self.landmarks.mean(axis=0)
        along = float((rest * here).sum())
        across = float((rest[:, 0] * here[:, 1] - rest[:, 1] * here[:, 0]).sum())
        return np.array([[along, -across], [across, along]], np.float32) / float((rest**2).sum())

    def resized(self, size: int) -> "Face":
        """The same face with a picture of `size` x `size`."""
        smaller = size < len(self.picture)
        picture = cv2.resize(self.picture, (size, size), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
        return Face(np.asarray(picture, np.uint8), self.landmarks)


def load_portraits(path: Path) -> list[Face]:
    """The portraits of a targets.npz: `gray` (N, 128, 128) uint8, `landmarks` (N, 478, 2) pixels."""
    with np.load(path, allow_pickle=False) as stored:
        size = stored["gray"].shape[1]
        return [
            Face(gray, ((landmarks + 0.5) / size).astype(np.float32))
            for gray, landmarks in zip(stored["gray"], stored["landmarks"], strict=True)
        ]


def split_portraits(portraits: list[Face], fold: int, seed: int = 0) -> tuple[list[Face], list[Face]]:
    """Training and validation portraits: one of FOLDS seeded parts is held out."""
    order = np.random.default_rng(seed).permutation(len(portraits))
    held_out = set(order[fold % FOLDS :: FOLDS].tolist())
    training = [face for index, face in enumerate(portraits) if index not in held_out]
    return training, [portraits[index] for index in sorted(held_out)]
