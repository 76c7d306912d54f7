"""The WHEP client against endpoints that negotiate in every way, refuse, redirect and disappear."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiortc import RTCPeerConnection

from guard.access.caller import LOCAL
from guard.core.errors import SourceError
from guard.core.items import Cut, Decision
from guard.peers.loopback import allow_loopback
from guard.sources.specs import WhepSpec
from guard.sources.states import SourceReason, SourceState, Standing
from tests.peers.test_whip_fuzz import connections
from tests.service_fakes import Serving, serving, until
from tests.sources.whep_server import TOKEN, Endpoint, MovingPlayer, playing

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    allow_loopback(always=True)
    monkeypatch.setattr("guard.sources.backoff.FIRST", 0.1)
    monkeypatch.setattr("guard.sources.sources.PERIOD", 0.05)


@pytest.fixture
async def guard() -> AsyncIterator[Serving]:
    async with serving() as made:
        yield made


def attach(guard: Serving, url: str, **facts: Any) -> None:
    named = {"name": "ada", "claim": "Dora", "token": TOKEN, **facts}
    guard.service.sources.attach(WhepSpec(url=url, **named), LOCAL)


def source(guard: Serving) -> Standing:
    (one,) = guard.service.sources.listed("default")
    return one


def decision(guard: Serving) -> Decision | None:
    return next((one.verdict.decision for one in guard.service.calls.participants() if one.verdict), None)


@pytest.mark.parametrize(
    ("mode", "requests"),
    [
        ("answers", ["POST /whep", "DELETE /session/0"]),
        ("counters", ["POST /whep", "PATCH /session/0", "DELETE /session/0"]),
        ("offers", ["POST /whep", "POST /whep", "PATCH /session/0", "DELETE /session/0"]),
    ],
)
async def test_who_is_played_is_verified_until_detached(guard: Serving, mode: str, requests: list[str]) -> None:
    async with playing(Endpoint(MovingPlayer, mode)) as endpoint:
        attach(guard, endpoint.url)
        await until(lambda: decision(guard) is Decision.VERIFIED)
        await until(lambda: source(guard).state is SourceState.FLOWING)
        (participant,) = guard.service.calls.participants()
        assert (participant.participant, participant.transport, participant.verdict.cuts) == ("ada", "whep", 0)
        await guard.service.sources.detach("ada", LOCAL)
        assert guard.service.calls.participants() == []
        assert guard.service.sources.listed("default") == []
        assert endpoint.requests == requests
        assert set(endpoint.tokens) == {f"Bearer {TOKEN}"}


async def test_each_session_that_an_endpoint_began_is_deleted(guard: Serving) -> None:
    async with playing(Endpoint(MovingPlayer, "mumbles")) as endpoint:
        attach(guard, endpoint.url)
        await until(lambda: decision(guard) is Decision.VERIFIED)
        await guard.service.sources.detach("ada", LOCAL)
        assert endpoint.requests[:3] == ["POST /whep", "POST /whep", "PATCH /session/1"]
        assert sorted(endpoint.requests[3:]) == ["DELETE /session/0", "DELETE /session/1"]


async def test_a_lost_connection_comes_back_and_evidence_survives(guard: Serving) -> None:
    async with playing(Endpoint(MovingPlayer)) as endpoint:
        attach(guard, endpoint.url)
        await until(lambda: decision(guard) is Decision.VERIFIED)
        (before,) = guard.service.calls.participants()
        endpoint.refusal = web.Response(status=409, headers={"Retry-After": "1"})
        (player,) = endpoint.sessions.values()
        await player.close()
        await until(lambda: source(guard).reason is SourceReason.REFUSED)
        standing = source(guard)
        assert (standing.state, "nobody publishes" in standing.detail) == (SourceState.RECONNECTING, True)
        assert standing.participants[0].state is SourceState.RECONNECTING
        endpoint.refusal = None
        await until(lambda: source(guard).state is SourceState.FLOWING)
        await until(lambda: (now := guard.service.calls.participants()[0].verdict) and now.last_cut is Cut.GAP)
        (after,) = guard.service.calls.participants()
        assert (after.key, after.verdict.decision) == (before.key, Decision.VERIFIED)
        assert 0 < after.verdict.time - before.verdict.time < 10, "the new connection's clock begins elsewhere"
        assert guard.value("guard_source_reconnects_total", kind="whep") >= 1
        await until(lambda: guard.value("guard_sources", state="FLOWING") == 1)


@pytest.mark.parametrize("mode", ["answers", "counters"])
@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        (lambda offer: offer + "a=content:slides\r\n", SourceReason.SCREEN),
        (lambda offer: offer.replace("VP8", "AV1").replace("H264", "H266"), SourceReason.CODEC),
    ],
)
async def test_an_accusation_outlasts_what_the_played_client_declares(
    guard: Serving, declared: Callable[[str], str], reason: SourceReason, mode: str
) -> None:
    async with playing(Endpoint(lambda: MovingPlayer(bright=True), mode)) as endpoint:
        attach(guard, endpoint.url)
        await until(lambda: decision(guard) is Decision.IMPOSTOR_SUSPECTED)
        (before,) = guard.service.calls.participants()
        endpoint.declared = declared
        (player,) = endpoint.sessions.values()
        await player.close()
        await until(lambda: source(guard).reason is reason)
        endpoint.declared = lambda offer: offer
        await until(lambda: source(guard).state is SourceState.FLOWING)
        (after,) = guard.service.calls.participants()
        assert after.key == before.key
        await until(lambda: guard.service.calls.participants()[0].verdict.cuts > before.verdict.cuts)
        await until(lambda: decision(guard) is Decision.IMPOSTOR_SUSPECTED)


async def test_a_session_that_brings_nothing_is_given_up_and_begun_anew(
    guard: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server may keep a session whose publisher has gone: nothing but silence tells."""
    monkeypatch.setattr("guard.sources.whep.SILENCE", 1.0)
    monkeypatch.setattr("guard.sources.whep.LOOK", 0.05)
    async with playing(Endpoint(MovingPlayer)) as endpoint:
        attach(guard, endpoint.url)
        await until(lambda: decision(guard) is Decision.VERIFIED)
        (before,) = guard.service.calls.participants()
        monkeypatch.setattr("guard.sources.backoff.FIRST", 1.0)
        (player,) = endpoint.sessions.values()
        for sender in player.peer.getSenders():
            sender.replaceTrack(None)
        await until(lambda: source(guard).reason is SourceReason.SILENT)
        assert (source(guard).state, source(guard).attempts) == (SourceState.RECONNECTING, 1)
        await until(lambda: source(guard).state is SourceState.FLOWING)
        assert endpoint.requests == ["POST /whep", "DELETE /session/0", "POST /whep"]
        (after,) = guard.service.calls.participants()
        assert (after.key, after.verdict.decision) == (before.key, Decision.VERIFIED)


