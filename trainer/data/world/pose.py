"""Head pose and what is left without it: seven rigid numbers a frame and a face that only deforms."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

POSE_CHANNELS = 7
"""Rotation vector (3, radians), translation (3, face heights), logarithm of the scale (1)."""


def split_pose(
    shape: NDArray[np.float32], displacement: NDArray[np.float32], weights: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Pose (T, 7) and the deformation (T, 478, 3) left when that pose is undone.

    `shape` (478, 3) is the face at rest, `displacement` (T, 478, 3) its motion, both in face heights; `weights` (478,)
    says how rigid each landmark is. Least squares after Umeyama (1991), for all frames at once.
    """
    moved = shape + displacement
    share = (weights / weights.sum()).astype(np.float32)
    rest_centre, centres = share @ shape, np.einsum("p,tpc->tc", share, moved)
    rest, turned = shape - rest_centre, moved - centres[:, None]
    left, singular, right = np.linalg.svd(np.einsum("tpc,p,pd->tcd", turned, share, rest))
    flip = np.ones_like(singular)
    flip[:, 2] = np.sign(np.linalg.det(left @ right))
    rotation = left * flip[:, None] @ right
    scale = (singular * flip).sum(axis=1) / (share @ (rest**2).sum(axis=1))
    undone = np.einsum("tpc,tcd->tpd", turned, rotation) / scale[:, None, None]
    turns = Rotation.from_matrix(rotation).as_rotvec()
    pose = np.concatenate([turns, centres - rest_centre, np.log(scale)[:, None]], axis=1)
    return pose.astype(np.float32), (undone - rest).astype(np.float32)


def join_pose(
    shape: NDArray[np.float32],
    pose: NDArray[np.float32],
    deformation: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> NDArray[np.float32]:
    """The displacement (T, 478, 3) of `shape` when it deforms and then takes the pose: `split_pose` backwards."""
    share = (weights / weights.sum()).astype(np.float32)
    centre = share @ shape
    rotation = Rotation.from_rotvec(pose[:, :3]).as_matrix().astype(np.float32)
    scaled = rotation * np.exp(pose[:, 6])[:, None, None]
    moved = (shape - centre + deformation) @ scaled.transpose(0, 2, 1) + centre + pose[:, None, 3:6]
    return np.asarray(moved - shape, np.float32)
