"""Generators: put a driver's displacement onto a face by bending its picture.

A warp says where a coarse grid of the face's cells goes; a frame is then that field turned round, a small enlargement
and a `cv2.remap`.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from trainer.data.world.bend import CELLS, GRID
from trainer.data.world.faces import Face
from trainer.data.world.families import warp_of
from trainer.data.world.mesh import INNER_LIP_BOTTOM, INNER_LIP_TOP, LIPS_INNER
from trainer.data.world.prior import Prior
from trainer.data.world.warp import Family, Warp

IDENTITY_CAMERA = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], np.float32)

_TOP, _BOTTOM = LIPS_INNER.index(INNER_LIP_TOP), LIPS_INNER.index(INNER_LIP_BOTTOM)


@dataclass(frozen=True, eq=False)
class Generator:
    """A face ready to be driven."""

    face: Face
    family: Family
    axes: NDArray[np.float32]
    """(2, 2): see `Face.axes`."""
    warp: Warp
    mouth: int | None
    """Gray level inside an open mouth; None leaves lips closed whatever they do."""

    @classmethod
    def of(
        cls, face: Face, prior: Prior, family: Family = "gaussian", mouth: int | None = 40, seed: int = 0
    ) -> "Generator":
        """A generator for `face`; displacements are relative to the prior's shape. `seed` is which of its family."""
        axes = face.axes(prior.shape)
        return cls(face, family, axes, warp_of(family, face, axes, prior, seed), mouth)

    def render(self, displacement: NDArray[np.float32], camera: NDArray[np.float32] | None = None) -> NDArray[np.uint8]:
        """Frames (T, S, S) uint8 for displacement (T, 478, 3) in face heights.

        `camera` (T, 2, 3) takes places of the shown picture to places of the face's picture (both in picture sides).
        """
        if camera is None:
            camera = np.broadcast_to(IDENTITY_CAMERA, (len(displacement), 2, 3))
        moved = self.warp.moved(displacement)
        return self.painted(sources(moved.cells, camera), moved.lips, camera)

    def painted(
        self, at: NDArray[np.float32], lips: NDArray[np.float32], camera: NDArray[np.float32]
    ) -> NDArray[np.uint8]:
        """Frames (T, S, S) uint8 of the face's picture as seen `at` its places (see `sources`), mouths opened."""
        frames = _looked_up(self.face.picture, at)
        if self.mouth is not None:
            self._open_mouths(frames, lips, camera)
        return frames

    def _open_mouths(self, frames: NDArray[np.uint8], moved: NDArray[np.float32], camera: NDArray[np.float32]) -> None:
        """Darken the inside of mouths that are further open than at rest: a picture of closed lips has no inside."""
        size = len(frames[0])
        rest = self.face.landmarks[list(LIPS_INNER)]
        gap = moved[:, _BOTTOM] - moved[:, _TOP]
        opening = np.linalg.norm(gap, axis=1) * np.sign(gap @ self.axes[:, 1])
        for index in np.flatnonzero(opening > 0.5 / 128):
            view = camera[index]
            lips = (rest + moved[index] - view[:, 2]) @ np.linalg.inv(view[:, :2]).T
            mask = np.zeros((size, size), np.uint8)
            cv2.fillPoly(mask, [np.round((lips * size - 0.5) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
            share = min(1.0, (float(opening[index]) * 128 - 0.5) / 2.0) * 0.85 / 255.0
            left, top, width, height = cv2.boundingRect(mask)
            patch = frames[index][top : top + height, left : left + width]
            alpha = mask[top : top + height, left : left + width] * np.float32(share)
            patch[...] = patch + (self.mouth - patch.astype(np.float32)) * alpha


def sources(fields: NDArray[np.float32], camera: NDArray[np.float32]) -> NDArray[np.float32]:
    """For each cell of the shown pictures, where in the face's picture (sides) it comes from: (T, GRID, GRID, 2).

    `fields` (T, GRID, GRID, 2) says where a place of the resting face goes; three steps of fixed-point iteration turn
    that round.
    """
    frames = len(fields)
    places = camera[:, None, :, 0] * CELLS[:, :1] + camera[:, None, :, 1] * CELLS[:, 1:] + camera[:, None, :, 2]
    tall = np.ascontiguousarray(fields.reshape(frames * GRID, GRID, 2))
    tops = (np.arange(frames, dtype=np.float32) * GRID)[:, None]
    back = np.zeros_like(places)
    for _ in range(3):
        # All frames in one call, one above the other: held inside its own frame, none reads from its neighbour.
        at = np.clip((places - back) * GRID - 0.5, 0.0, GRID - 1.0)
        at[..., 1] += tops
        x, y = np.moveaxis(at.reshape(frames * GRID, GRID, 2), 2, 0)
        sampled = cv2.remap(tall, x, y, cv2.INTER_LINEAR)
        back = np.asarray(sampled, np.float32).reshape(places.shape)
    return (places - back).reshape(frames, GRID, GRID, 2)


@cache
def _enlarging(size: int) -> NDArray[np.float32]:
    """(size, GRID): linear interpolation from cells to pixels that goes on straight beyond the outermost cells."""
    at = (np.arange(size) + 0.5) * GRID / size - 0.5
    left = np.clip(np.floor(at), 0, GRID - 2).astype(int)
    weights = np.zeros((size, GRID), np.float32)
    weights[np.arange(size), left] = left + 1 - at
    weights[np.arange(size), left + 1] = at - left
    return weights


def _looked_up(picture: NDArray[np.uint8], sources: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Frames (T, S, S) whose pixels are the picture's at `sources` (T, GRID, GRID, 2)."""
    enlarge = _enlarging(len(picture))
    frames = np.empty((len(sources), *picture.shape), np.uint8)
    at = sources * np.float32(len(picture)) - np.float32(0.5)
    for start in range(0, len(at), 8):  # few enough maps to stay in the cache
        across, down = (enlarge @ (at[start : start + 8, :, :, axis] @ enlarge.T) for axis in (0, 1))
        for index, (x, y) in enumerate(zip(across, down, strict=True), start):
            cv2.remap(picture, x, y, cv2.INTER_LINEAR, dst=frames[index], borderMode=cv2.BORDER_REPLICATE)
    return frames
