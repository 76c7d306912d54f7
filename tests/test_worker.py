"""The worker with a real verifier and an engine that knows people by brightness."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from guard.core.errors import EngineError
from guard.core.items import Cut, Decision, Frame, Reason, Verdict
from guard.enginethreads import FAILURES
from guard.gallery.items import Enrolled
from guard.runqueue import LIMIT
from guard.worker import BATCH
from tests.service_fakes import DARK_PERSON, HORIZON, Parts, frame, moving, until


class Bench:
    """A running worker and what it published."""

    def __init__(self) -> None:
        self.parts = Parts()
        self.worker, self.engine, self.clock = self.parts.worker, self.parts.engine, self.parts.clock
        self.published: list[tuple[str, Verdict]] = []
        self.task = asyncio.create_task(self.worker.run(lambda key, made: self.published.append((key, made))))

    def of(self, key: str) -> list[Verdict]:
        return [made for other, made in self.published if other == key]

    async def send(self, key: str, *frames: Frame) -> None:
        """Frame by frame, as fast as the worker takes them."""
        for one in frames:
            await self.worker.room(key)
            self.worker.offer(key, one, self.clock())
        await self.worker.rest(key)


@asynccontextmanager
async def running() -> AsyncIterator[Bench]:
    bench = Bench()
    try:
        yield bench
    finally:
        bench.engine.gate.set()
        bench.task.cancel()
        await asyncio.gather(bench.task, return_exceptions=True)
        bench.worker.shutdown()


async def test_frames_become_verdicts_in_order() -> None:
    async with running() as bench:
        bench.worker.open("a", Enrolled(DARK_PERSON))
        await bench.send("a", *map(frame, range(HORIZON + 10)))
        verdicts = bench.of("a")
    assert [one.sequence for one in verdicts] == list(range(1, len(verdicts) + 1))
    assert [one.reason for one in verdicts[:3]] == [Reason.TOO_FEW_FRAMES] * 3
    assert verdicts[-1].score == pytest.approx(1.0)
    assert verdicts[-1].decision is Decision.VERIFIED


async def test_frames_without_a_face_become_verdicts_and_say_nothing_of_capacity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running() as bench:
        told: list[int] = []
        monkeypatch.setattr(bench.worker.duty, "stepped", lambda frames, seconds: told.append(frames))
        bench.worker.open("a", Enrolled(DARK_PERSON))
        await bench.send("a", *(replace(frame(number), obstacle=Reason.NO_FACE) for number in range(HORIZON)))
        assert {one.reason for one in bench.of("a")} == {Reason.NO_FACE}
        assert (told, bench.engine.batches) == ([], [])
        await bench.send("a", *map(frame, range(HORIZON, 2 * HORIZON)))
        assert sum(told) == HORIZON


async def test_streams_are_stepped_together_and_do_not_touch_each_other() -> None:
    async with running() as bench:
        for key in "ab":
            bench.worker.open(key, Enrolled(DARK_PERSON))
        for number in range(2 * HORIZON):
            for key in "ab":
                bench.worker.offer(key, frame(number, bright=key == "b"), 0.0)
            await bench.worker.rest("a", "b")
        decisions = {key: bench.of(key)[-1].decision for key in "ab"}
    assert decisions == {"a": Decision.VERIFIED, "b": Decision.IMPOSTOR_SUSPECTED}
    assert max(bench.engine.batches) == 2


async def test_a_busy_engine_gets_larger_batches_and_every_stream_its_turn() -> None:
    async with running() as bench:
        keys = [f"s{number}" for number in range(BATCH + 4)]
        for key in keys:
            bench.worker.open(key, None)
        bench.engine.gate.clear()
        bench.worker.offer("s0", frame(0), 0.0)
        await until(lambda: bench.worker.step_began is not None)
        for number in (1, 2):
            for key in keys:
                bench.worker.offer(key, frame(number), 0.0)
        bench.engine.gate.set()
        await bench.worker.rest(*keys)
    assert bench.engine.batches == [1, BATCH, BATCH, 8]


async def test_overflow_ends_the_run_and_is_counted() -> None:
    async with running() as bench:
        bench.worker.open("a", Enrolled(DARK_PERSON))
        bench.engine.gate.clear()
        bench.worker.offer("a", frame(0), 0.0)
        await until(lambda: bench.worker.step_began is not None)
        for number in range(1, LIMIT + 3):
            bench.worker.offer("a", frame(number), 0.0)
        bench.engine.gate.set()
        await bench.send("a", *map(frame, range(LIMIT + 3, LIMIT + 13)))
    assert bench.of("a")[-1].last_cut is Cut.OVERFLOW
    assert bench.of("a")[-1].cuts == 1
    assert bench.parts.value("guard_frames_dropped_total", cause="overflow") == LIMIT
    assert bench.parts.value("guard_runs_cut_total", cut="OVERFLOW") == 1


async def test_a_sender_that_can_wait_loses_nothing() -> None:
    async with running() as bench:
        bench.worker.open("a", Enrolled(DARK_PERSON))
        await bench.send("a", *map(frame, range(10 * LIMIT)))
        assert bench.of("a")[-1].cuts == 0
    assert len(bench.engine.batches) == 10 * LIMIT


async def test_cuts_of_the_shell_and_of_the_grid_are_counted_by_reason() -> None:
    async with running() as bench:
        bench.worker.open("a", Enrolled(DARK_PERSON))
        await bench.send("a", frame(0), frame(1))
        bench.worker.cut("a", Cut.PICTURE_CHANGED)
        await bench.send("a", *map(frame, (2, 3)), *map(frame, range(50, 60)))
    assert bench.parts.value("guard_runs_cut_total", cut="PICTURE_CHANGED") == 1
    assert bench.parts.value("guard_runs_cut_total", cut="GAP") == 1
    assert bench.of("a")[-1].cuts == 2


async def test_frames_that_the_grid_passes_over_are_counted() -> None:
    async with running() as bench:
        bench.worker.open("a", Enrolled(DARK_PERSON))
        half = [Frame(moving(number), number / 50) for number in range(20)]
        await bench.send("a", *half, half[5])
    assert bench.parts.value("guard_frames_dropped_total", cause="late") == 1
    assert bench.parts.value("guard_frames_dropped_total", cause="surplus") >= 9


async def test_an_enrolment_reaches_a_running_stream() -> None:
    async with running() as bench:
        bench.worker.open("a", None)
        await bench.send("a", *map(frame, range(HORIZON)))
        assert bench.of("a")[-1].decision is Decision.NOT_ENROLLED
        bench.worker.set_template("a", Enrolled(DARK_PERSON))
        await bench.send("a", *map(frame, range(HORIZON, HORIZON + 5)))
        assert bench.of("a")[-1].score == pytest.approx(1.0)


async def test_time_that_passes_without_frames_is_told_and_is_no_latency() -> None:
    async with running() as bench:
        bench.worker.open("a", Enrolled(DARK_PERSON))
        await bench.send("a", *map(frame, range(HORIZON + 10)))
        measured = bench.parts.value("guard_verdict_latency_seconds_count")
        bench.worker.elapse("a", 60.0)
        await bench.worker.rest("a")
        assert bench.of("a")[-1].decision is Decision.STALE
        assert bench.of("a")[-1].reason is Reason.GAP
        assert bench.parts.value("guard_verdict_latency_seconds_count") == measured
        assert bench.parts.value("guard_decisions_total", decision="STALE") == 1


async def test_latency_runs_from_the_arrival_of_the_frame_that_closes_the_slot() -> None:
    async with running() as bench:
        bench.worker.open("a", Enrolled(DARK_PERSON))
        bench.engine.gate.clear()
        for number in range(HORIZON):
            bench.worker.offer("a", frame(number), at=bench.clock())
        await until(lambda: bench.worker.step_began is not None)
        bench.clock.now += 0.25
        bench.engine.gate.set()
        await bench.worker.rest("a")
    verdicts = len(bench.of("a"))
    assert bench.parts.value("guard_verdict_latency_seconds_count") == verdicts
    assert bench.parts.value("guard_verdict_latency_seconds_sum") == pytest.approx(0.25 * verdicts)


@pytest.mark.slow
async def test_one_failed_step_costs_a_run_and_no_score_is_made_up() -> None:
    async with running() as bench:
        bench.worker.open("a", Enrolled(DARK_PERSON))
        await bench.send("a", *map(frame, range(HORIZON)))
        scored = bench.parts.value("guard_windows_scored_total")
        bench.engine.failures = 1
        await bench.send("a", *map(frame, range(HORIZON, 2 * HORIZON - 1)))
        assert bench.parts.value("guard_windows_scored_total") == scored
        await bench.send("a", *map(frame, range(2 * HORIZON - 1, 3 * HORIZON)))
        assert bench.of("a")[-1].score == pytest.approx(1.0)
        assert bench.of("a")[-1].cuts == 1
    assert bench.parts.value("guard_engine_failures_total") == 1
    assert bench.parts.value("guard_frames_dropped_total", cause="engine") == 1


@pytest.mark.slow
async def test_an_engine_that_keeps_failing_ends_the_worker() -> None:
    async with running() as bench:
        bench.worker.open("a", Enrolled(DARK_PERSON))
        bench.engine.failures = FAILURES
        for number in range(FAILURES):
            bench.worker.offer("a", frame(number), 0.0)
        with pytest.raises(EngineError):
            await bench.task


async def test_what_waits_for_a_closed_stream_is_dropped_and_counted() -> None:
    async with running() as bench:
        bench.worker.open("a", Enrolled(DARK_PERSON))
        bench.engine.gate.clear()
        bench.worker.offer("a", frame(0), 0.0)
        await until(lambda: bench.worker.step_began is not None)
        bench.worker.offer("a", frame(1), 0.0)
        bench.worker.close("a")
        bench.engine.gate.set()
        await bench.worker.rest("a")
        await until(lambda: bench.parts.value("guard_frames_dropped_total", cause="closed") == 1)
        bench.worker.offer("a", frame(2), 0.0)
    assert bench.parts.value("guard_frames_dropped_total", cause="closed") == 2
    assert len(bench.engine.batches) == 1
