"""Work beside the live streams: when it runs, and what becomes of it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry

from guard.aside import PACE, Aside
from guard.core.errors import EngineError
from guard.enginethreads import EngineThreads
from guard.metrics import Metrics
from tests.service_fakes import Clock, Parts, frame, until


@pytest.fixture
async def engine() -> AsyncIterator[EngineThreads]:
    made = EngineThreads(1, Metrics(CollectorRegistry(), "fake"), Clock())
    yield made
    made.stop()


async def test_pieces_run_in_order_while_nothing_else_waits(engine: EngineThreads) -> None:
    aside, order = Aside(), []
    done = [aside.put(lambda number=number: order.append(number)) for number in range(3)]
    while aside:
        await aside.run(engine, 0.0, idle=True)
    await asyncio.gather(*done)
    assert order == [0, 1, 2]


async def test_live_frames_let_one_piece_through_every_frame_interval(engine: EngineThreads) -> None:
    aside, ran = Aside(), []
    for number in range(3):
        aside.put(lambda number=number: ran.append(number))
    for moment in (0.0, PACE / 2, PACE, PACE * 1.5):
        await aside.run(engine, moment, idle=False)
    assert ran == [0, 1]


async def test_a_piece_that_nobody_waits_for_any_more_is_passed_over(engine: EngineThreads) -> None:
    aside, ran = Aside(), []
    aside.put(lambda: ran.append("given up")).cancel()
    await aside.run(engine, 0.0, idle=True)
    assert not aside
    assert ran == []


async def test_a_failure_of_the_model_is_told_to_whoever_waits(engine: EngineThreads) -> None:
    def fail() -> None:
        raise EngineError("no memory")

    aside = Aside()
    done = aside.put(fail)
    await aside.run(engine, 0.0, idle=True)
    with pytest.raises(EngineError, match="the model failed to run"):
        await done


async def test_the_worker_does_it_between_the_steps_of_live_streams() -> None:
    parts = Parts()
    working = asyncio.create_task(parts.worker.run(lambda key, verdict: None))
    parts.worker.open("a", None)
    parts.engine.gate.clear()
    parts.worker.offer("a", frame(0), 0.0)
    await until(lambda: parts.worker.step_began is not None)
    beside = asyncio.create_task(parts.worker.beside(lambda: len(parts.engine.batches)))
    parts.engine.gate.set()
    assert await beside == 1
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    parts.worker.shutdown()
