"""Sources over gRPC: attached, listed, detached, described wrongly; and claims set by a backend."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import grpc
import pytest

from guard.access.caller import Caller
from guard.client import FileSpec, GuardClient, JanusSpec, LumaFrame, SourceEvent, WhepSpec, field_of
from guard.client_sync import SyncGuardClient
from guard.core.errors import InputError, SourceError
from guard.core.items import Decision
from guard.rpc.sources import source_item, source_message, spec_item, spec_message, spec_of
from guard.sources.specs import AnySpec, revealed
from guard.sources.states import Seating, SourceReason, SourceState, Standing
from guard.updates import Event
from guard.v1 import calls_pb2 as messages
from tests.service_fakes import HORIZON, Serving, moving, serving

Code = grpc.StatusCode
NOWHERE = "http://127.0.0.1:1/whep"
SPECS: list[AnySpec] = [
    FileSpec(name="a", url="rtsp://there/a", participant="Ada", claim="Ada"),
    WhepSpec(url=NOWHERE, call="standup", claim_display=True, token="secret"),
    JanusSpec(url="ws://there", room=7, display="Guard", pin="1", token="2", api_secret="3", substream=0),
    JanusSpec(url="ws://there", room="lobby", claim_pattern="{name}!", mirrored=True),
]


@pytest.fixture
async def guard() -> AsyncIterator[Serving]:
    async with serving() as made:
        yield made


@pytest.fixture
async def client(guard: Serving) -> AsyncIterator[GuardClient]:
    async with GuardClient(guard.addresses.grpc) as made:
        yield made


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.kind)
def test_a_description_survives_its_way_to_the_service(spec: AnySpec) -> None:
    assert spec_item(spec_message(spec, secrets=True), "default") == spec
    assert spec_item(spec_message(spec), "acme").tenant == "acme"


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.kind)
def test_no_secret_is_answered(spec: AnySpec) -> None:
    told = revealed(spec_item(spec_message(spec), "default"))
    assert {told.get(name, "") for name in ("pin", "token", "api_secret")} == {""}


def test_an_address_is_answered_without_password_and_query() -> None:
    told = spec_message(FileSpec(url="rtsp://ada:s3/cret@there/door?token=s3cret"))
    assert told.file.url == "rtsp://ada:***@there/door?***"


def test_where_a_source_stands_survives_its_way_to_a_caller() -> None:
    now = datetime.now(UTC)
    seating = Seating("Ada", "Ada", SourceState.STALLED, SourceReason.SILENT, "nothing comes")
    standing = Standing(SPECS[0], SourceState.RECONNECTING, SourceReason.LOST, "gone", 3, now, now, (seating,))
    assert source_item(source_message(standing)) == standing


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (messages.SourceSpec(), "spec.kind"),
        (messages.SourceSpec(whep=messages.WhepSource()), "spec.url"),
        (messages.SourceSpec(janus=messages.JanusSource(url="ws://there")), "spec.room"),
        (messages.SourceSpec(janus=messages.JanusSource(url="ws://there", number=1, substream=9)), "spec.substream"),
        (messages.SourceSpec(claim_pattern="none", file=messages.FileSource(url="rtsp://there/")), "spec"),
        (messages.SourceSpec(name="x" * 201, file=messages.FileSource(url="rtsp://there/")), "spec.name"),
    ],
)
def test_a_wrong_description_names_its_field(message: messages.SourceSpec, field: str) -> None:
    with pytest.raises(SourceError) as caught:
        spec_item(message, "default")
    assert caught.value.field == field


async def test_sources_are_attached_listed_and_detached(client: GuardClient) -> None:
    attached = await client.attach(WhepSpec(url=NOWHERE, name="ada", token="secret"))
    assert (attached.spec.name, attached.state) == ("ada", SourceState.CONNECTING)
    (listed,) = await client.sources()
    assert (listed.spec.kind, listed.spec.url) == ("whep", NOWHERE)
    await client.detach("ada")
    assert await client.sources() == []
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.detach("ada")
    assert caught.value.code() is Code.NOT_FOUND


async def test_every_change_of_a_source_is_told_as_it_happens(guard: Serving, client: GuardClient) -> None:
    await client.attach(WhepSpec(url=NOWHERE, name="ada", token="secret"))
    guard.service.sources.attach(WhepSpec(url=NOWHERE, name="theirs", tenant="rival"), Caller("b", "rival"))
    watching = client.watch_sources()
    first = await anext(watching)
    assert (first.event, first.standing.spec.name) == (SourceEvent.ATTACHED, "ada")
    assert first.standing.spec.token.get_secret_value() == ""
    seen = [first]
    # Detached before the first attempt began it would have had no participant to tell of.
    while not any(one.standing.participants for one in seen):
        seen.append(await asyncio.wait_for(anext(watching), 10))
    await client.detach("ada")
    while seen[-1].event is not SourceEvent.DETACHED:
        seen.append(await asyncio.wait_for(anext(watching), 10))
    assert {one.standing.spec.name for one in seen} == {"ada"}
    told = [(one.standing.state, one.standing.reason) for one in seen]
    assert told[-1] == (SourceState.ENDED, SourceReason.DETACHED)
    participants = [one.standing.participants[0].state for one in seen[1:] if one.standing.participants]
    assert participants[-1:] == [SourceState.ENDED]


async def test_a_watch_of_sources_ends_with_the_service(
    guard: Serving, client: GuardClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guard.reopening.ATTEMPTS", 1)
    await client.attach(WhepSpec(url=NOWHERE, name="ada"))
    watching = client.watch_sources()
    await anext(watching)
    await guard.service.calls.drain(1.0)
    await guard.service.sources.close()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in watching:
            pass
    assert caught.value.code() is Code.UNAVAILABLE


async def test_what_may_not_be_reached_is_refused_by_its_field(client: GuardClient) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.attach(FileSpec(url="/etc/hosts"))
    assert (caught.value.code(), field_of(caught.value)) == (Code.INVALID_ARGUMENT, "url")
    assert "attach.folders" in (caught.value.details() or "")


async def test_sources_of_the_configuration_are_attached_at_the_start() -> None:
    async with (
        serving(sources=({"kind": "whep", "name": "ada", "url": NOWHERE},)) as guard,
        GuardClient(guard.addresses.grpc) as client,
    ):
        assert [one.spec.name for one in await client.sources()] == ["ada"]


async def test_a_claim_set_by_the_backend_begins_anew(guard: Serving, client: GuardClient) -> None:
    after = asyncio.Event()

    async def frames() -> AsyncIterator[LumaFrame]:
        for number in range(2 * HORIZON + 20):
            if number == HORIZON + 10:
                await after.wait()
            yield LumaFrame(moving(number), number / 25, full_range=True)

    decisions: list[Decision] = []
    async for verdict in client.stream_verify(frames(), participant="seat", claim="Dora"):
        decisions.append(verdict.decision)
        if verdict.decision is Decision.VERIFIED and not after.is_set():
            changed = await client.set_claim("seat", "Berta")
            assert (changed.claim, changed.verdict) == ("Berta", None)
            after.set()
    assert decisions[-1] is Decision.IMPOSTOR_SUSPECTED
    behind = decisions[len(decisions) - decisions[::-1].index(Decision.VERIFIED) :]
    assert behind[0] is Decision.COLLECTING
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.set_claim("seat", "Berta")
    assert caught.value.code() is Code.NOT_FOUND


async def test_a_claim_of_nobody_and_of_one_who_opted_out(guard: Serving, client: GuardClient) -> None:
    guard.gallery.out.add(("default", "Ada"))
    await guard.service.calls.join(call="", participant="seat", claim="Dora", transport="grpc")
    for claim in ("Unknown", "Ada", "", "Dora"):
        assert (await client.set_claim("seat", claim)).claim == claim
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.set_claim("seat", "a\nb")
    assert field_of(caught.value) == "claim"


async def test_the_client_without_a_loop_does_the_same(guard: Serving) -> None:
    await guard.service.calls.join(call="", participant="seat", claim="", transport="grpc")

    def use() -> None:
        with SyncGuardClient(guard.addresses.grpc) as client:
            client.attach(WhepSpec(url=NOWHERE, name="ada"))
            assert [one.spec.name for one in client.sources()] == ["ada"]
            assert next(client.watch_sources()).standing.spec.name == "ada"
            client.detach("ada")
            assert client.set_claim("seat", "Dora").claim == "Dora"
            assert next(client.watch()).event is Event.JOINED

    await asyncio.to_thread(use)


@pytest.mark.parametrize("token", ["a\nb", "a\r\nX-Other: b", "\x00"])
def test_a_secret_that_would_end_a_header_is_refused(token: str) -> None:
    with pytest.raises(InputError, match="token: holds a line break"):
        spec_of({"kind": "whep", "url": NOWHERE, "token": token})
