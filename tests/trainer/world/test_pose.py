import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from trainer.data.world.pose import join_pose, split_pose


@pytest.fixture
def weights(prior):
    return prior.stiffness


def test_a_rigid_move_is_all_pose(prior, weights):
    turn, shift, scale = np.array([0.1, -0.2, 0.05]), np.array([0.03, -0.01, 0.02]), 1.07
    share = weights / weights.sum()
    centre = share @ prior.shape
    moved = scale * (prior.shape - centre) @ Rotation.from_rotvec(turn).as_matrix().T + centre + shift
    pose, deformation = split_pose(prior.shape, (moved - prior.shape)[None].astype(np.float32), weights)
    np.testing.assert_allclose(pose[0], [*turn, *shift, np.log(scale)], atol=1e-4)
    assert np.abs(deformation).max() < 1e-5


def test_deformation_where_the_face_is_soft_is_no_pose(prior, weights):
    opening = prior.basis[1]  # the jaw
    pose, deformation = split_pose(prior.shape, opening[None], weights)
    assert np.abs(pose[0]).max() < 0.03
    assert np.linalg.norm(deformation[0] - opening) < 0.3 * np.linalg.norm(opening)


def test_split_and_join_are_inverse(prior, weights):
    displacement = np.random.default_rng(0).normal(0, 0.02, (5, 478, 3)).astype(np.float32)
    pose, deformation = split_pose(prior.shape, displacement, weights)
    np.testing.assert_allclose(join_pose(prior.shape, pose, deformation, weights), displacement, atol=2e-6)


def test_rest_is_rest(prior, weights):
    pose, deformation = split_pose(prior.shape, np.zeros((2, 478, 3), np.float32), weights)
    assert np.abs(pose).max() < 1e-6
    assert np.abs(deformation).max() < 1e-6
