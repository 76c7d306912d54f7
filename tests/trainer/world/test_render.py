import cv2
import numpy as np
import pytest

from trainer.data.world.drawn import drawn_face
from trainer.data.world.faces import Face
from trainer.data.world.mesh import INNER_LIP_BOTTOM, LIPS_INNER
from trainer.data.world.prior import JAW
from trainer.data.world.render import IDENTITY_CAMERA, Generator
from trainer.data.world.warp import FAMILIES, RESERVED


@pytest.fixture(scope="module", params=(*FAMILIES, *RESERVED))
def generator(request, prior):
    return Generator.of(drawn_face(2), prior, request.param)


def shifted(x, y, frames=1):
    return np.broadcast_to(np.array([x, y, 0.0], np.float32), (frames, 478, 3))


def dot_face(prior, at):
    """A white dot on a dark picture, on a face of the mean shape."""
    picture = np.zeros((128, 128), np.uint8)
    picture[at[1], at[0]] = 255
    picture = cv2.GaussianBlur(picture, (0, 0), 1.5) * 8
    return Face(picture, (0.55 * prior.shape[:, :2] + 0.5).astype(np.float32))


def brightest(picture):
    weights = picture.astype(float)
    return np.array([(weights.sum(axis=0) @ np.arange(128)), (weights.sum(axis=1) @ np.arange(128))]) / weights.sum()


@pytest.mark.slow
def test_no_motion_returns_the_face_unchanged(generator):
    frames = generator.render(np.zeros((3, 478, 3), np.float32))
    assert frames.dtype == np.uint8
    for frame in frames:
        np.testing.assert_array_equal(frame, generator.face.picture)


@pytest.mark.parametrize("family", [*FAMILIES, *RESERVED])
def test_what_is_under_a_landmark_goes_where_the_landmark_goes(prior, family):
    generator = Generator.of(dot_face(prior, (64, 60)), prior, family, mouth=None)
    before, after = generator.render(np.concatenate([shifted(0, 0), shifted(0.08, 0.04)]))
    moved = brightest(after) - brightest(before)
    np.testing.assert_allclose(moved, np.array([0.08, 0.04]) * 0.55 * 128, atol=0.8)


@pytest.mark.parametrize("family", [*FAMILIES, *RESERVED])
def test_the_corner_of_the_picture_stays(prior, family):
    generator = Generator.of(dot_face(prior, (5, 5)), prior, family, mouth=None)
    before, after = generator.render(np.concatenate([shifted(0, 0), shifted(0.08, 0.04)]))
    assert np.abs(brightest(after) - brightest(before)).max() < 0.7


def test_motion_is_along_the_face_not_along_the_picture(prior):
    """On a face tilted by a right angle, the driver's down is the picture's left."""
    landmarks = (0.5 * prior.shape[:, [1, 0]] * [-1, 1] + 0.5).astype(np.float32)
    generator = Generator.of(Face(np.zeros((128, 128), np.uint8), landmarks), prior)
    np.testing.assert_allclose(generator.axes @ [0.0, 1.0], [-0.5, 0.0], atol=1e-3)


def test_frames_do_not_depend_on_their_neighbours(generator, prior):
    motion = np.random.default_rng(0).normal(0, 0.03, (5, 1, 3)).astype(np.float32) * np.ones((1, 478, 1), np.float32)
    together = generator.render(motion)
    for index in range(5):
        np.testing.assert_allclose(generator.render(motion[index : index + 1])[0], together[index], atol=1)


def test_an_opened_mouth_is_dark_inside(prior):
    face = drawn_face(2)
    opening = np.zeros((1, prior.channels), np.float32)
    opening[0, JAW] = 4.0
    motion = prior.join(opening)
    closed, dark = (Generator.of(face, prior, mouth=mouth).render(motion)[0] for mouth in (None, 10))
    changed = np.argwhere(closed != dark)
    lips = face.landmarks[list(LIPS_INNER)] * 128
    assert len(changed) > 5
    assert dark.astype(int).sum() < closed.astype(int).sum()
    assert np.abs(changed[:, 1].mean() - lips[:, 0].mean()) < 4
    assert motion[0, INNER_LIP_BOTTOM, 1] > 0


def test_the_camera_moves_the_whole_picture(generator):
    still = np.zeros((1, 478, 3), np.float32)
    view = IDENTITY_CAMERA.copy()
    view[0, 2] = 8 / 128  # looks 8 pixels further right
    seen = generator.render(still, view[None])[0]
    np.testing.assert_allclose(seen[:, :-8], generator.face.picture[:, 8:], atol=1)


@pytest.mark.slow
def test_larger_pictures_show_the_same_motion(prior):
    motion = shifted(0.05, 0.02)
    small, large = (Generator.of(drawn_face(4, size), prior).render(motion)[0] for size in (128, 256))
    reduced = cv2.resize(large, (128, 128), interpolation=cv2.INTER_AREA)
    assert np.abs(reduced.astype(float) - small).mean() < 6
