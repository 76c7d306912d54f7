"""Who is on and who is off, on literals: time, queue and capacity are what the test says."""

from collections import Counter
from itertools import pairwise

import pytest

from guard.core.duty import LASTING, SETTLE, STAY, STRAINED, Duty, review

KEYS = [f"s{number}" for number in range(12)]


def overloaded(streams: float = 4.0) -> Duty:
    """All were on for a minute, and now queues have been long for a while."""
    duty = review(Duty(), KEYS, 0, streams, 0.0)
    for time in (60.0 - LASTING, 60.0):
        duty = review(duty, KEYS, STRAINED, streams, time)
    return duty


def test_while_queues_are_short_everybody_is_on_whatever_the_estimate() -> None:
    duty = review(Duty(), KEYS, STRAINED - 1, 1.0, 0.0)
    assert list(duty.on) == KEYS
    assert not duty.off


def test_overload_turns_whole_streams_off_down_to_the_capacity() -> None:
    duty = overloaded(4.9)
    assert list(duty.on) == KEYS[8:]
    assert list(duty.off) == KEYS[:8]


def test_a_burst_is_no_overload() -> None:
    duty = review(Duty(), KEYS, 0, 4.0, 0.0)
    for time, waiting in ((60.0, STRAINED), (60.0 + LASTING / 2, 0), (60.0 + LASTING, STRAINED)):
        duty = review(duty, KEYS, waiting, 4.0, time)
    assert not duty.off


def test_an_estimate_that_is_too_good_gives_way_to_the_queues_an_eighth_at_a_time() -> None:
    duty = overloaded(100.0)
    assert len(duty.on) == 10
    assert review(duty, KEYS, STRAINED, 100.0, 60.0 + SETTLE / 2).on == duty.on
    assert len(review(duty, KEYS, STRAINED, 100.0, 60.0 + SETTLE).on) == 8


def test_one_stream_is_always_on() -> None:
    assert len(overloaded(0.1).on) == 1


def test_a_turn_that_has_begun_is_not_cut_short_by_an_overload() -> None:
    early = review(Duty(), KEYS, 0, 4.0, 0.0)
    for time in (STAY - 0.1 - LASTING, STAY - 0.1):
        early = review(early, KEYS, STRAINED, 4.0, time)
    assert early.room == 4
    assert list(early.on) == KEYS
    assert len(review(early, KEYS, 0, 4.0, STAY).on) == 4


def simulate(streams: float, seconds: float) -> list[tuple[float, Duty]]:
    """Reviews every quarter of a second from an overload on; queues are short again at once."""
    duty, past = overloaded(streams), []
    for step in range(int(seconds * 4)):
        time = 60.25 + step / 4
        duty = review(duty, KEYS, 0, streams, time)
        past.append((time, duty))
    return past


@pytest.mark.parametrize("streams", [4.0, 6.0, 9.0])
def test_turns_go_round_and_everybody_gets_the_same(streams: float) -> None:
    past = simulate(streams, 240)
    time_on = Counter(key for _, duty in past for key in duty.on)
    assert {len(duty.on) for _, duty in past} == {int(streams)}
    assert max(time_on.values()) - min(time_on.values()) <= 2 * 4 * STAY * streams
    assert min(time_on.values()) >= 0.8 * len(past) * streams / len(KEYS)


@pytest.mark.parametrize("streams", [4.0, 6.0, 9.0])
def test_nobody_is_on_or_off_for_less_than_a_stay(streams: float) -> None:
    past = simulate(streams, 240)
    for key in KEYS:
        states = [(time, key in duty.on) for time, duty in past]
        changes = [time for (_, before), (time, now) in pairwise(states) if now != before]
        assert len(changes) > 5
        assert min(b - a for a, b in pairwise(changes)) >= STAY


def test_with_nearly_enough_capacity_a_stream_is_off_just_long_enough_to_give_the_others_a_turn() -> None:
    past = simulate(10.0, 240)
    assert {key for _, duty in past for key in duty.off} == set(KEYS)
    assert len({key for _, duty in past[: int(4 * STAY)] for key in duty.off}) == 4


def test_newcomers_wait_for_their_turn_and_those_who_leave_make_room() -> None:
    duty = review(overloaded(4.0), [*KEYS, "new"], 0, 4.0, 60.25)
    assert list(duty.off)[-1] == "new"
    duty = review(duty, [*KEYS[:10], "new"], 0, 4.0, 60.5)
    assert list(duty.on) == ["s8", "s9", "s0", "s1"]


def test_an_overload_that_is_over_lets_everybody_on_but_not_on_a_hairs_breadth() -> None:
    duty = overloaded(10.0)
    assert duty.room == 10
    assert review(duty, KEYS, 0, 12.0, 70.0).room == 10
    assert review(duty, KEYS, 0, 13.0, 70.0).room == 11
    over = review(duty, KEYS, 0, 13.3, 70.0)
    assert over.room is None
    assert set(over.on) == set(KEYS)
