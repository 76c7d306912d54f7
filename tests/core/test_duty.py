"""Who is on and who is off, on literals: time and queues are what the test says."""

from collections import Counter
from itertools import pairwise

import pytest

from guard.core.duty import LASTING, PATIENCE, PROBATION, SETTLE, STAY, STRAINED, Duty, review
from guard.runqueue import LIMIT

KEYS = [f"s{number}" for number in range(12)]


def overloaded(duty: Duty, time: float) -> Duty:
    """Queues have been long from `time` on, for as long as an overload takes."""
    for later in (0.0, LASTING):
        duty = review(duty, KEYS, STRAINED, time + later)
    return duty


def all_on() -> Duty:
    return review(Duty(), KEYS, 0, 0.0)


def with_room(room: int) -> Duty:
    """All were on for a minute, and overloads have left that much room."""
    duty, time = overloaded(all_on(), 60.0), 60.0 + LASTING
    while len(duty.on) > room:
        time += SETTLE
        duty = review(duty, KEYS, STRAINED, time)
    assert len(duty.on) == room
    return duty


def test_while_queues_are_short_everybody_is_on() -> None:
    duty = review(Duty(), KEYS, STRAINED - 1, 0.0)
    assert list(duty.on) == KEYS
    assert not duty.off


def test_an_overload_turns_off_whole_streams_an_eighth_at_a_time_those_who_were_on_longest_first() -> None:
    duty = overloaded(all_on(), 60.0)
    assert list(duty.on) == KEYS[2:]
    assert list(duty.off) == KEYS[:2]
    assert review(duty, KEYS, STRAINED, 60.0 + LASTING + SETTLE / 2).on == duty.on
    assert len(review(duty, KEYS, STRAINED, 60.0 + LASTING + SETTLE).on) == 9


def test_a_burst_is_no_overload() -> None:
    duty = all_on()
    for time, waiting in ((60.0, STRAINED), (60.0 + LASTING / 2, 0), (60.0 + LASTING, STRAINED)):
        duty = review(duty, KEYS, waiting, time)
    assert not duty.off


def test_one_stream_is_always_on() -> None:
    duty = with_room(1)
    assert len(review(duty, KEYS, STRAINED, 300.0).on) == 1


def test_a_turn_that_has_begun_is_not_cut_short_by_an_overload() -> None:
    early = overloaded(all_on(), STAY - 0.1 - LASTING)
    assert early.room == 10
    assert list(early.on) == KEYS
    assert len(review(early, KEYS, 0, STAY).on) == 10


def simulate(room: int, seconds: float) -> list[tuple[float, Duty]]:
    """Reviews every quarter of a second, with short queues."""
    duty, past = with_room(room), []
    for step in range(int(seconds * 4)):
        time = 120.25 + step / 4
        duty = review(duty, KEYS, 0, time)
        past.append((time, duty))
    return past


@pytest.fixture
def without_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guard.core.duty.PATIENCE", (1e9, 1e9))


@pytest.mark.usefixtures("without_patience")
@pytest.mark.parametrize("room", [4, 6, 9])
def test_turns_go_round_and_everybody_gets_the_same(room: int) -> None:
    past = simulate(room, 240)
    time_on = Counter(key for _, duty in past for key in duty.on)
    assert {len(duty.on) for _, duty in past} == {room}
    assert max(time_on.values()) - min(time_on.values()) <= 2 * 4 * STAY * room
    assert min(time_on.values()) >= 0.8 * len(past) * room / len(KEYS)


@pytest.mark.usefixtures("without_patience")
@pytest.mark.parametrize("room", [4, 6, 9])
def test_nobody_is_on_or_off_for_less_than_a_stay(room: int) -> None:
    past = simulate(room, 240)
    for key in KEYS:
        states = [(time, key in duty.on) for time, duty in past]
        changes = [time for (_, before), (time, now) in pairwise(states) if now != before]
        assert len(changes) > 5
        assert min(b - a for a, b in pairwise(changes)) >= STAY


@pytest.mark.usefixtures("without_patience")
def test_newcomers_wait_for_their_turn_and_those_who_leave_make_room() -> None:
    duty = review(with_room(4), [*KEYS, "new"], 0, 90.25)
    assert "new" in duty.off
    duty = review(duty, [*KEYS[:10], "new"], 0, 90.5)
    assert len(duty.on) == 4
    assert not set(duty.on) & {"s10", "s11", "new"}


def test_with_short_queues_one_more_is_turned_on_after_a_while_until_all_are() -> None:
    duty, time = with_room(9), 100.0
    rooms = []
    while duty.room is not None:
        time += PATIENCE[0]
        duty = review(duty, KEYS, 0, time)
        rooms.append(len(duty.on))
    assert rooms == [10, 11, 12]


def test_one_too_many_is_tried_again_only_after_twice_the_time_but_a_new_load_is_met_anew() -> None:
    duty = with_room(10)
    duty = review(duty, KEYS, 0, 100.0)
    assert len(duty.on) == 11
    duty = overloaded(duty, 101.0)  # the eleventh was one too many
    assert duty.room == 10
    shrunk = 101.0 + LASTING
    assert review(duty, KEYS, 0, shrunk + 1.5 * PATIENCE[0]).room == 10
    assert review(duty, KEYS, 0, shrunk + 2 * PATIENCE[0]).room == 11
    later = overloaded(duty, duty.grown_at + PROBATION)
    assert later.patience == PATIENCE[0]


class Service:
    """Twelve cameras and a processor that steps `streams` of them in real time; queues as the worker's are.

    Steps of a twentieth of a second. `scored` counts frames that closed a whole window of 64.
    """

    def __init__(self, streams: float) -> None:
        self.pace = streams * 25 / 20
        self.waiting, self.runs = dict.fromkeys(KEYS, 0.0), dict.fromkeys(KEYS, 0.0)
        self.overflowed = dict.fromkeys(KEYS, -9.0)
        self.scored = 0.0

    def tick(self, on: set[str], time: float) -> None:
        for key in KEYS:
            self.waiting[key] += 25 / 20
        arrived = sum(self.waiting[key] for key in on)
        share = min(1.0, self.pace / arrived)
        for key in KEYS:
            if key not in on:
                self.waiting[key] = self.runs[key] = 0.0
                continue
            stepped = self.waiting[key] * share
            self.waiting[key] -= stepped
            self.runs[key] += stepped
            self.scored += stepped * (self.runs[key] >= 64)
            if self.waiting[key] > LIMIT:
                self.waiting[key] = self.runs[key] = 0.0
                self.overflowed[key] = time

    def middle_queue(self, on: list[str], time: float) -> float:
        lengths = sorted(LIMIT if time - self.overflowed[key] < 1.75 else self.waiting[key] for key in on)
        return lengths[(len(lengths) - 1) // 2] if lengths else 0.0


@pytest.mark.parametrize(("streams", "least"), [(12.5, 0.97), (11.8, 0.9), (11.0, 0.7), (9.0, 0.5), (6.0, 0.2)])
def test_what_little_is_missing_costs_little(streams: float, least: float) -> None:
    """A share of all frames, of which the first windows, and one for every turn, cannot be scored."""
    service, duty = Service(streams), Duty()
    for step in range(120 * 20):
        time = step / 20
        if step % 5 == 0:
            duty = review(duty, KEYS, service.middle_queue(list(duty.on), time), time)
        service.tick(set(duty.on), time)
    assert service.scored >= least * 120 * 25 * len(KEYS)
