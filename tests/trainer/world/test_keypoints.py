import numpy as np
import pytest

from trainer.data.world.bend import CELLS
from trainer.data.world.drawn import drawn_face
from trainer.data.world.keypoints import KEYPOINTS, keypoint_warp
from trainer.data.world.mesh import CONTROL, INNER_LIP_TOP, LIPS_INNER
from trainer.data.world.prior import BLINK


@pytest.fixture(scope="module")
def face():
    return drawn_face(5)


@pytest.fixture(scope="module")
def warp(face):
    return keypoint_warp(face, np.eye(2, dtype=np.float32))


def affine_motion(face):
    """Of all landmarks, in picture sides: a turn and a stretch about the face's middle, and a shift."""
    turn = np.array([[0.03, -0.1], [0.12, -0.05]])
    motion = np.zeros((1, 478, 3), np.float32)
    motion[0, :, :2] = (face.landmarks - face.landmarks.mean(axis=0)) @ turn.T + [0.02, 0.01]
    return motion, turn


def test_key_points_bend_pictures():
    assert set(KEYPOINTS) <= set(CONTROL)
    assert len(KEYPOINTS) == 16


def test_a_face_that_moves_as_one_affine_map_takes_its_cells_along(face, warp):
    """Every local map is then the same, and so is their blend."""
    motion, turn = affine_motion(face)
    near = np.linalg.norm(CELLS - face.landmarks[4], axis=1) < 0.1
    expected = (CELLS[near] - face.landmarks.mean(axis=0)) @ turn.T + [0.02, 0.01]
    np.testing.assert_allclose(warp.moved(motion).cells[0].reshape(-1, 2)[near], expected, atol=2e-3)


def test_what_one_landmark_does_between_key_points_is_smoothed_away(warp, face):
    motion = np.zeros((1, 478, 3), np.float32)
    motion[0, 116, 0] = 0.05
    assert np.abs(warp.moved(motion).cells).max() < 0.01


def test_eyelids_are_no_key_points_so_blinks_are_lost(prior, face):
    warp = keypoint_warp(face, face.axes(prior.shape))
    blink = prior.join(np.eye(prior.channels, dtype=np.float32)[BLINK : BLINK + 1])
    lids = np.linalg.norm(CELLS - face.landmarks[159], axis=1).argmin()
    went = warp.moved(blink).cells[0].reshape(-1, 2)[lids, 1]
    asked = (face.axes(prior.shape) @ blink[0, 159, :2])[1]
    assert asked > 0
    assert went < 0.6 * asked


def test_lips_hang_between_four_key_points(warp):
    motion = np.zeros((1, 478, 3), np.float32)
    motion[0, INNER_LIP_TOP, 1] = -0.02
    lips = warp.moved(motion).lips[0]
    upper = lips[11:, 1]
    np.testing.assert_allclose(upper, -0.02 * np.sin(np.arange(1, 10) * np.pi / 10), atol=1e-6)
    assert np.abs(lips[:11]).max() < 1e-6
    assert LIPS_INNER[15] == INNER_LIP_TOP
