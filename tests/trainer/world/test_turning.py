import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from trainer.data.world.bend import CELLS
from trainer.data.world.faces import Face
from trainer.data.world.prior import JAW
from trainer.data.world.turning import Turning, fitted_depth


@pytest.fixture(scope="module")
def face(prior):
    return Face(np.zeros((128, 128), np.uint8), (0.55 * prior.shape[:, :2] + 0.5).astype(np.float32))


@pytest.fixture(scope="module")
def warp(face, prior):
    return Turning.of(face, face.axes(prior.shape), prior)


def posed(prior, vector):
    channels = np.zeros((1, prior.channels), np.float32)
    channels[0, :3] = vector
    return prior.join(channels)


def nearest(face, landmark):
    return int(np.linalg.norm(CELLS - face.landmarks[landmark], axis=1).argmin())


@pytest.mark.parametrize("vector", [(0.0, 0.2, 0.0), (0.15, 0.0, 0.0), (0.05, -0.1, 0.1)])
def test_cells_turn_as_solid_points(warp, face, prior, vector):
    """Independently: each cell's own point, rotated about the prior's centre by scipy."""
    moved = warp.moved(posed(prior, vector)).cells[0].reshape(-1, 2)
    centre = np.average(prior.shape, axis=0, weights=prior.stiffness)
    for landmark in (4, 33, 291, 10):
        cell = nearest(face, landmark)
        point = warp.cells[cell]
        turned = Rotation.from_rotvec(vector).apply(point - centre) + centre - point
        np.testing.assert_allclose(moved[cell], 0.55 * turned[:2], atol=2e-3)


def test_turning_shows_parallax(warp, face, prior):
    """The nose stands out, so it goes further than the temples; on a flat face all would go alike."""
    moved = warp.moved(posed(prior, (0.0, 0.2, 0.0))).cells[0].reshape(-1, 2)
    nose, temples = moved[nearest(face, 4), 0], [moved[nearest(face, corner), 0] for corner in (234, 454)]
    assert abs(nose) > 0.01
    assert all(abs(nose) - np.sign(nose) * temple > 0.01 for temple in temples)


def test_the_nose_is_nearer_than_the_ears(warp, face):
    assert warp.cells[nearest(face, 4), 2] < warp.cells[nearest(face, 234), 2] - 0.1


def test_expression_is_bent_where_the_head_does_not_turn(warp, face, prior):
    channels = np.zeros((1, prior.channels), np.float32)
    channels[0, JAW] = 3.0
    moved = warp.moved(prior.join(channels)).cells[0].reshape(-1, 2)
    assert moved[nearest(face, 17), 1] > 0.01
    assert np.abs(moved[nearest(face, 10)]).max() < 0.01


def test_depth_is_that_of_the_prior_face_whose_outline_it_is(prior):
    weights = np.zeros(len(prior.shape_basis))
    weights[:3] = (1.5, -1.0, 1.0)
    known = prior.shape + np.tensordot(weights, prior.shape_basis, axes=1)
    found = fitted_depth(known[:, :2], prior)
    np.testing.assert_array_equal(found[:, :2], known[:, :2].astype(np.float32))
    error, without = (np.abs(depth - known[:, 2]).mean() for depth in (found[:, 2], prior.shape[:, 2]))
    assert error < 0.8 * without
