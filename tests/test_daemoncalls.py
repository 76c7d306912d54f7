"""Calls off the loop that may block for ever: how many at once, and that the process can end beside them."""

import asyncio
import threading

import pytest

from guard.daemoncalls import DaemonCalls


def failing() -> None:
    raise LookupError("not there")


async def test_a_call_gives_what_it_returns_or_raises() -> None:
    calls = DaemonCalls(1)
    assert await calls.run(lambda: "answer") == "answer"
    with pytest.raises(LookupError, match="not there"):
        await calls.run(failing)
    assert await calls.run(lambda: "and goes on") == "and goes on"


async def test_one_that_was_given_up_keeps_its_place_until_it_ends() -> None:
    calls, release = DaemonCalls(1), threading.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await calls.run(lambda: release.wait(10))
    waiting = asyncio.create_task(calls.run(lambda: "had to wait"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(waiting), 0.01)
    release.set()
    assert await waiting == "had to wait"


async def test_a_thread_is_kept_for_the_next_call_and_ended_at_the_end() -> None:
    calls = DaemonCalls(3)
    first, second = [await calls.run(threading.current_thread) for _ in range(2)]
    assert first is second
    calls.close()
    first.join(10)
    assert not first.is_alive()


def test_the_loop_ends_though_a_call_hangs() -> None:
    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await DaemonCalls(1).run(lambda: release.wait(60))

    release = threading.Event()
    asyncio.run(give_up())  # an executor's thread would be waited for here
    assert "daemon-call" in {thread.name for thread in threading.enumerate()}
    release.set()
