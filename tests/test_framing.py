"""One stream's pictures framed: when they are looked at, what is kept of them, and which cut comes before."""

import numpy as np
import pytest

from guard import framing
from guard.core.framing import CHECK, Box
from guard.core.items import Crop, Cut, Gray, Reason
from guard.framing import Framer
from tests.core.test_screens import page

WIDE: Gray = np.zeros((720, 1280), np.uint8)
FACE = Box(600.0, 200.0, 200.0)
LAMP_OFF: Gray = np.full((720, 1280), 60, np.uint8)
LAMP_ON = LAMP_OFF.copy()
LAMP_ON[300:380, 600:680] = 90


class Pictures:
    """A stream in whose pictures `faces` are found; counts how often they are looked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *faces: Box) -> None:
        self.faces = list(faces)
        self.looks = 0
        self.kept: list[Crop | None] = []
        self.framer = Framer()
        monkeypatch.setattr(framing, "find_faces", self.find)

    def find(self, shown: Gray) -> list[Box]:
        self.looks += 1
        return self.faces

    def reduce(self, crop: Crop | None) -> Gray:
        self.kept.append(crop)
        return np.full((128, 128), 7, np.uint8)

    def show(self, seconds: float, start: float = 0.0, picture: Gray = WIDE) -> list[tuple[Cut | None, Reason | None]]:
        """What is said before and of each frame of so many seconds."""
        times = [start + n / 25 for n in range(round(seconds * 25))]
        framed = [self.framer.frame(time, lambda: picture, self.reduce) for time in times]
        return [(cut, frame.obstacle) for cut, frame in framed]


def test_a_face_is_looked_for_at_once_and_then_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = Pictures(monkeypatch, FACE)
    assert set(pictures.show(2 * CHECK + 1)) == {(None, None)}  # a stream that begins has nothing to cut
    assert set(pictures.kept) == {Crop(546, 162, 308)}
    assert pictures.looks == 3


def test_a_crop_that_moves_is_a_cut_before_the_frame_that_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = Pictures(monkeypatch, FACE)
    pictures.show(1)
    pictures.faces = [Box(200.0, 200.0, 200.0)]
    told = pictures.show(10, start=1)
    assert [told.count((cut, None)) for cut in (Cut.CROP_CHANGED, None)] == [1, 249]
    at = told.index((Cut.CROP_CHANGED, None)) + 25
    assert pictures.kept[at - 1] == Crop(546, 162, 308)
    assert pictures.kept[at] == Crop(146, 162, 308)


def test_what_cannot_be_scored_is_blank_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = Pictures(monkeypatch)
    assert set(pictures.show(1)) == {(None, Reason.NO_FACE)}
    assert pictures.kept == []
    assert not pictures.framer.frame(1.0, lambda: WIDE, pictures.reduce)[1].pixels.any()
    pictures.faces = [FACE]
    assert (None, None) in pictures.show(2, start=1.04, picture=LAMP_ON)


def test_nobody_is_looked_for_in_a_square_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = Pictures(monkeypatch)
    assert set(pictures.show(2 * CHECK, picture=np.zeros((320, 300), np.uint8))) == {(None, None)}
    assert set(pictures.kept) == {None}
    assert pictures.looks == 0


def test_who_is_not_to_be_looked_for_any_more_is_not_and_keeps_the_centre(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, allowed = Pictures(monkeypatch, FACE), [True]
    pictures.framer = Framer(lambda: allowed[0])
    pictures.show(1)
    allowed[0] = False
    assert pictures.show(2 * CHECK, start=1)[:2] == [(Cut.CROP_CHANGED, None), (None, None)]
    assert (pictures.kept[-1], pictures.looks) == (None, 1)
    allowed[0] = True
    assert pictures.show(1, start=12)[:2] == [(Cut.CROP_CHANGED, None), (None, None)]
    assert (pictures.kept[-1], pictures.looks) == (Crop(546, 162, 308), 2)


def test_a_face_on_a_shared_screen_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = Pictures(monkeypatch, FACE)
    assert set(pictures.show(1, picture=page())) == {(None, Reason.SCREEN)}
    assert pictures.looks == 0
    assert (None, None) in pictures.show(2, start=1.0), "the camera is back"


def test_an_empty_room_is_searched_again_once_something_in_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = Pictures(monkeypatch)
    assert set(pictures.show(60, picture=LAMP_OFF)) == {(None, Reason.NO_FACE)}
    assert pictures.looks == 4, "every 16 s"
    pictures.faces = [FACE]
    assert pictures.show(3, start=60, picture=LAMP_OFF)[-1] == (None, Reason.NO_FACE), "nobody is looked for"
    assert pictures.show(1, start=63, picture=LAMP_ON)[-1] == (None, None), "a second after it came"
    assert pictures.looks == 5


def test_who_sits_down_unseen_is_found_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = Pictures(monkeypatch)
    pictures.show(20, picture=LAMP_OFF)
    pictures.faces = [FACE]
    assert pictures.show(14, start=20, picture=LAMP_OFF)[-1] == (None, None)


def test_a_room_that_keeps_changing_is_searched_every_few_seconds_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = Pictures(monkeypatch)
    for second in range(0, 60, 2):
        pictures.show(1, start=second, picture=LAMP_ON)
        pictures.show(1, start=second + 1, picture=LAMP_OFF)
    assert 12 <= pictures.looks <= 15


def test_noise_and_a_clock_that_is_set_back_change_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, rng = Pictures(monkeypatch), np.random.default_rng(1)
    for second in range(14):
        noise = rng.normal(0, 5, WIDE.shape)
        pictures.show(1, start=100 + second, picture=np.clip(LAMP_OFF + noise, 0, 255).astype(np.uint8))
    assert pictures.looks == 1
    pictures.show(1, start=50.0, picture=LAMP_OFF)
    assert pictures.looks == 2


def test_who_may_be_looked_for_again_in_an_empty_room_is_looked_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, allowed = Pictures(monkeypatch), [True]
    pictures.framer = Framer(lambda: allowed[0])
    pictures.show(2, picture=LAMP_OFF)
    allowed[0] = False
    pictures.show(1, start=2, picture=LAMP_OFF)
    allowed[0] = True
    assert set(pictures.show(1, start=3, picture=LAMP_OFF)) == {(None, Reason.NO_FACE)}
    assert pictures.looks == 2
