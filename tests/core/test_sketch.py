import numpy as np
import pytest

from guard.core.items import Gray, Reason
from guard.core.sketch import CHECK, Sketch
from tests.core.performances import shown, wander

pytestmark = pytest.mark.slow

FIRST = 256
"""Frames before a recording can be found."""


def findings(sketch: Sketch, pictures: Gray) -> list[Reason | None]:
    """What each look found; looks come every CHECK frames."""
    found = []
    for number, one in enumerate(pictures):
        sketch.push(one)
        if number >= FIRST and number % CHECK == 0:
            found.append(sketch.finding)
    return found


def rows_of(pictures: Gray) -> np.ndarray:
    sketch = Sketch()
    findings(sketch, pictures)
    return sketch.rows


@pytest.fixture(scope="module")
def performance() -> Gray:
    return shown(wander(700, 1))


def test_a_performance_is_nothing_that_was_seen(performance: Gray) -> None:
    assert findings(Sketch(), performance) == [None] * 7


def test_a_loop_is_found_a_window_after_it_began_anew(performance: Gray) -> None:
    found = findings(Sketch(), np.concatenate([performance[:301]] * 2))  # looks at 256, 320 ... 576 frames
    assert found[-1] is Reason.LOOPED
    assert Reason.LOOPED not in found[:-1]


def test_a_loop_is_found_across_a_cut(performance: Gray) -> None:
    sketch = Sketch()
    findings(sketch, performance[:300])
    sketch.restart()
    assert sketch.finding is None
    assert findings(sketch, performance[:300]) == [Reason.LOOPED]


@pytest.mark.parametrize(
    "again",
    [
        lambda motion: shown(motion, noise=1.5, light=15.0),
        lambda motion: shown(motion[1:]),
        lambda motion: shown(motion[7:]),
        lambda motion: shown(0.8 * motion, face=5),
        lambda motion: shown(motion)[:, :, ::-1],
    ],
    ids=["noisy and brighter", "begun on an odd frame", "begun later", "on another face", "mirrored"],
)
def test_a_recording_of_an_earlier_call_is_found(again: object) -> None:
    sketch, motion = Sketch(), wander(400, 1)
    sketch.remember(rows_of(shown(motion)))
    assert findings(sketch, again(motion))[:2] == [Reason.REPLAYED] * 2  # type: ignore[operator]


def test_another_performance_is_not_taken_for_an_earlier_one() -> None:
    sketch = Sketch()
    sketch.remember(rows_of(shown(wander(500, 1))))
    assert set(findings(sketch, shown(wander(500, 2)))) == {None}


def test_nobody_is_remembered_any_more_once_another_is_claimed() -> None:
    sketch, motion = Sketch(), wander(400, 1)
    sketch.remember(rows_of(shown(motion)))
    sketch.remember(np.empty((0, 8), np.int8))
    assert set(findings(sketch, shown(motion))) == {None}


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_a_still_picture_is_found(noise: float) -> None:
    shaken = shown(0.3 * wander(330, 1), still=True, noise=noise)
    assert findings(Sketch(), shaken) == [Reason.STILL_PICTURE] * 2


@pytest.mark.parametrize("noise", [0.0, 1.5])
def test_a_picture_that_nobody_holds_is_found(noise: float) -> None:
    assert findings(Sketch(), shown(np.zeros((330, 8)), noise=noise)) == [Reason.STILL_PICTURE] * 2


def test_who_hardly_moves_is_no_still_picture() -> None:
    """So little motion, .014 pixels over five frames on average, used to be taken for noise, eyes and mouth or not."""
    assert findings(Sketch(), shown(0.03 * wander(330, 1), noise=1.0)) == [None] * 2


def test_a_picture_stands_still_once_nothing_else_is_seen(performance: Gray) -> None:
    sketch = Sketch()
    stood = []
    for one in np.concatenate([performance[:100], shown(np.zeros((90, 8)), noise=1.0)]):
        sketch.push(one)
        stood.append(sketch.stands_still(64))
    assert 160 <= stood.index(True) <= 163  # 64 frames of it; a cut so long ago that LAG frames hardly reach it
    assert all(stood[163:])
    assert not sketch.stands_still(63)
    sketch.restart()
    assert not sketch.stands_still(64)


def test_a_finding_ends_with_what_it_was_about(performance: Gray) -> None:
    still_then_alive = np.concatenate([shown(0.3 * wander(300, 2), still=True), performance[:300]])
    found = findings(Sketch(), still_then_alive)
    assert found[0] is Reason.STILL_PICTURE
    assert found[-1] is None
