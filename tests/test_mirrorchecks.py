"""Mirror checks between live frames: one by one, and many at the same moment with an engine that takes time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count

import pytest

from guard.core.calibration import Calibration
from guard.core.extractor import StepOutput
from guard.core.items import Decision, Floats, Frame, Gray, Verdict
from guard.core.turning import LONGEST
from guard.gallery.items import Enrolled
from guard.lane import Lane
from guard.mirrorchecks import IDLE, MirrorChecks
from tests.service_fakes import BRIGHT_PERSON, DARK_PERSON, MODEL, Parts, moving

WINDOW = 64
LOOKING = replace(MODEL, horizons=(WINDOW,), calibration={WINDOW: Calibration(10.0, -5.0)})
SECONDS = 9
DARK = [moving(number) for number in range(SECONDS * 25)]
BRIGHT = [moving(number, bright=True) for number in range(SECONDS * 25)]


class Room:
    """Streams of 25 frames a second, whose frames come while the engine steps: `genuine` are verified, `others` not."""

    def __init__(self, genuine: int, others: int) -> None:
        self.parts = Parts(model=LOOKING)
        self.worker, self.clock, self.loop = self.parts.worker, self.parts.clock, asyncio.get_running_loop()
        self.genuine = [f"genuine {number}" for number in range(genuine)]
        self.others = [f"other {number}" for number in range(others)]
        self.keys = [*self.genuine, *self.others]
        self.made: dict[str, list[Verdict]] = {key: [] for key in self.keys}
        self._step, self.parts.engine.step = self.parts.engine.step, self._costly
        # Frames of all streams, one after the other: when it comes in slots, whose it is, and its number there.
        self._due = ((n / len(self.keys), self.keys[n % len(self.keys)], n // len(self.keys)) for n in count())
        self._next = next(self._due)
        for key in self.keys:
            self.worker.open(key, Enrolled(DARK_PERSON))

    def _costly(self, frames: Gray, state: Floats) -> StepOutput:
        """1 ms and 1.4 for each picture, in which frames come."""
        self.clock.now += 0.001 + 0.0014 * len(frames)
        self.loop.call_soon_threadsafe(self.arrive)
        return self._step(frames, state)

    def arrive(self) -> None:
        """Offer what has come by now."""
        while (at := 1000.0 + self._next[0] / 25) <= self.clock() and self._next[2] < len(DARK):
            _, key, number = self._next
            picture = (DARK if key in self.genuine else BRIGHT)[number]
            self.worker.offer(key, Frame(picture, number / 25), at)
            self._next = next(self._due)

    async def run(self) -> None:
        """Let all frames come and be stepped."""
        working = asyncio.create_task(self.worker.run(lambda key, verdict: self.made[key].append(verdict)))
        while self._next[2] < len(DARK):
            await self.worker.rest(*self.keys)
            self.clock.now = max(self.clock(), 1000.0 + self._next[0] / 25)
            self.arrive()
        await self.worker.rest(*self.keys)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        self.worker.shutdown()


@asynccontextmanager
async def accused() -> AsyncIterator[tuple[Parts, MirrorChecks, Lane]]:
    """A stream that has just been accused, and is in line."""
    parts = Parts(model=LOOKING)
    verifier = parts.worker._verifier
    lane, checks = Lane(verifier.open(DARK_PERSON), verifier), MirrorChecks()
    for number, picture in enumerate(BRIGHT[: WINDOW + 10]):
        verifier.step([(lane.stream, Frame(picture, number / 25))])
    checks.line_up("a", lane)
    assert checks
    yield parts, checks, lane
    parts.worker.shutdown()


async def test_a_check_goes_on_in_portions_and_lets_the_accusation_be_told() -> None:
    async with accused() as (parts, checks, lane):
        before = len(parts.engine.batches)
        for number in range(1, WINDOW // IDLE + 1):
            assert lane.stream.accused_at is not None
            await checks.run(parts.worker._engine, {"a": lane}, 0)
            assert len(parts.engine.batches) == before + number * IDLE
    assert (lane.stream.accused_at, bool(checks)) == (None, False)


@pytest.mark.parametrize(("waiting", "shown"), [(1, 7), (7, 1), (24, 1)])
async def test_the_more_streams_wait_the_fewer_pictures_are_shown_at_a_time(waiting: int, shown: int) -> None:
    async with accused() as (parts, checks, lane):
        before = len(parts.engine.batches)
        for _ in range(2):
            await checks.run(parts.worker._engine, {"a": lane}, waiting)
    assert len(parts.engine.batches) == before + 2 * shown


@pytest.mark.parametrize("end", ["closed", "opted out", "claimed anew"])
async def test_who_is_not_accused_any_more_is_not_checked_on(end: str) -> None:
    async with accused() as (parts, checks, lane):
        await checks.run(parts.worker._engine, {"a": lane}, 0)
        before = len(parts.engine.batches)
        if end == "opted out":
            lane.verifier.set_opted_out(lane.stream, True)
        if end == "claimed anew":
            lane.verifier.set_template(lane.stream, BRIGHT_PERSON)
        await checks.run(parts.worker._engine, {} if end == "closed" else {"a": lane}, 0)
    assert (bool(checks), len(parts.engine.batches)) == (False, before)


@pytest.mark.slow
async def test_a_check_that_fails_is_made_anew_when_the_stream_has_been_stepped() -> None:
    async with accused() as (parts, checks, lane):
        parts.engine.failures = 1
        await checks.run(parts.worker._engine, {"a": lane}, 0)
        assert not checks
        checks.line_up("a", lane)
        for _ in range(WINDOW // IDLE):
            await checks.run(parts.worker._engine, {"a": lane}, 0)
    assert lane.stream.accused_at is None


@pytest.mark.slow
async def test_ten_mirror_checks_at_the_same_moment_cost_nobody_a_verdict_and_all_accusations_come() -> None:
    room = Room(genuine=2, others=10)
    await room.run()
    due = len(range(WINDOW - 1, len(DARK), 5))
    assert {sum(one.score is not None for one in room.made[key]) for key in room.keys} == {due}
    assert {room.made[key][-1].decision for key in room.genuine} == {Decision.VERIFIED}
    assert {room.made[key][-1].decision for key in room.others} == {Decision.IMPOSTOR_SUSPECTED}
    waits = [sum(one.mirror_check_pending for one in room.made[key]) * 0.2 for key in room.others]
    assert min(waits) <= 0.4, "the first is checked at once"
    assert max(waits) < LONGEST
    assert not any(one.mirror_check_pending for key in room.genuine for one in room.made[key])
