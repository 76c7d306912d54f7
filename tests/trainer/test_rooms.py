"""Wide pictures that are composed: the person is where it is said, and the room is left as it was."""

import numpy as np

from guard.core.frames import reduce_luma
from guard.core.items import Crop
from trainer.data.world.drawn import drawn_face
from trainer.rooms import HEIGHT, SIDES, WIDTH, Scene, place, room


def test_the_person_fills_the_square_and_nothing_else() -> None:
    background, at = room(np.random.default_rng(0)), Crop(700, 200, 400)
    face = drawn_face(2).picture
    wide = Scene(background, at).shown(face)
    changed = np.argwhere(wide != background)
    assert (changed.min(axis=0) >= (at.top, at.left)).all()
    assert (changed.max(axis=0) < (at.top + at.side, at.left + at.side)).all()
    seen = reduce_luma(wide, full_range=True, crop=at)[40:100, 35:93]
    assert np.abs(seen.astype(int) - face[40:100, 35:93]).mean() < 3


def test_places_lie_in_the_picture_and_rooms_differ() -> None:
    rng = np.random.default_rng(1)
    for at in (place(rng) for _ in range(200)):
        assert SIDES[0] <= at.side <= SIDES[1]
        assert 0 <= at.left <= WIDTH - at.side
        assert 0 <= at.top <= HEIGHT - at.side
    one, other = room(rng), room(rng)
    assert one.shape == other.shape == (HEIGHT, WIDTH)
    assert (one != other).mean() > 0.5