@pytest.mark.parametrize(
    ("status", "words"), [(401, "asks for a token"), (403, "does not suffice"), (404, "nothing is played")]
)
async def test_a_refusal_is_a_reason_and_nobody_joins(guard: Serving, status: int, words: str) -> None:
    async with playing(Endpoint(MovingPlayer)) as endpoint:
        endpoint.refusal = web.Response(status=status)
        attach(guard, endpoint.url)
        await until(lambda: source(guard).reason is SourceReason.REFUSED)
        assert words in source(guard).detail
        assert guard.service.calls.participants() == []


async def test_nobody_at_the_address_is_a_reason(guard: Serving) -> None:
    attach(guard, "http://127.0.0.1:1/whep")
    await until(lambda: source(guard).reason is SourceReason.UNREACHABLE)
    assert source(guard).state is SourceState.RECONNECTING


@pytest.mark.parametrize("body", ["", "v=0\r\n", "hello", "v=0\r\nm=video 0 UDP/TLS/RTP/SAVPF 96\r\n"])
async def test_an_answer_that_is_none_is_a_reason_and_its_session_deleted(guard: Serving, body: str) -> None:
    class Babble(MovingPlayer):
        async def answer(self, offer: str) -> str:
            return body

    async with playing(Endpoint(Babble)) as endpoint:
        attach(guard, endpoint.url)
        await until(lambda: source(guard).reason is SourceReason.CODEC)
        assert "DELETE /session/0" in endpoint.requests


async def test_a_participant_that_comes_another_way_is_left_to_it(guard: Serving) -> None:
    async with playing(Endpoint(MovingPlayer)) as endpoint:
        attach(guard, endpoint.url)
        await until(lambda: decision(guard) is not None)
        await guard.service.calls.join(call="", participant="ada", claim="Dora", transport="grpc")
        await until(lambda: source(guard).state is SourceState.ENDED)
        assert source(guard).reason is SourceReason.REPLACED
        assert endpoint.requests[-1] == "DELETE /session/0"


