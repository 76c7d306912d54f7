"""A refusal that meets a message on its way."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import grpc
import pytest

from guard.client import GuardClient, LumaFrame
from guard.core.errors import ReplacedError
from guard.patience import patient
from tests.service_fakes import moving, serving

pytestmark = pytest.mark.slow

CALLS = 150
"""Without patience some 8 in 100 end with INTERNAL."""


class Refusing(grpc.GenericRpcHandler):
    """Answers the first message and refuses the call at the fifth."""

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        return grpc.stream_stream_rpc_method_handler(self.refuse)

    async def refuse(self, requests: AsyncIterator[bytes], context: grpc.aio.ServicerContext) -> AsyncIterator[bytes]:
        taken = 0
        async for _ in requests:
            taken += 1
            if taken == 1:
                yield b"welcome"
            if taken == 5:
                await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many", (("reason", "told"),))


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield bytes(16384)
        await asyncio.sleep(0)


async def test_a_call_ends_with_what_the_service_said_though_messages_were_on_their_way() -> None:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Refusing(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    told: Counter[tuple[grpc.StatusCode, str | None, int]] = Counter()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        for _ in range(CALLS):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                async for _ in patient(channel.stream_stream("/a/b")(endless())):
                    pass
            told[caught.value.code(), caught.value.details(), len(caught.value.trailing_metadata())] += 1
    await server.stop(0)
    assert told == {(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many", 1): CALLS}


async def test_a_client_learns_why_its_stream_was_ended_in_the_middle_of_a_frame() -> None:
    async with serving() as guard, GuardClient(guard.addresses.grpc) as client:

        async def frames() -> AsyncIterator[LumaFrame]:
            for number in range(10_000):
                yield LumaFrame(moving(number), number / 25, full_range=True)
                await asyncio.sleep(0)

        async def sent_away(participant: str) -> None:
            async for _ in client.stream_verify(frames(), participant=participant, claim="Dora"):
                for one in guard.service.calls.participants():
                    guard.service.calls.leave(one.key, ReplacedError())

        for seat in range(10):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await sent_away(f"seat {seat}")
            assert caught.value.code() is grpc.StatusCode.ABORTED
