"""What is kept of a clip's frames, and that another model makes of it what it would have made of the frames."""

import numpy as np

from guard.core.items import Cut
from guard.enrolment.clips import Windows
from guard.enrolment.filming import Film
from guard.enrolment.reembedding import frames_of
from tests.core.fakes import FakeEngine
from tests.core.helpers import frames, noise, settings


def test_no_more_is_kept_than_there_is_room_for() -> None:
    film = Film(5)
    for frame in frames(noise(9)):
        film.add(frame)
    crops = film.crops("monday")
    assert crops is not None
    assert (len(crops.pixels), len(crops.times), film.room) == (5, 5, 0)
    assert Film(5).crops("monday") is None


def test_what_was_kept_is_measured_as_it_came() -> None:
    sent, film = frames(noise(60)), Film(100)
    engine, used = FakeEngine(), settings(horizons=(16,))
    live, again = Windows(engine, used, every=4), Windows(engine, used, every=4)
    expected = []
    for number, frame in enumerate(sent):
        if number in (20, 21):
            live.cut(Cut.PICTURE_CHANGED)
            film.cut()
        film.add(frame)
        expected += live.take(frame)
    film.cut()  # behind the last frame there is nothing to cut
    crops = film.crops("monday")
    assert crops is not None
    found = []
    for item in frames_of(crops):
        if isinstance(item, Cut):
            again.cut(item)
        else:
            found += again.take(item)
    assert [(one.run, one.slot) for one in found] == [(one.run, one.slot) for one in expected]
    np.testing.assert_array_equal(
        np.stack([one.embedding for one in found]), np.stack([one.embedding for one in expected])
    )
