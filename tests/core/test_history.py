"""Motion and filler of the window, on literals and against slow sums."""

import numpy as np
import pytest

from guard.core.history import History, mean_difference
from guard.core.items import Gray, GridFrame
from tests.core.helpers import grey, noise


def history_of(pictures: list[Gray], longest: int = 8, filler: tuple[int, ...] = ()) -> History:
    history = History(longest)
    for slot, picture in enumerate(pictures):
        history.push(GridFrame(picture, slot / 25, slot, slot in filler))
    return history


def test_the_difference_is_absolute_and_does_not_wrap() -> None:
    assert mean_difference(grey(0), grey(255)) == 255
    assert mean_difference(grey(255), grey(0)) == 255
    assert mean_difference(grey(100), grey(103)) == 3


def test_the_difference_is_that_of_a_slow_sum() -> None:
    before, after = np.random.default_rng(0).integers(0, 256, (2, 128, 128), np.uint8)
    slow = sum(abs(int(a) - int(b)) for a, b in zip(before.flat, after.flat, strict=True)) / 128**2
    assert mean_difference(before, after) == pytest.approx(slow, rel=1e-12)


def test_one_changed_pixel_is_not_nothing() -> None:
    changed = grey(9)
    changed[5, 5] = 10
    assert mean_difference(grey(9), changed) == 1 / 128**2


def test_motion_is_the_mean_of_the_differences_within_the_window() -> None:
    history = history_of([grey(level) for level in (0, 200, 203, 203, 208)])
    assert history.motion(2) == 5
    assert history.motion(3) == 2.5
    assert history.motion(4) == pytest.approx(8 / 3)
    assert history.motion(5) == 52


def test_the_difference_to_the_picture_before_the_window_does_not_count() -> None:
    pictures = [grey(0), *[grey(200)] * 8]
    assert history_of(pictures, longest=8).motion(8) == 0


def test_smoothness_is_2_of_what_goes_on_and_1_of_what_trembles() -> None:
    assert history_of([grey(level) for level in range(0, 80, 10)]).smoothness(8) == pytest.approx(2.0)
    assert history_of(list(noise(60)), longest=60).smoothness(60) == pytest.approx(1.0, abs=0.08)
    assert history_of([grey(7)] * 8).smoothness(8) is None, "nothing moves"


def test_smoothness_looks_at_nothing_before_the_window() -> None:
    levels = (0, 200, 100, 101, 103, 106)
    later = history_of([grey(level) for level in levels])
    assert later.smoothness(4) == pytest.approx(((103 - 100) + (106 - 101)) / 2 / ((1 + 2 + 3) / 3))
    later.restart()
    for slot, level in enumerate(levels[2:]):
        later.push(GridFrame(grey(level), slot / 25, slot, False))
    assert later.smoothness(4) == pytest.approx(2.0)


def test_filler_is_a_share_of_the_window() -> None:
    history = history_of([grey(0)] * 10, filler=(1, 6, 7))
    assert history.filler(8) == 2 / 8  # of slots 2..9
    assert history.filler(4) == 2 / 4
    assert history.filler(2) == 0


@pytest.mark.parametrize("pushed", [3, 8, 9, 21])
def test_pictures_are_the_newest_oldest_first(pushed: int) -> None:
    pictures = noise(pushed)
    count = min(pushed, 8)
    assert (history_of(list(pictures)).pictures(count) == pictures[-count:]).all()


def test_pictures_are_copies_of_what_came() -> None:
    picture = grey(1)
    history = history_of([picture])
    picture[:] = 2
    assert (history.pictures(1) == 1).all()


def test_after_a_restart_the_first_picture_is_compared_with_nothing() -> None:
    history = history_of([grey(0)] * 8)
    history.restart()
    for slot, level in enumerate((200, 201)):
        history.push(GridFrame(grey(level), slot / 25, slot, False))
    assert history.motion(2) == 1
    with pytest.raises(AssertionError, match="3 rows were asked for, 2 came"):
        history.pictures(3)


def test_kept_frames_are_found_by_their_number_in_the_run() -> None:
    pictures = noise(11)
    history = history_of(list(pictures), filler=(5,))
    assert (history.pushed, history.first) == (11, 3)
    for number in range(3, 11):
        frame = history.frame(number)
        assert (frame.pixels == pictures[number]).all()
        assert (frame.slot, frame.filler) == (number, number == 5)
