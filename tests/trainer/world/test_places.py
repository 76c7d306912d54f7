"""Places: they follow what the picture shows, on every face alike."""

import numpy as np
import pytest

from trainer.data.world.drawn import drawn_face
from trainer.data.world.places import FACE_HEIGHT, face_places
from trainer.data.world.render import IDENTITY_CAMERA, Generator, sources


def camera(frames, shift=(0.0, 0.0)):
    view = np.broadcast_to(IDENTITY_CAMERA, (frames, 2, 3)).copy()
    view[:, :, 2] = shift
    return view


def seen_places(generator, prior, motion, views):
    return face_places(generator.face, prior.shape, sources(generator.warp.moved(motion).cells, views))


@pytest.fixture(scope="module", params=[3, 4])
def generator(request, prior):
    return Generator.of(drawn_face(request.param), prior)


def test_a_still_face_keeps_its_places(generator, prior):
    places = seen_places(generator, prior, np.zeros((3, 478, 3), np.float32), camera(3))
    assert places.shape == (3, 8, 16, 16)
    assert places.dtype == np.float32
    np.testing.assert_array_equal(places[1], places[0])


def test_a_head_that_moves_right_shows_what_lay_left_of_it_and_as_much_on_every_face(generator, prior):
    """The middle of the face moves by .05 face heights: x of its places falls by that, y stays."""
    motion = np.zeros((2, 478, 3), np.float32)
    motion[1, :, 0] = 0.05
    before, after = seen_places(generator, prior, motion, camera(2))
    moved = (after - before)[:, 7:9, 7:9].reshape(4, 2, -1)
    assert moved[:, 0].mean() == pytest.approx(-0.05 * FACE_HEIGHT, rel=0.15)
    assert abs(moved[:, 1].mean()) < 0.01 * FACE_HEIGHT


def test_quarters_lie_side_by_side_as_in_the_picture(generator, prior):
    """Across a cell x grows to the right, from upper left to upper right, and y downwards; so do they across cells."""
    places = seen_places(generator, prior, np.zeros((1, 478, 3), np.float32), camera(1))[0]
    cell = np.arange(16) * 8.0 * 0.85
    quarters = places.reshape(4, 2, 16, 16) + np.stack(np.meshgrid(cell, cell))[None]
    right, down = (quarters[1] - quarters[0])[0], (quarters[2] - quarters[0])[1]
    across = np.diff(quarters[0, 0], axis=1)
    assert (right + 4 * 0.85 > 0).all()
    assert (down + 4 * 0.85 > 0).all()
    assert (across > 0).all()


def test_the_middle_of_the_face_is_the_middle_of_its_places(generator, prior):
    """Where the picture shows the face's centre, the place is (0, 0)."""
    centre = generator.face.landmarks.mean(axis=0)
    view = camera(1, shift=centre - 0.5)  # so that the picture's middle looks at it
    place = seen_places(generator, prior, np.zeros((1, 478, 3), np.float32), view)[0].reshape(4, 2, 16, 16)
    middle = np.mean([place[3, :, 7, 7], place[2, :, 7, 8], place[1, :, 8, 7], place[0, :, 8, 8]], axis=0)
    np.testing.assert_allclose(middle, 0, atol=1.5)
