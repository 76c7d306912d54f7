"""The service as one: what ends it, and in which order it stops."""

import asyncio

import aiohttp
import pytest

from guard.core.errors import DrainingError, EngineError
from guard.updates import Event
from tests.service_fakes import HORIZON, Serving, frame, serving, until


async def test_it_runs_until_it_is_told_to_stop() -> None:
    async with serving() as guard:
        stop = asyncio.Event()
        running = asyncio.create_task(guard.service.run(stop))
        await asyncio.sleep(0)
        assert guard.service.trouble() is None
        stop.set()
        await running


@pytest.mark.slow
async def test_a_dead_engine_closes_every_stream_and_ends_it() -> None:
    async with serving() as guard:
        joined = await guard.service.calls.join(call="", participant="seat", claim="Dora", transport="grpc")
        with guard.service.feed.watch(lambda update: update.event is not Event.LINK) as watcher:
            running = asyncio.create_task(guard.service.run(asyncio.Event()))
            guard.engine.failures = 1000
            for number in range(10):
                guard.service.calls.offer(joined.key, frame(number), 0.0)
            with pytest.raises(EngineError):
                await running
            guard.service.feed.end()
            updates = [update async for update in watcher]
        assert [update.event for update in updates] == [Event.LEFT]
        assert isinstance(updates[0].cause, EngineError)
        assert guard.service.trouble() == "not running"
        async with aiohttp.ClientSession(guard.addresses.http) as http, http.get("/readyz") as response:
            assert response.status == 503


async def test_closing_scores_what_has_come_and_takes_nothing_new() -> None:
    async with serving() as guard:
        joined = await guard.service.calls.join(call="", participant="seat", claim="Dora", transport="grpc")
        with guard.service.feed.watch(lambda _: True) as watcher:
            guard.engine.gate.clear()
            for number in range(HORIZON):
                guard.service.calls.offer(joined.key, frame(number), 0.0)
            closing = asyncio.create_task(guard.service.close())
            await until(lambda: guard.service.trouble() == "stopping")
            guard.engine.gate.set()
            await closing
            updates = [update async for update in watcher]
        assert updates[-1].event is Event.LEFT
        assert updates[-1].participant.verdict is not None
        assert updates[-1].participant.verdict.score == pytest.approx(1.0)
        with pytest.raises(DrainingError):
            await guard.service.calls.join(call="", participant="seat", claim="", transport="grpc")


@pytest.mark.slow
async def test_a_step_that_hangs_does_not_keep_it_from_closing_in_time() -> None:
    async with serving(drain_seconds=5) as guard:
        joined = await guard.service.calls.join(call="", participant="seat", claim="Dora", transport="grpc")
        guard.engine.gate.clear()
        guard.service.calls.offer(joined.key, frame(0), 0.0)
        await until(lambda: guard.service.worker.step_began is not None)
        await asyncio.wait_for(guard.service.close(), 5)
        assert not guard.service.calls.present(joined.key)


async def test_one_that_never_started_can_be_closed() -> None:
    made = Serving(max_streams=1)
    assert made.service.trouble() == "not running"
    await made.service.close()
    assert made.service.trouble() == "stopping"
