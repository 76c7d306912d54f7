"""Keypoint-local affine motion, as first-order motion models and Face-vid2vid have it (Siarohin et al. 2019, Eq. 4).

Some key points, each with an affine map estimated from the landmarks about it; a place moves as the Gaussian blend of
the maps near it. Whatever happens between two key points is smoothed away.
"""

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.bend import CELLS, affine, gaussian, head_mask, height
from trainer.data.world.faces import Face
from trainer.data.world.mesh import CONTROL, INNER_LIP_BOTTOM, INNER_LIP_TOP, LIPS_INNER
from trainer.data.world.warp import Spread

_WIDE = (10, 151, 152, 234, 454, 33, 263, 105, 334, 4, 50, 280)  # forehead, chin, temples, eyes, brows, nose, cheeks
_CORNERS = (61, 291)
KEYPOINTS = (*_WIDE, *_CORNERS, INNER_LIP_TOP, INNER_LIP_BOTTOM)

_NARROW = len(KEYPOINTS) - len(_WIDE)
_SEEN = np.array([0.09] * len(_WIDE) + [0.03] * _NARROW)
_BLENDED = np.array([0.07] * len(_WIDE) + [0.03] * _NARROW)
"""Standard deviations (face heights) of what a key point's map is estimated from and of where it holds."""
_HEAD, _BACKGROUND = 0.12, 0.02
"""Weights of the head's own affine map, which hair and neck follow, and of the background, which stays."""


def keypoint_warp(face: Face, axes: NDArray[np.float32]) -> Spread:
    """The warp of `face`, whose `Face.axes` are given."""
    head = head_mask(face)
    share = gaussian(CELLS, face.landmarks[list(KEYPOINTS)], _BLENDED * height(face))
    share = np.concatenate([share, _HEAD * head[:, None]], axis=1)
    share /= share.sum(axis=1, keepdims=True) + _BACKGROUND * (1.0 - head[:, None])
    cells = np.einsum("nk,nc,kcp->np", share, affine(CELLS), _maps(face), optimize=True)
    return Spread(axes, cells.astype(np.float32), _lips())


def _maps(face: Face) -> NDArray[np.float64]:
    """(K + 1, 3, CONTROL): the least-squares affine map about each key point and, last, of the whole head."""
    points = face.landmarks[list(CONTROL)].astype(float)
    near = gaussian(points, face.landmarks[list(KEYPOINTS)], _SEEN * height(face)).T
    rows = affine(points)
    found = []
    for weight in (*near, np.ones(len(points))):
        # A little of the whole face keeps the map of a key point on a line of landmarks from turning about that line.
        weighted = rows * (weight + 0.03 * weight.mean())[:, None]
        found.append(np.linalg.solve(weighted.T @ rows, weighted.T))
    return np.stack(found)


def _lips() -> NDArray[np.float32]:
    """(20, CONTROL): lips between their corners, which bow as far as the key point of their own lip goes.

    A blend of maps is smooth and would never part them.
    """
    weights = np.zeros((len(LIPS_INNER), len(CONTROL)), np.float32)
    along = np.arange(len(LIPS_INNER)) * np.pi / 10.0  # from the right corner along the lower lip to the left one
    right, left, top, bottom = (CONTROL.index(point) for point in KEYPOINTS[-4:])
    bow = np.abs(np.sin(along))
    weights[:, right] = (1.0 - bow) * (1.0 + np.cos(along)) / 2.0
    weights[:, left] = (1.0 - bow) * (1.0 - np.cos(along)) / 2.0
    weights[1:10, bottom], weights[11:, top] = bow[1:10], bow[11:]
    return weights
