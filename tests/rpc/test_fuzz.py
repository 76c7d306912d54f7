"""Whatever arrives on the wire is answered: no INTERNAL, no UNKNOWN, no hang, no stream left behind.

A call ends at its first refusal, after two messages on average; test_fuzz_streams.py goes deeper, without sockets.
"""

import asyncio
import random
from collections.abc import AsyncIterator

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from guard.v1 import calls_pb2, enrollment_pb2, verification_pb2
from tests.service_fakes import Serving, serving, until

STREAM_VERIFY = "/guard.v1.VerificationService/StreamVerify"
ENROLL = "/guard.v1.EnrollmentService/Enroll"
UNARY = {
    "/guard.v1.CallService/ListParticipants": calls_pb2.ListParticipantsRequest,
    "/guard.v1.CallService/AttachSource": calls_pb2.AttachSourceRequest,
    "/guard.v1.CallService/DetachSource": calls_pb2.DetachSourceRequest,
    "/guard.v1.CallService/ListSources": calls_pb2.ListSourcesRequest,
    "/guard.v1.CallService/SetClaim": calls_pb2.SetClaimRequest,
    "/guard.v1.EnrollmentService/GetPerson": enrollment_pb2.GetPersonRequest,
    "/guard.v1.EnrollmentService/ListPeople": enrollment_pb2.ListPeopleRequest,
    "/guard.v1.EnrollmentService/DeletePerson": enrollment_pb2.DeletePersonRequest,
    "/guard.v1.EnrollmentService/RenewTemplates": enrollment_pb2.RenewTemplatesRequest,
    "/guard.v1.EnrollmentService/SetOptOut": enrollment_pb2.SetOptOutRequest,
    "/guard.v1.EnrollmentService/ExportPerson": enrollment_pb2.ExportPersonRequest,
}
PATIENCE = 20.0
"""Seconds after which a call counts as hanging."""
MESSAGES_PER_CALL = 50
NUMBERS = (0, 1, 2, 3, 90, 128, 8192, 2**31 - 1)
TEXTS = ("", "seat", "Dora", "a\nb", "x" * 201, "\u202e", "ünï")
RACE = "Internal error from Core"
"""What the calling side of gRPC makes of any refusal that meets a message on its way (grpc/grpc issue 36066)."""
FAULTS = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}


def fill(message: Message, dice: random.Random, depth: int = 0) -> Message:
    """The message with some of its fields set, to likely and to impossible values."""
    fields = list(message.DESCRIPTOR.fields)
    for field in dice.sample(fields, dice.randint(1, len(fields)) if fields else 0):
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            if not field.is_repeated and depth < 4:
                getattr(message, field.name).SetInParent()
                fill(getattr(message, field.name), dice, depth + 1)
        elif not field.is_repeated:
            setattr(message, field.name, value(field, dice))
    return message


def value(field: FieldDescriptor, dice: random.Random) -> object:
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
            return dice.randbytes(dice.choice((0, 1, 16, 100, 128 * 128)))
        case FieldDescriptor.CPPTYPE_STRING:
            return dice.choice(TEXTS)
        case FieldDescriptor.CPPTYPE_BOOL:
            return dice.random() < 0.5
        case _:
            return dice.choice(NUMBERS)


def wire(kind: type[Message], dice: random.Random) -> bytes:
    """A message's bytes, now and then with some of them changed, or no message at all."""
    data = bytearray(fill(kind(), dice).SerializeToString())
    if data and dice.random() < 0.1:
        data[dice.randrange(len(data))] = dice.randrange(256)
    return dice.randbytes(dice.randrange(40)) if dice.random() < 0.02 else bytes(data)


async def end_of_stream(channel: grpc.aio.Channel, dice: random.Random) -> grpc.StatusCode:
    """How a StreamVerify call ends that begins well half of the time and goes on at random."""
    kind = verification_pb2.StreamVerifyRequest
    messages = [wire(kind, dice) for _ in range(MESSAGES_PER_CALL)]
    if dice.random() < 0.5:
        shape = verification_pb2.PictureFormat(layout=dice.randint(1, 3), width=128, height=128)
        opened = verification_pb2.StreamOpen(participant="seat", claim="Dora", format=shape)
        messages[0] = kind(open=opened, stream=dice.choice(("", "a"))).SerializeToString()
    call = channel.stream_stream(STREAM_VERIFY)(iter(messages), timeout=PATIENCE)
    return await ending(call)


async def end_of_enrolment(channel: grpc.aio.Channel, dice: random.Random) -> grpc.StatusCode:
    """How an Enroll call ends that begins well half of the time and goes on at random."""
    kind = enrollment_pb2.EnrollRequest
    messages = [wire(kind, dice) for _ in range(MESSAGES_PER_CALL)]
    if dice.random() < 0.5:
        shape = verification_pb2.PictureFormat(layout=dice.randint(1, 3), width=128, height=128)
        consent = enrollment_pb2.Consent(obtained_by="HR", purpose="calls")
        consent.given_at.FromSeconds(1)
        consent.expires_at.FromSeconds(2**37)
        opened = enrollment_pb2.EnrollBegin(name="Ada", format=shape, consent=consent)
        messages[0] = kind(begin=opened).SerializeToString()
    return await ending(channel.stream_stream(ENROLL)(iter(messages), timeout=PATIENCE))


async def ending(call: grpc.aio.StreamStreamCall) -> grpc.StatusCode:
    try:
        async for _ in call:
            pass
    except grpc.aio.AioRpcError:
        pass
    code = await call.code()
    return grpc.StatusCode.CANCELLED if code in FAULTS and await call.details() == RACE else code


async def asking(channel: grpc.aio.Channel, dice: random.Random) -> grpc.StatusCode:
    """How one of the methods ends that take one message."""
    method = dice.choice(list(UNARY))
    # Well-formed: gRPC itself answers bytes that are no message with UNKNOWN, before a unary method is called.
    call = channel.unary_unary(method)(fill(UNARY[method](), dice).SerializeToString(), timeout=PATIENCE)
    return await call.code()


async def check(guard: Serving, calls: int, seed: int) -> None:
    """Fuzz one call after the other and look that nothing stays."""
    dice = random.Random(seed)
    async with grpc.aio.insecure_channel(guard.addresses.grpc) as channel:
        for number in range(calls):
            code = await (asking, end_of_stream, end_of_enrolment)[number % 3](channel, dice)
            assert code is not grpc.StatusCode.DEADLINE_EXCEEDED, f"call {number} hung"
            assert code not in FAULTS, f"call {number} ended with {code}"
    await until(lambda: not guard.service.calls.participants())


@pytest.fixture
async def guard() -> AsyncIterator[Serving]:
    async with serving(resume_seconds=0) as made:
        yield made


async def test_150_calls_find_no_fault(guard: Serving) -> None:
    await asyncio.wait_for(check(guard, 150, seed=1), 200)


@pytest.mark.long
async def test_3000_calls_find_no_fault(guard: Serving) -> None:
    await check(guard, 3000, seed=2)
