"""The client's stream outlives its connection."""

import asyncio
from collections.abc import AsyncIterator, Callable

import grpc
import pytest

from guard import reopening
from guard import watching as watching_module
from guard.access import credentials
from guard.client import Event, GuardClient, LumaFrame, Reopened, Update, Verdict
from guard.core.errors import DrainingError, FrameError
from guard.core.items import Decision
from guard.rpc.errors import reason_of, retry_after_of
from tests.service_fakes import HORIZON, Serving, moving, serving, until

pytestmark = pytest.mark.slow


class Proxy:
    """A TCP relay whose connections a test can break, or let go silent."""

    def __init__(self, guard: Serving) -> None:
        self._target = guard.addresses.grpc.rsplit(":", 1)
        self._writers: list[asyncio.StreamWriter] = []
        self._silent: set[asyncio.StreamWriter] = set()
        self.connections = 0

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        there, back = await asyncio.open_connection(*self._target)
        self._writers += [writer, back]
        await asyncio.gather(self._copy(reader, back), self._copy(there, writer))

    def cut(self) -> None:
        """Break every connection."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def silence(self) -> None:
        """Nothing passes any more through the connections that there are; nobody is told."""
        self._silent.update(self._writers)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                if writer not in self._silent:
                    writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is noticed after a second."""
    waits = ("grpc.keepalive_time_ms", "grpc.keepalive_timeout_ms", "grpc.http2.ping_timeout_ms")
    options = [(name, 1_000 if name in waits else value) for name, value in credentials.OPTIONS]
    monkeypatch.setattr(credentials, "OPTIONS", options)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("end", [Proxy.cut, Proxy.silence])
async def test_a_broken_connection_is_opened_again_and_the_stream_goes_on(end: Callable[[Proxy], None]) -> None:
    async with serving() as guard:
        proxy = Proxy(guard)
        server = await asyncio.start_server(proxy.relay, "127.0.0.1", 0)
        verdicts: list[Verdict] = []

        async def frames() -> AsyncIterator[LumaFrame]:
            for number in range(2 * HORIZON + 40):
                if number == HORIZON + 20:
                    await until(lambda: any(one.decision is Decision.VERIFIED for one in verdicts))
                    end(proxy)
                    await until(lambda: proxy.connections == 2)
                yield LumaFrame(moving(number), number / 25, full_range=True)

        port = server.sockets[0].getsockname()[1]
        async with GuardClient(f"127.0.0.1:{port}") as client:
            async for one in client.stream_verify(frames(), participant="seat", claim="Dora"):
                verdicts.append(one)
        server.close()
        sequences = [one.sequence for one in verdicts]
        assert sequences == sorted(set(sequences))
        assert verdicts[-1].decision is Decision.VERIFIED
        assert verdicts[-1].cuts in (1, 2)  # the break itself, and a gap where frames were lost with it
        assert guard.value("guard_streams_open", transport="grpc") == 0


async def test_a_stream_goes_on_with_the_next_service_and_says_that_its_evidence_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(DrainingError, "retry_after", 0.3)
    told: list[Verdict | Reopened] = []
    restarted = asyncio.Event()

    async def frames() -> AsyncIterator[LumaFrame]:
        for number in range(2 * HORIZON + 60):
            if number == HORIZON + 20:
                await restarted.wait()
            yield LumaFrame(moving(number), number / 25, full_range=True)

    async def verify(address: str) -> None:
        async with GuardClient(address) as client:
            async for one in client.stream_verify(frames(), participant="seat", claim="Dora"):
                told.append(one)

    async with serving() as first:
        verifying = asyncio.create_task(verify(first.addresses.grpc))
        await until(lambda: bool(told) and told[-1].decision is Decision.VERIFIED)
        await first.service.close()
    stopped = asyncio.get_running_loop().time()
    async with serving(grpc_port=int(first.addresses.grpc.rsplit(":", 1)[1])) as second:
        await until(lambda: bool(second.service.calls.participants()))
        assert asyncio.get_running_loop().time() - stopped > 0.3  # as the first one asked for
        restarted.set()
        await asyncio.wait_for(verifying, 20)
    before, after = told[: told.index(Reopened())], told[told.index(Reopened()) + 1 :]
    for verdicts in (before, after):
        assert [one.sequence for one in verdicts] == list(range(1, len(verdicts) + 1))
    assert after[0].evidence == 0.0
    assert after[-1].decision is Decision.VERIFIED


