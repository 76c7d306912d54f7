"""Rotation in three dimensions: the head's pose turns a depth map of the face, so that turning shows parallax.

Depth is the z of the prior's faces fitted to the landmarks of this one; expression is bent on top, flat.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from trainer.data.world.bend import CELLS, GRID, gaussian, head_mask, local_weights
from trainer.data.world.faces import Face
from trainer.data.world.mesh import CONTROL, LIPS_INNER
from trainer.data.world.pose import split_pose
from trainer.data.world.prior import Prior
from trainer.data.world.warp import Moved, spread

_REACH = 0.05  # over which depth is smoothed, face heights
_BEHIND = 0.02  # weight of the depth of hair and neck, against a Gaussian's 1 on a landmark


@dataclass(frozen=True, eq=False)
class Turning:
    """A face with depth. Points are (x, y, z) in face heights, in the prior's frame."""

    prior: Prior
    axes: NDArray[np.float32]
    points: NDArray[np.float32]
    """(478, 3) this face at rest."""
    cells: NDArray[np.float32]
    """(GRID * GRID, 3) what each cell of its picture shows."""
    head: NDArray[np.float32]
    """(GRID * GRID,) how far a cell goes with the head."""
    local: NDArray[np.float32]
    """(GRID * GRID, CONTROL) how expression spreads."""

    @classmethod
    def of(cls, face: Face, axes: NDArray[np.float32], prior: Prior) -> "Turning":
        """The warp of `face`, whose `Face.axes` are given."""
        upright = np.linalg.inv(axes).T
        middle = face.landmarks.mean(axis=0)
        points = fitted_depth((face.landmarks - middle) @ upright + prior.shape[:, :2].mean(axis=0), prior)
        places = (CELLS - middle) @ upright + prior.shape[:, :2].mean(axis=0)
        cells = np.concatenate([places, _depth_at(places, points)[:, None]], axis=1)
        weights = local_weights(face)
        return cls(prior, axes, points, *(part.astype(np.float32) for part in (cells, head_mask(face), weights)))

    def moved(self, displacement: NDArray[np.float32]) -> Moved:
        """See `Warp.moved`."""
        pose, deformation = split_pose(self.prior.shape, displacement, self.prior.stiffness)
        scale = np.exp(pose[:, 6])[:, None, None]
        turn = (Rotation.from_rotvec(pose[:, :3]).as_matrix() * scale)[:, :2].astype(np.float32)
        expression = deformation @ turn.transpose(0, 2, 1)
        rigid = self._carried(self.cells, turn, pose) * self.head[:, None]
        cells = (rigid + spread(self.local, expression[:, list(CONTROL)])) @ self.axes.T
        lips = list(LIPS_INNER)
        carried = self._carried(self.points[lips], turn, pose) + expression[:, lips]
        return Moved(cells.reshape(-1, GRID, GRID, 2), carried @ self.axes.T)

    def _carried(
        self, points: NDArray[np.float32], turn: NDArray[np.float32], pose: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """How far (T, N, 2) points (N, 3) go with a head that is turned by `turn` (T, 2, 3) and shifted."""
        centre = self.prior.stiffness @ self.prior.shape / self.prior.stiffness.sum()
        return (points - centre) @ turn.transpose(0, 2, 1) + (centre[:2] + pose[:, None, 3:5]) - points[:, :2]


def fitted_depth(outline: NDArray[np.float32], prior: Prior) -> NDArray[np.float32]:
    """Points (478, 3) of a face seen at `outline` (478, 2), upright and in face heights, as the prior knows faces.

    The mean face and its directions, each as likely as the prior says (ridge), nearest to the outline; only z is used.
    """
    directions = prior.shape_basis[:, :, :2].reshape(len(prior.shape_basis), -1)
    gap = (outline - prior.shape[:, :2]).ravel()
    noise = 0.02**2 * len(outline)  # (face heights)^2; errors of neighbouring landmarks go together and count as one
    weights = np.linalg.solve(directions @ directions.T + noise * np.eye(len(directions)), directions @ gap)
    depth = prior.shape[:, 2] + weights @ prior.shape_basis[:, :, 2]
    return np.concatenate([outline, depth[:, None]], axis=1).astype(np.float32)


def _depth_at(places: NDArray[np.floating], points: NDArray[np.float32]) -> NDArray[np.float64]:
    """Depth (N,) at `places` (N, 2): a Gaussian average of the face's points, and what lies furthest back around it."""
    share = gaussian(places, points[list(CONTROL), :2], _REACH)
    behind = float(points[:, 2].max())
    return np.asarray((share @ points[list(CONTROL), 2] + _BEHIND * behind) / (share.sum(axis=1) + _BEHIND))
