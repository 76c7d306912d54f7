"""How a client shows who it is."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc
import pytest

from guard.access import credentials
from guard.access.caller import Role
from guard.access.credentials import ClientTls, channel
from guard.client import GuardClient, LumaFrame
from guard.client_sync import SyncGuardClient
from guard.core.errors import SettingsError
from guard.rpc import server
from tests.access.issuer import Issuer
from tests.service_fakes import HORIZON, Serving, moving, serving


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
async def guard(issuer: Issuer, tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(access={"jwt_keys": issuer.publish(tmp_path / "keys.json")}) as made:
        yield made


async def frames() -> AsyncIterator[LumaFrame]:
    for number in range(HORIZON + 5):
        yield LumaFrame(moving(number), number / 25, full_range=True)


async def test_every_kind_of_call_carries_the_token(guard: Serving, issuer: Issuer) -> None:
    async with GuardClient(guard.addresses.grpc, token=issuer.token(Role.OPERATOR)) as client:
        assert await client.participants() == []
        watching = client.watch()
        joining = asyncio.ensure_future(anext(watching))
        verdicts = [verdict async for verdict in client.stream_verify(frames(), participant="seat 1", claim="")]
        assert [verdict.sequence for verdict in verdicts] == [1, 2, 3, 4, 5]
        assert (await joining).participant.participant == "seat 1"
        await watching.aclose()


async def test_a_function_is_asked_for_the_token_at_every_call(guard: Serving, issuer: Issuer) -> None:
    tokens = iter([issuer.token(Role.VIEWER), issuer.token(Role.ENROLLER)])
    async with GuardClient(guard.addresses.grpc, token=lambda: next(tokens)) as client:
        assert await client.participants() == []
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await client.participants()
        assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_the_client_without_a_loop_takes_the_same(guard: Serving, issuer: Issuer) -> None:
    def ask() -> int:
        with SyncGuardClient(guard.addresses.grpc, token=issuer.token(Role.VIEWER)) as client:
            return len(client.participants())

    assert await asyncio.to_thread(ask) == 0


async def test_a_token_does_not_leave_this_machine_in_the_clear() -> None:
    with pytest.raises(SettingsError, match=r"token: would travel in the clear to guard\.example:50051; give tls"):
        channel("guard.example:50051", "secret")
    for address in ("127.0.0.1:1", "localhost:1", "[::1]:1"):
        await channel(address, "secret").close()
    await channel("guard.example:50051", "secret", ClientTls()).close()
    await channel("guard.example:50051").close()


@pytest.mark.parametrize("token", [None, "secret"])
async def test_a_question_ends_by_its_deadline_where_nobody_answers(
    monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    monkeypatch.setattr(credentials, "DEADLINE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        async with GuardClient(f"127.0.0.1:{mute.getsockname()[1]}", token=token) as client:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await client.participants()
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_streams_have_no_deadline_and_others_may_be_given_another() -> None:
    class Telling:
        """In place of a channel: its calls tell how they were made."""

        close = None

        def unary_unary(self, method: str) -> Callable[..., object]:
            return lambda request, **options: options

        unary_stream = stream_unary = stream_stream = unary_unary

    made = credentials.GuardChannel(Telling(), None)
    assert made.unary_unary("ListPeople")("request") == {"metadata": (), "timeout": 30.0}
    assert made.unary_unary("ListPeople")("request", timeout=5.0)["timeout"] == 5.0
    for method in (made.unary_stream, made.stream_unary, made.stream_stream):
        assert method("WatchVerdicts")("request") == {"metadata": ()}


def test_both_sides_notice_silence_within_half_a_minute() -> None:
    for options in (dict(credentials.OPTIONS), dict(server.OPTIONS)):
        assert options["grpc.keepalive_time_ms"] + options["grpc.keepalive_timeout_ms"] <= 30_000
        assert options["grpc.http2.ping_timeout_ms"] <= 30_000  # else gRPC's minute, while it measures a busy network


def test_the_service_bears_as_many_pings_as_a_client_sends() -> None:
    sent, borne = dict(credentials.OPTIONS), dict(server.OPTIONS)
    assert sent["grpc.keepalive_time_ms"] > 2 * borne["grpc.http2.min_ping_interval_without_data_ms"]
    assert sent["grpc.http2.max_pings_without_data"] == 0
    assert "grpc.keepalive_permit_without_calls" not in sent
