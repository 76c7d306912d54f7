"""How the client's calls end: without a task that waits for ever, whatever ended them."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import grpc
import pytest

from guard.client import GuardClient, LumaFrame, Progress
from guard.rpc.errors import reason_of
from tests.service_fakes import moving, serving, until
from tests.test_client_people import CONSENT, film

pytestmark = pytest.mark.slow


@contextmanager
def nothing_left() -> Iterator[None]:
    """No task or generator of the block is collected while it waits; asyncio prints that, and nobody can catch it."""
    told: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(context["message"]))
    yield
    gc.collect()
    assert told == []


async def endless(ended: asyncio.Event) -> AsyncIterator[LumaFrame]:
    """Two frames, and a camera that gives no more. `ended`: nobody waits for it."""
    try:
        for number in range(2):
            yield LumaFrame(moving(number), number / 25, full_range=True)
        await asyncio.Event().wait()
    finally:
        ended.set()


async def reason(call: AsyncIterator[object]) -> str:
    """Why the call was refused; the error itself is let go, for it keeps alive what is looked for here."""
    try:
        [one async for one in call]
    except grpc.aio.AioRpcError as error:
        return reason_of(error)
    raise AssertionError("was not refused")


async def test_a_refused_enrolment_leaves_nothing_behind() -> None:
    async with serving() as guard, GuardClient(guard.addresses.grpc) as client:
        with nothing_left():
            assert await reason(client.enroll("", film(100), consent=CONSENT)) == "CLAIM"


async def test_an_enrolment_that_ends_while_its_frames_wait_leaves_nothing_behind() -> None:
    ended = asyncio.Event()
    async with serving() as guard, GuardClient(guard.addresses.grpc) as client:
        with nothing_left():
            enrolling = client.enroll("Ada", endless(ended), consent=CONSENT)
            assert isinstance(await anext(enrolling), Progress)
            await guard.service.close()
            assert await reason(enrolling) == "DRAINING"
            await asyncio.wait_for(ended.wait(), 10)


async def test_a_stream_that_ends_while_its_frames_wait_leaves_nothing_behind() -> None:
    ended, join = asyncio.Event(), {"call": "", "participant": "seat", "claim": "Dora", "transport": "grpc"}
    async with serving() as guard, GuardClient(guard.addresses.grpc) as client:
        with nothing_left():
            ending = asyncio.create_task(reason(client.stream_verify(endless(ended), participant="seat", claim="Dora")))
            await until(guard.service.calls.participants)
            await guard.service.calls.join(**join)
            assert await ending == "REPLACED"
            await asyncio.wait_for(ended.wait(), 10)


async def test_a_token_that_cannot_be_had_is_told_as_it_is() -> None:
    def token() -> str:
        raise OSError("no such token")

    ended = asyncio.Event()
    async with GuardClient("127.0.0.1:1", token=token) as client:
        with pytest.raises(OSError, match="no such token"):
            [one async for one in client.stream_verify(endless(ended), participant="seat", claim="Dora")]
        with pytest.raises(OSError, match="no such token"):
            [one async for one in client.enroll("Ada", endless(ended), consent=CONSENT)]
