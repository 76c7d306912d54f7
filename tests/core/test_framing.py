"""Which square is kept, on literals: what the first look decides, and what it takes to change that."""

import pytest

from guard.core.framing import (
    CALM,
    CALM_CHECK,
    CHECK,
    DOUBTS,
    RECHECK,
    Box,
    Framing,
    after_look,
    crop_about,
    is_due,
    is_square,
    seen_in,
)
from guard.core.items import Crop, Reason

WIDE = 1280, 720
FACE = Box(600.0, 200.0, 200.0)
ITS_CROP = Crop(546, 162, 308)


def looks(framing: Framing, *sights: list[Box], start: float = 0.0) -> Framing:
    """Look after look, each when it is due."""
    time = start
    for faces in sights:
        while not is_due(framing, time):
            time += 0.25
        framing = after_look(framing, faces, *WIDE, time)
    return framing


def moved(face: Box, right: float) -> Box:
    return Box(face.left + right, face.top, face.side)


def test_the_crop_is_a_square_about_the_head_and_the_shoulders() -> None:
    assert crop_about(FACE, *WIDE) == ITS_CROP  # 1.54 boxes a side, its middle .08 boxes lower


@pytest.mark.parametrize(
    ("face", "crop"),
    [
        (Box(0.0, 0.0, 200.0), Crop(0, 0, 308)),
        (Box(1080.0, 520.0, 200.0), Crop(972, 412, 308)),
        (Box(300.0, 50.0, 600.0), Crop(240, 0, 720)),  # nearer than training shows: as much as the picture has
    ],
)
def test_the_crop_stays_inside_the_picture(face: Box, crop: Crop) -> None:
    assert crop_about(face, *WIDE) == crop


def test_the_first_look_decides() -> None:
    assert looks(Framing(), [FACE]).crop == ITS_CROP
    assert looks(Framing(), []).obstacle is Reason.NO_FACE
    assert looks(Framing(), [FACE, moved(FACE, 300)]).obstacle is Reason.MULTIPLE_FACES


@pytest.mark.parametrize("side", [380.0, 440.0, 500.0])
def test_a_picture_that_is_framed_well_keeps_its_centre_square(side: float) -> None:
    face = Box(640 - side / 2, 360 - side * 0.58, side)
    assert looks(Framing(), [face]).crop is None


def test_a_head_that_sways_or_leans_in_moves_nothing() -> None:
    framing = looks(Framing(), [FACE])
    swaying = [[moved(FACE, right)] for right in (-40, 40, -40, 40)]
    leaning = [[Box(580.0, 190.0, 240.0)], [Box(620.0, 205.0, 170.0)]] * 3
    assert looks(framing, *swaying, *leaning, start=CHECK).crop == ITS_CROP


def test_a_head_that_is_somewhere_else_is_followed_after_several_looks() -> None:
    framing, there = looks(Framing(), [FACE]), [moved(FACE, 150)]
    assert looks(framing, *[there] * (DOUBTS - 1), start=CHECK).crop == ITS_CROP
    assert looks(framing, *[there] * DOUBTS, start=CHECK).crop == crop_about(there[0], *WIDE)
    assert looks(framing, there, there, [FACE], there, there, start=CHECK).crop == ITS_CROP


def test_a_face_that_is_missed_now_and_then_is_still_there() -> None:
    framing = looks(Framing(), [FACE], [], [], [FACE], [], [], [FACE])
    assert (framing.crop, framing.obstacle) == (ITS_CROP, None)


def test_a_face_that_is_gone_is_an_obstacle_until_one_comes() -> None:
    gone = looks(Framing(), [FACE], *[[]] * DOUBTS)
    assert gone.obstacle is Reason.NO_FACE
    back = looks(gone, [moved(FACE, 20)], start=60.0)
    assert (back.crop, back.obstacle) == (ITS_CROP, None)  # near enough to where it was
    elsewhere = looks(gone, [moved(FACE, 300)], start=60.0)
    assert elsewhere.crop == crop_about(moved(FACE, 300), *WIDE)


def test_a_second_person_is_an_obstacle_and_a_picture_on_the_wall_is_none() -> None:
    poster = Box(100.0, 60.0, 90.0)
    assert seen_in([FACE, poster], *WIDE) == ITS_CROP
    assert seen_in([poster, FACE, Box(100.0, 60.0, 110.0)], *WIDE) is Reason.MULTIPLE_FACES
    assert seen_in([FACE, Box(630.0, 240.0, 120.0)], *WIDE) == ITS_CROP  # two boxes about one face


def test_looks_are_rare_while_they_agree_and_more_frequent_while_they_do_not() -> None:
    assert is_due(Framing(), 0.0)
    settled = looks(Framing(), [FACE])
    assert not is_due(settled, CHECK - 0.01)
    assert is_due(settled, CHECK)
    doubting = after_look(settled, [], *WIDE, CHECK)
    assert not is_due(doubting, CHECK + RECHECK - 0.01)
    assert is_due(doubting, CHECK + RECHECK)
    assert is_due(looks(Framing(), []), RECHECK)
    assert is_due(settled, -100.0)  # the sender's clock was set back


def test_looks_become_rarer_once_several_have_agreed_until_one_does_not() -> None:
    calm = looks(Framing(), *[[FACE]] * (1 + CALM))
    assert not is_due(calm, calm.looked_at + CALM_CHECK - 0.01)
    assert is_due(calm, calm.looked_at + CALM_CHECK)
    doubting = after_look(calm, [], *WIDE, 60.0)
    assert is_due(doubting, 60.0 + RECHECK)
    again = after_look(doubting, [FACE], *WIDE, 61.0)
    assert is_due(again, 61.0 + CHECK)


def looked_at(sight: list[Box], framing: Framing, start: float, end: float) -> tuple[list[float], Framing]:
    """When a stream of 25 fps is looked at that shows the same all the time, and what holds at its end."""
    times = []
    for number in range(round(start * 25), round(end * 25)):
        if is_due(framing, number / 25):
            times.append(number / 25)
            framing = after_look(framing, sight, *WIDE, number / 25)
    return times, framing


def test_looks_at_an_empty_chair_become_rarer_and_a_face_is_still_found_within_five_seconds() -> None:
    times, empty = looked_at([], Framing(), 0.0, 60.0)
    assert times[:8] == [0.0, 1.0, 2.0, 4.0, 8.0, 13.0, 18.0, 23.0]
    assert len(times) == 15  # of 60 seconds; of a face that is there there are nine
    for back in range(60, 66):  # wherever it comes back between two looks
        _, waiting = looked_at([], empty, 60.0, float(back))
        found, seated = looked_at([FACE], waiting, float(back), back + 5.2)
        assert found[0] - back <= 5.0
        assert (seated.obstacle, seated.crop) == (None, ITS_CROP)
    again, _ = looked_at([], seated, 100.0, 112.0)
    assert again[:6] == [100.0, 101.0, 102.0, 103.0, 104.0, 106.0]  # three doubts, and then as at the first


def test_a_second_person_is_looked_for_every_second_until_it_is_gone() -> None:
    times, _ = looked_at([FACE, moved(FACE, 300)], Framing(), 0.0, 10.0)
    assert times == [float(second) for second in range(10)]


@pytest.mark.parametrize(
    ("size", "square"), [((128, 128), True), ((130, 129), True), ((640, 480), False), ((720, 1280), False)]
)
def test_nearly_square_pictures_are_taken_as_framed(size: tuple[int, int], square: bool) -> None:
    assert is_square(*size) is square
