import numpy as np
import pytest

from trainer.data.world.drawn import drawn_face
from trainer.data.world.faces import FOLDS, Face, load_portraits, split_portraits


def test_portraits_come_with_landmarks_in_picture_sides(targets_file):
    portraits = load_portraits(targets_file)
    assert len(portraits) == 10
    assert portraits[3].picture.shape == (128, 128)
    np.testing.assert_allclose(portraits[3].landmarks, drawn_face(1003).landmarks, atol=1e-6)


@pytest.mark.parametrize("fold", range(FOLDS))
def test_portraits_of_the_two_splits_are_different_people(targets_file, fold):
    training, validation = split_portraits(load_portraits(targets_file), fold)
    assert len(training) == 8
    assert len(validation) == 2
    assert not {id(face) for face in training} & {id(face) for face in validation}


def test_axes_follow_the_size_and_the_tilt_of_the_face(prior):
    turn = np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    landmarks = (0.6 * prior.shape[:, :2] @ turn.T + 0.5).astype(np.float32)
    axes = Face(np.zeros((8, 8), np.uint8), landmarks).axes(prior.shape)
    np.testing.assert_allclose(axes, 0.6 * turn, atol=1e-5)


@pytest.mark.parametrize("size", [64, 200])
def test_resizing_keeps_the_landmarks(size):
    face = drawn_face(1)
    resized = face.resized(size)
    assert resized.picture.shape == (size, size)
    np.testing.assert_array_equal(resized.landmarks, face.landmarks)
    assert abs(resized.picture.mean() - face.picture.mean()) < 2
