"""Where on the face a picture looks: what an encoder of motion must know, whoever's face it is."""

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.bend import CELLS, GRID
from trainer.data.world.faces import Face

FACE_HEIGHT = 70.0
"""Units of a place in one face height: about the pixels of a 128-pixel picture that shows a head and shoulders."""

_EXPECTED = (CELLS.reshape(GRID, GRID, 2) - 0.5) * np.float32(0.85 * 128)
"""What a place is for the average face in the middle of the picture; an encoder has to know only what differs."""


def face_places(face: Face, shape: NDArray[np.float32], at: NDArray[np.float32]) -> NDArray[np.float32]:
    """Places (T, 8, 16, 16) that the quarters of a feature's cells show, less those of an average face.

    `at` (T, GRID, GRID, 2) says where in the face's picture each cell of a frame comes from: see `render.sources`.

    A place is a point (x, y) of the face at rest, in 1/FACE_HEIGHT face heights from its middle, the same for all
    faces up to an affine map. Channels: upper left, upper right, lower left, lower right quarter, x before y in each.
    The difference of two frames is the motion between them, seen from the picture.
    """
    turn, shift = _onto_the_mean_face(face, shape)
    differing = at @ turn + shift - _EXPECTED
    quarters = differing.reshape(-1, GRID // 2, 2, GRID // 2, 2, 2).transpose(0, 2, 4, 5, 1, 3)
    return np.ascontiguousarray(quarters.reshape(-1, 8, GRID // 2, GRID // 2), np.float32)


def _onto_the_mean_face(face: Face, shape: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The affine map (2, 2), (2,) that takes points of the face's picture (sides) nearest to the mean face's."""
    points = np.concatenate([face.landmarks, np.ones((len(face.landmarks), 1), np.float32)], axis=1)
    found = np.linalg.lstsq(points, shape[:, :2] * FACE_HEIGHT, rcond=None)[0].astype(np.float32)
    return found[:2], found[2]
