"""Generators: put a driver's displacement onto a face by bending its picture.

The dense motion is linear in the landmarks' displacement, so a face needs one matrix (cells x 478), computed once;
a frame is then a column of one matrix product, a small resize and a `cv2.remap`.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.world.faces import Face
from trainer.data.world.mesh import INNER_LIP_BOTTOM, INNER_LIP_TOP, LIPS_INNER

GRID = 32
"""Cells along a side of the coarse motion field."""

Bend = Literal["gaussian", "thin-plate"]

IDENTITY_CAMERA = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], np.float32)


def _cells() -> NDArray[np.float32]:
    """(GRID * GRID, 2) centres (x, y) of the cells, in picture sides: where `cv2.resize` assumes them."""
    line = (np.arange(GRID, dtype=np.float32) + 0.5) / GRID
    return np.stack(np.meshgrid(line, line), axis=2).reshape(-1, 2)


_CELLS = _cells()


@dataclass(frozen=True, eq=False)
class Generator:
    """A face ready to be driven: `weights` (cells, 478) turn landmark motion into the motion of every cell."""

    face: Face
    axes: NDArray[np.float32]
    weights: NDArray[np.float32]
    mouth: int | None
    """Gray level inside an open mouth; None leaves lips closed whatever they do."""

    @classmethod
    def of(cls, face: Face, shape: NDArray[np.float32], bend: Bend = "gaussian", mouth: int | None = 40) -> "Generator":
        """A generator for `face`; `shape` (478, 3) is the rest shape that displacements are relative to."""
        weights = _gaussian_weights(face) if bend == "gaussian" else _thin_plate_weights(face)
        return cls(face, face.axes(shape), weights.astype(np.float32), mouth)

    def render(
        self, displacement: NDArray[np.float32], camera: NDArray[np.float32] | None = None
    ) -> NDArray[np.uint8]:
        """Frames (T, S, S) uint8 for displacement (T, 478, 3) in face heights.

        `camera` (T, 2, 3) takes places of the shown picture to places of the face's picture (both in picture sides).
        """
        moved = displacement[:, :, :2] @ self.axes.T
        if camera is None:
            camera = np.broadcast_to(IDENTITY_CAMERA, (len(moved), 2, 3))
        fields = np.tensordot(self.weights, moved, axes=(1, 1)).transpose(1, 0, 2).reshape(-1, GRID, GRID, 2)
        frames = [self._frame(field, view) for field, view in zip(fields, camera, strict=True)]
        if self.mouth is not None:
            self._open_mouths(frames, moved, camera)
        return np.stack(frames)

    def _frame(self, field: NDArray[np.float32], view: NDArray[np.float32]) -> NDArray[np.uint8]:
        """One frame: look up for each place where its grey level comes from, against the motion `field`."""
        size = len(self.face.picture)
        places = (_CELLS @ view[:, :2].T + view[:, 2]).reshape(GRID, GRID, 2)
        # The field says where a place of the resting face goes; two steps of fixed-point iteration turn that round.
        back = _sample(field, places)
        back = _sample(field, places - back)
        back = _sample(field, places - back)
        source = cv2.resize(back, (size, size), interpolation=cv2.INTER_LINEAR)
        line = (np.arange(size, dtype=np.float32) + 0.5) / size
        across = (view[0, 0] * line)[None, :] + (view[0, 1] * line + view[0, 2])[:, None]
        down = (view[1, 0] * line)[None, :] + (view[1, 1] * line + view[1, 2])[:, None]
        return np.asarray(
            cv2.remap(self.face.picture, (across - source[..., 0]) * size - 0.5, (down - source[..., 1]) * size - 0.5,
                      cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
        )  # fmt: skip

    def _open_mouths(
        self, frames: list[NDArray[np.uint8]], moved: NDArray[np.float32], camera: NDArray[np.float32]
    ) -> None:
        """Darken the inside of mouths that are further open than at rest: a picture of closed lips has no inside."""
        size = len(frames[0])
        rest = self.face.landmarks[list(LIPS_INNER)]
        gap = moved[:, INNER_LIP_BOTTOM] - moved[:, INNER_LIP_TOP]
        opening = np.linalg.norm(gap, axis=1) * np.sign(gap @ self.axes[:, 1])
        for index in np.flatnonzero(opening > 0.5 / 128):
            view = camera[index]
            lips = (rest + moved[index, list(LIPS_INNER)] - view[:, 2]) @ np.linalg.inv(view[:, :2]).T
            mask = np.zeros((size, size), np.uint8)
            cv2.fillPoly(mask, [np.round((lips * size - 0.5) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
            share = min(1.0, (float(opening[index]) * 128 - 0.5) / 2.0) * 0.85 / 255.0
            left, top, width, height = cv2.boundingRect(mask)
            patch = frames[index][top : top + height, left : left + width]
            alpha = mask[top : top + height, left : left + width] * np.float32(share)
            patch[...] = patch + (self.mouth - patch.astype(np.float32)) * alpha


def _sample(field: NDArray[np.float32], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """The field at places given in picture sides."""
    at = places * GRID - 0.5
    return np.asarray(cv2.remap(field, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _gaussian_weights(face: Face, reach: float = 0.07) -> NDArray[np.float64]:
    """The head moves as a whole (an affine map that fades towards the picture's border); Gaussians add the rest.

    `reach` is the Gaussians' standard deviation in face heights.
    """
    points = face.landmarks.astype(float)
    height = float(np.ptp(points[:, 1]))
    whole = np.linalg.pinv(_affine(points))
    spread = _gaussian(points, points, reach * height)
    local = _gaussian(_CELLS, points, reach * height) @ np.linalg.inv(spread + 0.3 * np.eye(len(points)))
    head = (_affine(_CELLS) @ whole) * _head_mask(points, height)[:, None]
    return np.asarray(head + local @ (np.eye(len(points)) - _affine(points) @ whole))


def _thin_plate_weights(face: Face) -> NDArray[np.float64]:
    """A smoothed thin-plate spline through all landmarks, pinned at the picture's border."""
    line = np.linspace(0.0, 1.0, 9)
    frame = np.array([(x, y) for x in line for y in line if {x, y} & {0.0, 1.0}])
    points = np.concatenate([face.landmarks.astype(float), frame])
    count = len(points)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _thin_plate(points, points) + 1e-4 * np.eye(count)
    system[:count, count:] = _affine(points)
    system[count:, :count] = _affine(points).T
    reach = np.concatenate([_thin_plate(_CELLS, points), _affine(_CELLS)], axis=1)
    return np.asarray(np.linalg.solve(system, reach.T).T[:, : len(face.landmarks)])


def _affine(points: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.concatenate([np.ones((len(points), 1)), points], axis=1)


def _gaussian(first: NDArray[np.floating], second: NDArray[np.floating], reach: float) -> NDArray[np.float64]:
    gaps = ((first[:, None] - second[None]) ** 2).sum(axis=2)
    return np.asarray(np.exp(-0.5 * gaps / reach**2), np.float64)


def _thin_plate(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    gaps = ((first[:, None] - second[None]) ** 2).sum(axis=2)
    return np.asarray(0.5 * gaps * np.log(gaps + 1e-12), np.float64)


def _head_mask(points: NDArray[np.float64], height: float) -> NDArray[np.float64]:
    """(cells,) 1 on the head, falling smoothly to 0 away from it; hair and neck belong to the head."""
    centre = points.mean(axis=0) - np.array([0.0, 0.06 * height])
    radius = np.hypot(*((_CELLS - centre) / (height * np.array([0.55, 0.68]))).T)
    fade = np.clip((1.75 - radius) / 0.75, 0.0, 1.0)
    return np.asarray(fade * fade * (3.0 - 2.0 * fade), np.float64)
