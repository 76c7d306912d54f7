"""How a face bends: matrices that spread the motion of the control landmarks over the cells of a picture."""

import numpy as np
from numpy.typing import NDArray

from trainer.data.world.faces import Face
from trainer.data.world.mesh import CONTROL

GRID = 32
"""Cells along a side of the coarse motion field."""


def _cells() -> NDArray[np.float32]:
    """(GRID * GRID, 2) centres (x, y) of the cells, in picture sides: where `cv2.resize` assumes them."""
    line = (np.arange(GRID, dtype=np.float32) + 0.5) / GRID
    return np.stack(np.meshgrid(line, line), axis=2, dtype=np.float32).reshape(-1, 2)


CELLS = _cells()


def gaussian_weights(face: Face, reach: float = 0.07) -> NDArray[np.float64]:
    """The head moves as a whole (an affine map that fades towards the picture's border); Gaussians add the rest.

    `reach` is the Gaussians' standard deviation in face heights.
    """
    points = face.landmarks[list(CONTROL)].astype(float)
    whole = np.linalg.pinv(affine(points))
    head = (affine(CELLS) @ whole) * head_mask(face)[:, None]
    return np.asarray(head + local_weights(face, reach) @ (np.eye(len(points)) - affine(points) @ whole))


def local_weights(face: Face, reach: float = 0.07) -> NDArray[np.float64]:
    """Gaussians of `reach` (face heights) about the control landmarks, for motion that is nothing but expression."""
    points = face.landmarks[list(CONTROL)].astype(float)
    wide = reach * height(face)
    overlap = gaussian(points, points, wide)
    return np.asarray(gaussian(CELLS, points, wide) @ np.linalg.inv(overlap + 0.3 * np.eye(len(points))))


def thin_plate_weights(face: Face) -> NDArray[np.float64]:
    """A smoothed thin-plate spline through all landmarks, pinned at the picture's border."""
    points = np.concatenate([face.landmarks[list(CONTROL)].astype(float), border()])
    count = len(points)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _thin_plate(points, points) + 1e-4 * np.eye(count)
    system[:count, count:] = affine(points)
    system[count:, :count] = affine(points).T
    reach = np.concatenate([_thin_plate(CELLS, points), affine(CELLS)], axis=1)
    return np.asarray(np.linalg.solve(system, reach.T).T[:, : len(CONTROL)])


def border() -> NDArray[np.float64]:
    """(32, 2) places along the picture's border."""
    line = np.linspace(0.0, 1.0, 9)
    return np.array([(x, y) for x in line for y in line if {x, y} & {0.0, 1.0}])


def affine(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """(N, 3) rows 1, x, y."""
    return np.concatenate([np.ones((len(points), 1)), points], axis=1)


def gaussian(
    first: NDArray[np.floating], second: NDArray[np.floating], reach: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """(N, M) Gaussians of the distances between points; `reach` is their standard deviation, one or one a column."""
    gaps = ((first[:, None] - second[None]) ** 2).sum(axis=2)
    return np.asarray(np.exp(-0.5 * gaps / reach**2), np.float64)


def _thin_plate(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    gaps = ((first[:, None] - second[None]) ** 2).sum(axis=2)
    return np.asarray(0.5 * gaps * np.log(gaps + 1e-12), np.float64)


def height(face: Face) -> float:
    """Of the face in its picture, in picture sides."""
    return float(np.ptp(face.landmarks[list(CONTROL), 1]))


def head_mask(face: Face) -> NDArray[np.float64]:
    """(cells,) 1 on the head, falling smoothly to 0 away from it; hair and neck belong to the head."""
    tall = height(face)
    centre = face.landmarks[list(CONTROL)].astype(float).mean(axis=0) - np.array([0.0, 0.06 * tall])
    radius = np.hypot(*((CELLS - centre) / (tall * np.array([0.55, 0.68]))).T)
    fade = np.clip((1.75 - radius) / 0.75, 0.0, 1.0)
    return np.asarray(fade * fade * (3.0 - 2.0 * fade), np.float64)
