import numpy as np
import pytest

from trainer.data.world import mesh
from trainer.data.world.drawn import drawn_face

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(8))
def test_a_drawn_face_is_a_face_within_its_picture(seed):
    face = drawn_face(seed)
    assert face.picture.shape == (128, 128)
    assert face.picture.dtype == np.uint8
    assert 0.0 < face.landmarks.min() < face.landmarks.max() < 1.0
    assert 0.4 < np.ptp(face.landmarks[:, 1]) < 0.75


@pytest.mark.parametrize("seed", range(8))
def test_there_is_texture_where_faces_move(seed):
    """Motion of a flat surface cannot be seen: eyes and mouth need contrast."""
    face = drawn_face(seed)
    for part in (mesh.LEFT_EYE, mesh.RIGHT_EYE, mesh.LIPS_OUTER):
        left, top = (face.landmarks[list(part)].min(axis=0) * 128).astype(int) - 2
        right, bottom = (face.landmarks[list(part)].max(axis=0) * 128).astype(int) + 2
        assert face.picture[top:bottom, left:right].std() > 5


def test_faces_repeat_by_seed_only():
    np.testing.assert_array_equal(drawn_face(1).picture, drawn_face(1).picture)
    assert np.abs(drawn_face(1).picture.astype(int) - drawn_face(2).picture).mean() > 5


def test_the_same_person_at_every_size():
    small, large = drawn_face(5, 128), drawn_face(5, 256)
    np.testing.assert_array_equal(small.landmarks, large.landmarks)
    assert np.abs(large.resized(128).picture.astype(float) - small.picture).mean() < 6


def test_lips_rest_nearly_closed():
    for seed in range(8):
        landmarks = drawn_face(seed).landmarks
        gap = landmarks[mesh.INNER_LIP_BOTTOM] - landmarks[mesh.INNER_LIP_TOP]
        assert np.linalg.norm(gap) < 0.06 * np.ptp(landmarks[:, 1])