async def test_a_service_that_stops_takes_nobody_new() -> None:
    async with serving() as guard, GuardClient(guard.addresses.grpc) as client:
        guard.service.calls.draining.set()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            [one async for one in client.stream_verify(one_frame(), participant="seat", claim="")]
        assert (reason_of(caught.value), retry_after_of(caught.value)) == ("DRAINING", 5.0)


async def one_frame() -> AsyncIterator[LumaFrame]:
    yield LumaFrame(moving(0), 0.0, full_range=True)


@pytest.mark.parametrize("broken", [False, True])
async def test_a_stream_without_pictures_is_told_as_one(broken: bool) -> None:
    async def nothing() -> AsyncIterator[LumaFrame]:
        if broken:
            raise OSError("the camera is gone")
        for frame in ():
            yield frame

    async with serving() as guard, GuardClient(guard.addresses.grpc) as client:
        expected = (OSError, "the camera is gone") if broken else (FrameError, "frames: hold no picture")
        with pytest.raises(expected[0], match=expected[1]):
            [one async for one in client.stream_verify(nothing(), participant="seat", claim="")]


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("end", [Proxy.cut, Proxy.silence])
async def test_a_broken_watch_is_opened_again_and_begins_with_those_present(end: Callable[[Proxy], None]) -> None:
    async with serving() as guard:
        proxy = Proxy(guard)
        server = await asyncio.start_server(proxy.relay, "127.0.0.1", 0)
        join = {"call": "mine", "claim": "", "transport": "grpc"}
        gone = await guard.service.calls.join(participant="gone", **join)
        port = server.sockets[0].getsockname()[1]
        async with GuardClient(f"127.0.0.1:{port}") as client:
            watching = client.watch()
            assert named(await anext(watching)) == (Event.JOINED, "gone")
            end(proxy)
            guard.service.calls.leave(gone.key)
            await guard.service.calls.join(participant="new", **join)
            assert await anext(watching) == Reopened()
            assert named(await anext(watching)) == (Event.JOINED, "new")
            await watching.aclose()
        server.close()


async def test_a_service_that_was_away_for_long_is_reached_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as guard:
        proxy = Proxy(guard)
        server = await asyncio.start_server(proxy.relay, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]

        async def pauses() -> AsyncIterator[None]:
            nonlocal server
            for attempt in range(50):  # some 5 s; gRPC's own pauses are 1 s, 1.6 s and 2.6 s
                await asyncio.sleep(0.1)
                if attempt == 30:
                    server = await asyncio.start_server(proxy.relay, "127.0.0.1", port)
                yield

        monkeypatch.setattr(watching_module, "pauses", pauses)
        await guard.service.calls.join(call="", participant="seat", claim="", transport="grpc")
        async with GuardClient(f"127.0.0.1:{port}") as client:
            watching = client.watch()
            assert named(await anext(watching)) == (Event.JOINED, "seat")
            server.close()
            proxy.cut()
            assert await anext(watching) == Reopened()
            await watching.aclose()
        server.close()


async def test_a_watch_goes_on_with_the_next_service(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as first:
        port = first.addresses.grpc.rsplit(":", 1)[1]
        await first.service.calls.join(call="mine", participant="seat", claim="", transport="grpc")
        async with GuardClient(first.addresses.grpc) as client:
            watching = client.watch()
            assert named(await anext(watching)) == (Event.JOINED, "seat")
            await first.service.close()
            assert named(await anext(watching)) == (Event.LEFT, "seat")
            async with serving(grpc_port=int(port)):
                assert await anext(watching) == Reopened()
            monkeypatch.setattr(reopening, "ATTEMPTS", 2)
            with pytest.raises(grpc.aio.AioRpcError):
                await asyncio.wait_for(anext(watching), 20)


async def test_a_watch_of_no_service_fails_at_once() -> None:
    async with GuardClient("127.0.0.1:1") as client:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await asyncio.wait_for(anext(client.watch()), 20)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def named(update: Update | Reopened) -> tuple[Event, str]:
    assert isinstance(update, Update)
    return update.event, update.participant.participant
