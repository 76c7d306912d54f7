"""The client's stream outlives its connection."""

import asyncio
from collections.abc import AsyncIterator

from guard.client import GuardClient, LumaFrame, Verdict
from guard.core.items import Decision
from tests.service_fakes import HORIZON, Serving, moving, serving, until


class Proxy:
    """A TCP relay whose connections a test can break."""

    def __init__(self, guard: Serving) -> None:
        self._target = guard.addresses.grpc.rsplit(":", 1)
        self._writers: list[asyncio.StreamWriter] = []
        self.connections = 0

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        there, back = await asyncio.open_connection(*self._target)
        self._writers += [writer, back]
        await asyncio.gather(copy(reader, back), copy(there, writer))

    def cut(self) -> None:
        """Break every connection."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
    except ConnectionError:
        pass
    finally:
        writer.close()


async def test_a_broken_connection_is_opened_again_and_the_stream_goes_on() -> None:
    async with serving() as guard:
        proxy = Proxy(guard)
        server = await asyncio.start_server(proxy.relay, "127.0.0.1", 0)
        verdicts: list[Verdict] = []

        async def frames() -> AsyncIterator[LumaFrame]:
            for number in range(2 * HORIZON + 40):
                if number == HORIZON + 20:
                    await until(lambda: any(one.decision is Decision.VERIFIED for one in verdicts))
                    proxy.cut()
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
