import numpy as np
import pytest

from trainer.data.world.bend import CELLS, GRID, gaussian_weights, thin_plate_weights
from trainer.data.world.faces import Face
from trainer.data.world.mesh import CONTROL, LIPS_OUTER


@pytest.fixture(scope="module")
def face(prior):
    return Face(np.zeros((128, 128), np.uint8), (0.55 * prior.shape[:, :2] + 0.5).astype(np.float32))


@pytest.fixture(scope="module", params=[gaussian_weights, thin_plate_weights])
def weights(request, face):
    return request.param(face)


def nearest_cells(face, landmarks):
    points = face.landmarks[list(landmarks)]
    return np.linalg.norm(CELLS[:, None] - points[None], axis=2).argmin(axis=0)


def test_cells_are_the_centres_of_a_grid():
    assert CELLS.shape == (GRID * GRID, 2)
    np.testing.assert_allclose(CELLS[0], 0.5 / GRID)
    np.testing.assert_allclose(CELLS[1] - CELLS[0], [1 / GRID, 0], atol=1e-6)


def test_there_is_one_row_a_cell_and_one_column_a_landmark(weights):
    assert weights.shape == (GRID * GRID, len(CONTROL))
    assert np.isfinite(weights).all()


def test_a_head_that_moves_as_a_whole_carries_its_cells(weights, face):
    carried = weights @ np.ones(len(CONTROL))
    np.testing.assert_allclose(carried[nearest_cells(face, CONTROL)], 1.0, atol=0.08)


def test_the_corners_stay(weights):
    carried = (weights @ np.ones(len(CONTROL))).reshape(GRID, GRID)
    assert np.abs(carried[[0, 0, -1, -1], [0, -1, 0, -1]]).max() < 0.1


def test_a_head_that_turns_in_the_picture_turns_its_cells(weights, face):
    points = face.landmarks[list(CONTROL)] - 0.5
    turned = np.stack([-points[:, 1], points[:, 0]], axis=1) * 0.1
    cells = nearest_cells(face, CONTROL)
    at = CELLS[cells] - 0.5
    expected = np.stack([-at[:, 1], at[:, 0]], axis=1) * 0.1
    assert np.abs((weights @ turned)[cells] - expected).max() < 0.006


def test_lips_move_without_taking_the_brows_along(weights, face):
    lips = np.isin(CONTROL, LIPS_OUTER).astype(float)
    moved = weights @ lips
    assert moved[nearest_cells(face, LIPS_OUTER)].mean() > 0.6
    assert np.abs(moved[nearest_cells(face, (9, 151, 105, 334))]).max() < 0.15
