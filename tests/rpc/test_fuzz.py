"""Whatever arrives on the wire is answered: no INTERNAL, no UNKNOWN, no hang, no stream left behind.

Every method of the descriptor is called. A call that streams ends at its first refusal, after two messages on average;
test_fuzz_streams.py and test_fuzz_enrolling.py go deeper, without sockets.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from guard.v1 import enrollment_pb2, verification_pb2
from tests.rpc.generated import methods, request, wire
from tests.service_fakes import Serving, serving, until

PATIENCE = 20.0
"""Seconds after which a call counts as hanging."""
GLANCE = 0.005
"""Seconds for which a stream of updates is read that has no end."""
MESSAGES_PER_CALL = 50
RACE = "Internal error from Core"
"""What the calling side of gRPC makes of any refusal that meets a message on its way (grpc/grpc issue 36066)."""
FAULTS = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}
METHODS = dict(methods())


def opening(dice: random.Random) -> dict[str, Message]:
    """A first message that is sound, for each method that takes a stream of them."""
    shape = verification_pb2.PictureFormat(layout=dice.randint(1, 3), width=128, height=128)
    consent = enrollment_pb2.Consent(obtained_by="HR", purpose="calls")
    consent.given_at.FromSeconds(1)
    consent.expires_at.FromSeconds(2**37)
    opened = verification_pb2.StreamOpen(participant="seat", claim="Dora", format=shape)
    handle = dice.choice(("", "a"))
    return {
        "StreamVerify": verification_pb2.StreamVerifyRequest(open=opened, stream=handle),
        "Enroll": enrollment_pb2.EnrollRequest(
            begin=enrollment_pb2.EnrollBegin(name="Ada", format=shape, consent=consent)
        ),
    }


def sequence(method: MethodDescriptor, dice: random.Random) -> Iterator[bytes]:
    """Messages that begin well half of the time and go on at random."""
    if dice.random() < 0.5:
        yield opening(dice)[method.name].SerializeToString()
    for _ in range(MESSAGES_PER_CALL):
        yield wire(request(method, dice), dice)


async def ending(channel: grpc.aio.Channel, path: str, dice: random.Random) -> grpc.StatusCode:
    """How a call of this method ends."""
    method = METHODS[path]
    if method.client_streaming:
        return await end_of_stream(channel.stream_stream(path)(sequence(method, dice), timeout=PATIENCE))
    # Well-formed: gRPC itself answers bytes that are no message with UNKNOWN, before a unary method is called.
    asked = request(method, dice).SerializeToString()
    if method.server_streaming:
        return await glance(channel.unary_stream(path)(asked, timeout=PATIENCE))
    return await channel.unary_unary(path)(asked, timeout=PATIENCE).code()


async def end_of_stream(call: grpc.aio.StreamStreamCall) -> grpc.StatusCode:
    try:
        async for _ in call:
            pass
    except grpc.aio.AioRpcError:
        pass
    code = await call.code()
    return grpc.StatusCode.CANCELLED if code in FAULTS and await call.details() == RACE else code


async def glance(call: grpc.aio.UnaryStreamCall) -> grpc.StatusCode:
    """Read for a moment; CANCELLED when all was well."""
    try:
        async with asyncio.timeout(GLANCE):
            async for _ in call:
                pass
    except (grpc.aio.AioRpcError, TimeoutError):
        pass
    call.cancel()
    return await call.code()


async def check(guard: Serving, rounds: int, seed: int) -> None:
    """Fuzz every method so many times and look that nothing stays."""
    dice = random.Random(seed)
    async with grpc.aio.insecure_channel(guard.addresses.grpc) as channel:
        for number in range(rounds):
            for path in METHODS:
                code = await ending(channel, path, dice)
                assert code is not grpc.StatusCode.DEADLINE_EXCEEDED, f"{path} hung in round {number}"
                assert code not in FAULTS, f"{path} ended with {code} in round {number}"
    await until(lambda: not guard.service.calls.participants())


@pytest.fixture
async def guard() -> AsyncIterator[Serving]:
    limits = {"enrolments_per_minute": 10**6, "streams_per_minute": 10**6, "address_per_minute": 10**6}
    async with serving(resume_seconds=0, limits={**limits, "lock_seconds": 1e-6}) as made:
        yield made


@pytest.mark.slow
async def test_100_calls_of_every_method_find_no_fault(guard: Serving) -> None:
    await asyncio.wait_for(check(guard, 100, seed=1), 200)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_3000_calls_of_every_method_find_no_fault(guard: Serving) -> None:
    """Some 36,000 calls, and 50 messages in each that streams."""
    await check(guard, 3000, seed=2)
