"""The client without an event loop, against the service on another one."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import grpc
import pytest

from guard.client import Event, LumaFrame, Reopened, Verdict, field_of
from guard.client_sync import SyncGuardClient
from guard.core.errors import DrainingError
from guard.core.items import Decision
from tests.service_fakes import HORIZON, Serving, moving, serving, until


@pytest.fixture
async def guard() -> AsyncIterator[Serving]:
    async with serving(resume_seconds=0) as made:
        yield made


def frames(count: int) -> Iterator[LumaFrame]:
    for number in range(count):
        yield LumaFrame(moving(number), number / 25, full_range=True)


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


async def test_frames_become_verdicts_and_the_thread_ends_with_the_client(guard: Serving) -> None:
    def verify() -> list[int]:
        with SyncGuardClient(guard.addresses.grpc) as client:
            verdicts = list(client.stream_verify(frames(HORIZON + 25), participant="seat", claim="Dora"))
        assert verdicts[-1].decision is Decision.VERIFIED
        return [one.sequence for one in verdicts]

    sequences = await asyncio.to_thread(verify)
    assert sequences == list(range(1, len(sequences) + 1))
    assert "guard" not in threads()


async def test_an_iterator_that_is_left_early_ends_its_stream_and_not_the_connection(guard: Serving) -> None:
    reached = 0

    def endless() -> Iterator[LumaFrame]:
        nonlocal reached
        for frame in frames(100_000):
            reached += 1
            yield frame

    def leave(client: SyncGuardClient) -> None:
        for _ in client.stream_verify(endless(), participant="seat", claim="Dora"):
            break

    with await asyncio.to_thread(SyncGuardClient, guard.addresses.grpc) as client:
        await asyncio.to_thread(leave, client)
        await until(lambda: not guard.service.calls.participants())
        assert await asyncio.to_thread(client.participants) == []
        assert reached < 100_000


async def test_an_iterator_that_outlives_its_client_is_over(guard: Serving) -> None:
    def outlive() -> None:
        with SyncGuardClient(guard.addresses.grpc) as client:
            verdicts = client.stream_verify(frames(100_000), participant="seat", claim="Dora")
            next(verdicts)
        with pytest.raises(RuntimeError, match="the client is closed"):
            next(verdicts)
        with pytest.raises(RuntimeError, match="the client is closed"):
            client.participants()
        client.close()

    await asyncio.to_thread(outlive)
    await until(lambda: not guard.service.calls.participants())


async def test_a_refusal_comes_through_as_it_is(guard: Serving) -> None:
    def refused() -> grpc.aio.AioRpcError:
        with SyncGuardClient(guard.addresses.grpc) as client, pytest.raises(grpc.aio.AioRpcError) as caught:
            list(client.stream_verify(frames(1), participant="seat", claim=" bad name "))
        return caught.value

    error = await asyncio.to_thread(refused)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field_of(error) == "open.claim"


async def test_a_fault_of_the_frames_comes_through_as_it_is(guard: Serving) -> None:
    def broken() -> Iterator[LumaFrame]:
        yield from frames(HORIZON)
        raise OSError("the camera is gone")

    def verify() -> None:
        with SyncGuardClient(guard.addresses.grpc) as client:
            list(client.stream_verify(broken(), participant="seat", claim="Dora"))

    with pytest.raises(OSError, match="the camera is gone"):
        await asyncio.to_thread(verify)


async def test_who_is_there_is_listed_and_watched_while_their_frames_wait(guard: Serving) -> None:
    seen = threading.Event()

    def waiting() -> Iterator[LumaFrame]:
        yield from frames(HORIZON)
        assert seen.wait(10)

    def look(client: SyncGuardClient) -> None:
        verdicts = client.stream_verify(waiting(), participant="seat", claim="Dora", call="meeting")
        next(verdicts)
        assert [one.participant for one in client.participants("meeting")] == ["seat"]
        first = next(client.watch("meeting", participants=["seat"]))
        assert (first.event, first.participant.claim) == (Event.JOINED, "Dora")
        seen.set()
        assert list(verdicts)

    with await asyncio.to_thread(SyncGuardClient, guard.addresses.grpc) as client:
        await asyncio.to_thread(look, client)


@pytest.mark.slow
async def test_a_restart_of_the_service_is_told_among_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DrainingError, "retry_after", 0.1)
    told: list[Verdict | Reopened] = []
    restarted = threading.Event()

    def waiting() -> Iterator[LumaFrame]:
        for number, frame in enumerate(frames(3 * HORIZON)):
            if number == 2 * HORIZON:
                assert restarted.wait(20)
            yield frame

    def verify(address: str) -> None:
        with SyncGuardClient(address) as client:
            for one in client.stream_verify(waiting(), participant="seat", claim="Dora"):
                told.append(one)

    async with serving() as first:
        verifying = asyncio.create_task(asyncio.to_thread(verify, first.addresses.grpc))
        await until(lambda: len(told) > 2)
        await first.service.close()
    async with serving(grpc_port=int(first.addresses.grpc.rsplit(":", 1)[1])) as second:
        await until(lambda: bool(second.service.calls.participants()))
        restarted.set()
        await asyncio.wait_for(verifying, 20)
    assert told.count(Reopened()) == 1
    assert isinstance(told[-1], Verdict)


def test_what_is_no_address_is_refused_where_the_client_is_made() -> None:
    with pytest.raises((AttributeError, TypeError)):
        SyncGuardClient(None)  # type: ignore[arg-type]
