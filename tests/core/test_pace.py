"""How often frames come, on literals, and under whatever a network does to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from guard.core.pace import ENOUGH, KEPT, Pace


def pace_of(*times: float) -> Pace:
    pace = Pace()
    for time in times:
        pace.put(time)
    return pace


def at_rate(fps: float, frames: int = 60, start: float = 0.0) -> list[float]:
    return [start + n / fps for n in range(frames)]


@pytest.mark.parametrize("fps", [5, 12, 15, 20, 24, 25, 30, 50, 60])
def test_the_interval_is_that_of_the_source(fps: int) -> None:
    assert pace_of(*at_rate(fps)).interval == pytest.approx(1 / fps)


def test_nothing_is_said_of_a_few_frames() -> None:
    assert pace_of().interval is None
    assert pace_of(*at_rate(5, ENOUGH)).interval is None
    assert not pace_of(*at_rate(5, ENOUGH)).is_below(20)
    assert pace_of(*at_rate(5, ENOUGH + 1)).is_below(20)


@pytest.mark.parametrize(("fps", "below"), [(15, True), (18, True), (19, True), (20, False), (25, False), (60, False)])
def test_below_20_is_below_20(fps: float, below: bool) -> None:
    assert pace_of(*at_rate(fps)).is_below(20) is below


def test_a_pause_and_a_few_lost_frames_are_no_pace() -> None:
    times = at_rate(25)
    assert not pace_of(*[t for n, t in enumerate(times) if n % 4]).is_below(20)
    assert not pace_of(*times, *at_rate(25, start=60)).is_below(20)


def test_a_source_that_changes_its_pace_is_seen_to_within_the_frames_that_are_kept() -> None:
    slow = at_rate(10, KEPT, start=10)
    assert pace_of(*at_rate(25), *slow).is_below(20)
    assert not pace_of(*at_rate(25), *slow, *at_rate(25, KEPT, start=20)).is_below(20)


def test_frames_that_come_again_or_late_are_not_counted() -> None:
    times = [time for pair in zip(at_rate(25), at_rate(25, start=-0.2), strict=True) for time in pair]
    assert pace_of(*times).interval == pytest.approx(0.04)


def test_a_clock_that_is_set_back_begins_anew_where_it_is() -> None:
    assert pace_of(*at_rate(25, start=47721.8), *at_rate(10, KEPT + 1)).interval == pytest.approx(0.1)


@pytest.mark.slow
@given(some.floats(20, 60), some.lists(some.floats(0, 0.35), min_size=60, max_size=60))
def test_what_a_network_holds_up_does_not_change_the_pace(fps: float, delays: list[float]) -> None:
    """Frames carry the time at which they were shown, and may come in bursts and out of order."""
    sent = at_rate(fps)
    arrived = [time for _, time in sorted((time + delay, time) for time, delay in zip(sent, delays, strict=True))]
    in_bursts = [time for _, time in sorted((round(time + 0.2), time) for time in sent)]
    assert not pace_of(*in_bursts).is_below(20)
    taken = pace_of(*arrived)  # those that were overtaken are lost, so that it may look slower, never faster
    assert taken.interval is None or taken.interval > 0.9 / fps
