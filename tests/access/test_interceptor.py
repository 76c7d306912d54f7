"""Each kind of gRPC handler runs as its caller, from its first message to its last."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from guard.access.caller import Role, current
from guard.access.door import Door
from guard.access.interceptor import Interceptor
from guard.access.limits import Limits
from guard.access.settings import AccessSettings, LimitSettings, TlsSettings
from guard.audit.audit import Audit
from guard.audit.refusals import Refusals
from guard.audit.settings import AuditSettings
from tests.access.issuer import Issuer, metadata

SERVICE = "guard.v1.EnrollmentService"
KINDS = {
    "GetPerson": "unary_unary",
    "Enroll": "stream_stream",
    "ListPeople": "unary_stream",
    "SetOptOut": "stream_unary",
    "ExportPerson": "unary_stream",
}
"""Names of the table, served here by handlers that say who calls."""


def who() -> bytes:
    return f"{current.get().tenant}/{current.get().subject}".encode()


async def answers(request: bytes, context: Any) -> bytes:
    return who()


async def answers_after_all(requests: AsyncIterator[bytes], context: Any) -> bytes:
    seen = [who() async for _ in requests]
    assert len(set(seen)) == 1
    return seen[0]


async def yields(request: bytes, context: Any) -> AsyncIterator[bytes]:
    for _ in range(3):
        yield who()
        await asyncio.sleep(0)


async def yields_to_each(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
    async for _ in requests:
        yield await asyncio.create_task(answers(b"", context))  # a task of the handler's inherits the caller


async def writes(request: bytes, context: Any) -> None:
    """As the health service does."""
    await context.write(who())


HANDLERS = {
    "GetPerson": grpc.unary_unary_rpc_method_handler(answers),
    "Enroll": grpc.stream_stream_rpc_method_handler(yields_to_each),
    "ListPeople": grpc.unary_stream_rpc_method_handler(yields),
    "SetOptOut": grpc.stream_unary_rpc_method_handler(answers_after_all),
    "ExportPerson": grpc.unary_stream_rpc_method_handler(writes),
}


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


def door_of(issuer: Issuer, folder: Path) -> Door:
    access = AccessSettings(jwt_keys=issuer.publish(folder / "keys.json"))
    return Door(access, TlsSettings(), Refusals(Audit(AuditSettings())), Limits(LimitSettings()))


@pytest.fixture
async def channel(issuer: Issuer, tmp_path: Path) -> AsyncIterator[grpc.aio.Channel]:
    door = door_of(issuer, tmp_path)
    server = grpc.aio.server(interceptors=[Interceptor(door)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, HANDLERS),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as made:
        yield made
    await server.stop(None)


async def never() -> AsyncIterator[bytes]:
    await asyncio.Event().wait()
    yield b""


async def told(channel: grpc.aio.Channel, method: str, token: str) -> set[bytes]:
    """What the handler says of its caller, over all its responses."""
    call = channel.stream_stream(f"/{SERVICE}/{method}")
    # On the wire a single message is a stream of one.
    requests = [b""] * (3 if KINDS[method].startswith("stream") else 1)
    return {answer async for answer in call(iter(requests), metadata=metadata(token))}


@pytest.mark.parametrize("method", KINDS)
async def test_a_handler_runs_as_its_caller(channel: grpc.aio.Channel, issuer: Issuer, method: str) -> None:
    assert await told(channel, method, issuer.token(Role.ENROLLER, sub="desk")) == {b"acme/desk"}


async def test_callers_that_come_together_are_not_taken_for_each_other(
    channel: grpc.aio.Channel, issuer: Issuer
) -> None:
    subjects = [f"desk {number}" for number in range(20)]
    calls = [told(channel, method, issuer.token(Role.ENROLLER, sub=name)) for name in subjects for method in KINDS]
    expected = [{f"acme/{name}".encode()} for name in subjects for _ in KINDS]
    assert await asyncio.gather(*calls) == expected


@pytest.mark.parametrize("method", KINDS)
async def test_a_handler_of_any_kind_is_not_reached_without_its_role(
    channel: grpc.aio.Channel, issuer: Issuer, method: str
) -> None:
    token = issuer.token(Role.VIEWER, Role.OPERATOR)
    # A stream is refused before it has sent anything; a message that meets the end of its call is INTERNAL to grpc.aio.
    requests = never() if KINDS[method].startswith("stream") else iter([b""])
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.stream_stream(f"/{SERVICE}/{method}")(requests, metadata=metadata(token)).read()
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert caught.value.details() == ("authorization: the caller's roles do not suffice: this is for admin or enroller")


async def test_a_method_that_is_not_in_the_table_is_for_nobody(issuer: Issuer, tmp_path: Path) -> None:
    door = door_of(issuer, tmp_path)
    server = grpc.aio.server(interceptors=[Interceptor(door)])
    handlers = {"New": grpc.unary_unary_rpc_method_handler(answers)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("guard.v1.NewService", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(grpc.aio.AioRpcError, match="for nobody"):
            await channel.unary_unary("/guard.v1.NewService/New")(b"", metadata=metadata(issuer.token(*Role)))
    await server.stop(None)
