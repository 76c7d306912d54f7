"""Streams that take turns, with a real worker: what its lanes are told, and what their verdicts say."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from guard.core.capacity import Capacity
from guard.core.duty import LASTING, SETTLE, STAY, STRAINED
from guard.core.errors import CapacityError
from guard.core.items import Cut, Reason, Verdict
from guard.dutycycle import FULL, DutyCycle, middle_queue
from guard.lane import Arrived, Lane
from guard.runqueue import LIMIT
from tests.service_fakes import DARK_PERSON, Parts, frame, until


@pytest.fixture
async def parts() -> AsyncIterator[Parts]:
    made = Parts()
    working = asyncio.create_task(made.worker.run(made.calls.publish))
    yield made
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    made.worker.shutdown()


def lanes(parts: Parts, count: int) -> dict[str, Lane]:
    verifier = parts.worker._verifier
    return {f"s{number}": Lane(verifier.open(DARK_PERSON), verifier) for number in range(count)}


def fill(lane: Lane, count: int, at: float) -> None:
    for number in range(count):
        lane.arrive(frame(number), at)
        lane.waiting.put(Arrived(frame(number), at))


def test_queues_that_stay_long_turn_streams_off_and_the_metrics_say_so() -> None:
    parts = Parts()
    duty, waiting = DutyCycle(Capacity({1: 0.015}), parts.metrics), lanes(parts, 4)  # 2.3 streams
    for time in (0.0, 10.0, 10.0 + LASTING):
        for lane in waiting.values():
            lane.waiting.clear(Cut.GAP)
            fill(lane, STRAINED if time else 1, time)
        duty.review(waiting, time)
    assert [lane.on for lane in waiting.values()] == [False, True, True, True]
    assert parts.value("guard_streams_duty_cycled") == 1
    assert parts.value("guard_capacity_streams") == 2.3
    for lane in waiting.values():
        lane.waiting.clear(Cut.GAP)
        fill(lane, 1, 10.5 + STAY)
    duty.review(waiting, 10.5 + STAY)
    assert [lane.on for lane in waiting.values()] == [True, True, True, True]


def test_a_source_that_sends_a_file_is_no_sign_of_overload() -> None:
    live, film, other = lanes(Parts(), 3).values()
    fill(live, 2, 1.0)
    for number in range(60):  # 2.4 s of video within a moment
        film.arrive(frame(number), 1.0)
    for number in range(16):
        film.waiting.put(Arrived(frame(number), 1.0))
    assert film.ahead
    assert middle_queue([live, film, other], 1.0) == 0
    assert middle_queue([film], 1.0) == 0


async def test_queues_that_overflow_are_long_although_they_are_empty_again() -> None:
    """A camera cannot be held back: its queue fills, is emptied and fills again, and nothing would ever be scored."""
    parts = Parts()
    keys = [(await parts.calls.join(call="", participant=seat, claim="", transport="whip")).key for seat in "abc"]
    overflow = 100.0
    for number in range(LIMIT + 1):
        for key in keys[1:]:
            parts.worker.offer(key, frame(number), overflow + (number - LIMIT) / 25)
    present = [parts.worker._lanes[key] for key in keys]
    assert [len(lane.waiting) for lane in present] == [0, 1, 1]
    assert middle_queue(present, overflow + FULL / 2) == LIMIT
    assert middle_queue(present, overflow + FULL) == 1
    assert FULL < SETTLE


def test_steps_that_take_longer_lower_the_capacity() -> None:
    duty = DutyCycle(Capacity({1: 0.001}), Parts().metrics)
    before = duty.capacity.streams
    for _ in range(2000):
        duty.stepped(1, 0.002)
    assert duty.capacity.streams < 0.75 * before


async def verdicts_while_off(parts: Parts) -> list[Verdict]:
    joined = await parts.calls.join(call="", participant="seat", claim="Dora", transport="grpc")
    with parts.feed.watch(lambda _: True) as watcher:
        for number in range(30):
            parts.calls.offer(joined.key, frame(number), parts.clock())
            await parts.worker.rest(joined.key)
            if number == 19:
                parts.worker._lanes[joined.key].on = False
        parts.feed.end()
        return [update.participant.verdict async for update in watcher if update.participant.verdict]


async def test_a_stream_that_is_off_costs_no_step_and_says_capacity(parts: Parts) -> None:
    given = await verdicts_while_off(parts)
    assert [verdict.reason for verdict in given[-2:]] == [Reason.CAPACITY] * 2
    assert {(v.cuts, v.last_cut) for v in given if v.reason is Reason.CAPACITY} == {(1, Cut.CAPACITY)}
    assert len(parts.engine.batches) == 20
    assert parts.value("guard_frames_dropped_total", cause="capacity") == 10
    assert parts.value("guard_runs_cut_total", cut="CAPACITY") == 1


async def test_newcomers_are_refused_once_all_would_be_on_too_rarely(parts: Parts) -> None:
    parts.worker.duty.capacity = Capacity({1: 0.03})  # 1.13 streams all the time, 3 a third of it
    for seat in "abc":
        await parts.calls.join(call="", participant=seat, claim="Dora", transport="grpc")
    with pytest.raises(CapacityError):
        await parts.calls.join(call="", participant="d", claim="Dora", transport="grpc")
    assert parts.value("guard_streams_refused_total", cause="capacity") == 1


async def test_all_that_waits_for_a_stream_that_is_off_is_passed_beside_one_step(parts: Parts) -> None:
    on, off = [await parts.calls.join(call="", participant=seat, claim="Dora", transport="grpc") for seat in "ab"]
    parts.engine.gate.clear()
    parts.calls.offer(on.key, frame(0), parts.clock())
    await until(lambda: parts.worker.step_began is not None)
    parts.worker._lanes[off.key].on = False
    parts.calls.offer(on.key, frame(1), parts.clock())
    for number in range(12):
        parts.calls.offer(off.key, frame(number), parts.clock())
    parts.engine.gate.set()
    await parts.worker.rest(on.key, off.key)
    assert len(parts.engine.batches) == 2
    assert parts.value("guard_frames_dropped_total", cause="capacity") == 12