async def test_a_redirect_is_followed_only_to_where_the_service_may_reach(tmp_path: Any) -> None:
    hosts = {"attach": {"hosts": ("127.0.0.1",)}}
    async with playing(Endpoint(MovingPlayer)) as endpoint, serving(**hosts) as guard:
        with pytest.raises(SourceError, match=r"attach\.hosts"):
            attach(guard, "http://localhost:1/whep")
        moved = endpoint.url.replace("/whep", "/moved")
        attach(guard, f"{moved}?to=/whep")
        await until(lambda: source(guard).state is SourceState.FLOWING)
        await guard.service.sources.detach("ada", LOCAL)
        attach(guard, f"{moved}?to=http://localhost:1/whep")
        await until(lambda: source(guard).reason is SourceReason.NOT_ADMITTED)
        assert source(guard).state is SourceState.ENDED


async def test_the_token_is_not_shown_to_another_origin(guard: Serving) -> None:
    async with playing(Endpoint(MovingPlayer)) as ours, playing(Endpoint(MovingPlayer)) as theirs:
        attach(guard, f"{ours.url.replace('/whep', '/moved')}?to={theirs.url}")
        await until(lambda: theirs.requests)
        assert ours.tokens == [f"Bearer {TOKEN}"]
        assert theirs.tokens[0] == ""


async def test_detached_at_any_moment_it_leaves_nothing_behind(guard: Serving) -> None:
    before = {id(one) for one in connections()}
    async with playing(Endpoint(MovingPlayer)) as endpoint:
        for hundredths in range(12):
            attach(guard, endpoint.url)
            await asyncio.sleep(hundredths / 100)
            await guard.service.sources.detach("ada", LOCAL)
        assert guard.service.calls.participants() == []
        assert endpoint.sessions == {}
    assert [one.connectionState for one in connections() if id(one) not in before and not_closed(one)] == []


@pytest.mark.parametrize("mode", ["answers", "counters", "offers"])
async def test_a_session_that_is_begun_while_the_source_is_detached_is_deleted(guard: Serving, mode: str) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    class Slow(MovingPlayer):
        async def answer(self, offer: str) -> str:
            return await self._late(await super().answer(offer))

        async def offer(self) -> str:
            return await self._late(await super().offer())

        async def _late(self, description: str) -> str:
            asked.set()
            await answer.wait()
            return description

    async with playing(Endpoint(Slow, mode)) as endpoint:
        attach(guard, endpoint.url)
        await asyncio.wait_for(asked.wait(), 10)
        detaching = asyncio.create_task(guard.service.sources.detach("ada", LOCAL))
        await asyncio.wait({detaching}, timeout=0.2)
        answer.set()
        await asyncio.wait_for(detaching, 10)
        assert endpoint.requests[-1] == "DELETE /session/0"
        assert endpoint.sessions == {}


async def test_an_endpoint_that_does_not_answer_holds_up_no_detaching_for_long(
    guard: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guard.sources.exchange.GOODBYE", aiohttp.ClientTimeout(total=0.1))
    asked, over = asyncio.Event(), asyncio.Event()

    class Silent(MovingPlayer):
        async def answer(self, offer: str) -> str:
            asked.set()
            await over.wait()
            return offer

    async with playing(Endpoint(Silent)) as endpoint:
        attach(guard, endpoint.url)
        await asyncio.wait_for(asked.wait(), 10)
        await asyncio.wait_for(guard.service.sources.detach("ada", LOCAL), 10)
        assert endpoint.requests == ["POST /whep"]
        assert not [task for task in asyncio.all_tasks() if "Exchange" in repr(task)]
        over.set()


def not_closed(connection: RTCPeerConnection) -> bool:
    return connection.connectionState != "closed"


async def test_a_service_that_stops_says_goodbye(tmp_path: Any) -> None:
    async with playing(Endpoint(MovingPlayer)) as endpoint:
        async with serving() as guard:
            attach(guard, endpoint.url)
            await until(lambda: decision(guard) is not None)
        assert endpoint.requests[-1] == "DELETE /session/0"
        assert not [task for task in asyncio.all_tasks() if "Attached" in repr(task)]
