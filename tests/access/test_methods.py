"""Every method that is served, by its descriptor: nobody gets in without the right token, role and tenant."""

import asyncio
import importlib
import pkgutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import grpc
import jwt
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest
from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub
from grpc_status import rpc_status

import guard.v1
from guard.access.caller import Role
from guard.access.methods import OPEN, ROLES
from guard.rpc.server import SERVICES
from guard.v1 import calls_pb2 as calls
from guard.v1 import enrollment_pb2 as people
from guard.v1 import incidents_pb2 as incidents
from guard.v1.calls_pb2 import ListParticipantsRequest, WatchVerdictsRequest, WatchVerdictsResponse
from guard.v1.calls_pb2_grpc import CallServiceStub
from guard.v1.enrollment_pb2_grpc import EnrollmentServiceStub
from guard.v1.incidents_pb2_grpc import IncidentServiceStub
from guard.v1.verification_pb2 import PictureFormat, PixelLayout, StreamOpen, StreamVerifyRequest
from guard.v1.verification_pb2_grpc import VerificationServiceStub
from tests.access.issuer import Issuer, bearer, metadata
from tests.incidents.people import incident
from tests.rpc.test_enrollment import begin
from tests.service_fakes import Serving, serving

Code = grpc.StatusCode
GRAY = PictureFormat(layout=PixelLayout.PIXEL_LAYOUT_GRAY8, width=128, height=128, full_range=True)
SHUT = [method for method in ROLES if method.startswith("/")]


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
async def served(issuer: Issuer, tmp_path: Path) -> AsyncIterator[Serving]:
    access, attach = {"jwt_keys": issuer.publish(tmp_path / "keys.json")}, {"hosts": ["127.0.0.1"]}
    async with serving(access=access, attach=attach) as made:
        made.incidents.keep(incident(tenant="acme"))
        yield made


@pytest.fixture
async def channel(served: Serving) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(served.addresses.grpc) as made:
        yield made


def in_the_contract() -> Iterator[str]:
    """Every method of guard.v1, whether anybody serves it or not."""
    for module in pkgutil.iter_modules(guard.v1.__path__):
        if module.name.endswith("_pb2"):
            file = importlib.import_module(f"guard.v1.{module.name}").DESCRIPTOR
            for service in file.services_by_name.values():
                yield from (f"/{service.full_name}/{method.name}" for method in service.methods)


async def on_the_server(channel: grpc.aio.Channel, token: str) -> set[str]:
    """Every method of every service that the server says to have."""
    ask = ServerReflectionStub(channel).ServerReflectionInfo
    found: set[str] = set()
    async for answer in ask(iter([ServerReflectionRequest(list_services="")]), metadata=metadata(token)):
        names = [service.name for service in answer.list_services_response.service]
    requests = [ServerReflectionRequest(file_containing_symbol=name) for name in names]
    async for answer in ask(iter(requests), metadata=metadata(token)):
        for encoded in answer.file_descriptor_response.file_descriptor_proto:
            file = FileDescriptorProto.FromString(encoded)
            found |= {f"/{file.package}.{s.name}/{m.name}" for s in file.service for m in s.method}
    return {method for method in found if method.partition("/")[2].partition("/")[0] in names}


def reads_first(method: str) -> bool:
    """Whether the service reads a message before anything else: one request, and a service that is there."""
    _, service, name = method.split("/")
    if service not in SERVICES:
        return False
    return not Default().FindServiceByName(service).methods_by_name[name].client_streaming


async def one_message(method: str) -> AsyncIterator[bytes]:
    """An empty one, unless it would meet the end of its call: grpc.aio then says INTERNAL to the sender."""
    if reads_first(method):
        yield b""
    await asyncio.Event().wait()


async def refused(channel: grpc.aio.Channel, method: str, token: str | None) -> tuple[Code, str]:
    """How a call ends, and the reason given."""
    call = channel.stream_stream(method)(one_message(method), metadata=metadata(token) if token else ())
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    status, info = rpc_status.from_call(caught.value), ErrorInfo()
    if status is not None:
        status.details[0].Unpack(info)
    return caught.value.code(), info.reason


def bad_tokens(issuer: Issuer) -> dict[str, str | None]:
    claims = jwt.decode(issuer.token(*Role), options={"verify_signature": False})
    return {
        "none": None,
        "no token": "nonsense",
        "expired": issuer.token(*Role, exp=int(time.time()) - 60),
        "another key's": Issuer().token(*Role),
        "unsigned": jwt.encode(claims, None, algorithm="none"),
        "another audience's": issuer.token(*Role, aud="another-service"),
        "of no tenant": issuer.token(*Role, tenant=""),
    }


async def test_every_method_that_exists_stands_in_the_table(channel: grpc.aio.Channel, issuer: Issuer) -> None:
    served = await on_the_server(channel, issuer.token(Role.VIEWER))
    assert served >= {"/guard.v1.CallService/WatchVerdicts", "/grpc.health.v1.Health/Watch"}
    assert {*in_the_contract(), *served} == {*SHUT, *(method for method in OPEN if method.startswith("/"))}


@pytest.mark.slow
async def test_every_method_needs_a_token_that_holds(channel: grpc.aio.Channel, issuer: Issuer) -> None:
    served = await on_the_server(channel, issuer.token(Role.VIEWER))
    for method in SHUT:
        expected = (Code.UNAUTHENTICATED, "UNAUTHENTICATED") if method in served else (Code.UNIMPLEMENTED, "")
        for kind, token in bad_tokens(issuer).items():
            assert await refused(channel, method, token) == expected, f"{method} with a token: {kind}"


@pytest.mark.slow
async def test_every_method_needs_one_of_its_roles(channel: grpc.aio.Channel, issuer: Issuer) -> None:
    served = await on_the_server(channel, issuer.token(Role.VIEWER))
    for method in SHUT:
        expected = (Code.PERMISSION_DENIED, "PERMISSION_DENIED") if method in served else (Code.UNIMPLEMENTED, "")
        others = frozenset(Role) - ROLES[method]
        for roles in [(), *((role,) for role in others)]:
            assert await refused(channel, method, issuer.token(*roles)) == expected, f"{method} as {roles}"


def routes(guard: Serving) -> Iterator[tuple[str, str]]:
    """Every route that is served, as the table names it and as a client asks for it."""
    for route in guard.service._web.app.router.routes():
        assert route.resource is not None
        if route.method != "HEAD":
            path = route.resource.canonical
            yield f"{route.method} {path}", path.format(key="0123456789abcdef", name="console.js")


async def test_every_route_stands_in_the_table_and_asks_who_calls(served: Serving, issuer: Issuer) -> None:
    seen = set()
    async with aiohttp.ClientSession(served.addresses.http) as http:
        for name, path in routes(served):
            seen.add(name)
            method = name.partition(" ")[0]
            if name in OPEN:
                async with http.request(method, path) as response:
                    assert response.status < 300, name
                continue
            for kind, token in bad_tokens(issuer).items():
                async with http.request(method, path, headers=bearer(token) if token else {}) as response:
                    assert response.status == 401, f"{name} with a token: {kind}"
                    assert response.headers["WWW-Authenticate"].startswith("Bearer")
            for role in (None, *(frozenset(Role) - ROLES[name])):
                token = issuer.token(role) if role else issuer.token()
                async with http.request(method, path, headers=bearer(token)) as response:
                    assert response.status == 403, f"{name} as {role}"
    assert seen == {name for name in (*ROLES, *OPEN) if not name.startswith("/")}


# Tenants: what one has opened, no method shows to another or lets another touch.


@asynccontextmanager
async def opened(channel: grpc.aio.Channel, token: str) -> AsyncIterator[bytes]:
    """A stream that stays open, and its resume token."""
    over = asyncio.Event()

    async def requests() -> AsyncIterator[StreamVerifyRequest]:
        yield StreamVerifyRequest(open=StreamOpen(call="board", participant="seat 1", claim="Dora", format=GRAY))
        await over.wait()

    stream = VerificationServiceStub(channel).StreamVerify(requests(), metadata=metadata(token))
    first = await stream.read()
    yield first.opened.resume_token
    over.set()
    while await stream.read() is not grpc.aio.EOF:
        pass


async def present(channel: grpc.aio.Channel, token: str) -> list[str]:
    listed = await CallServiceStub(channel).ListParticipants(ListParticipantsRequest(), metadata=metadata(token))
    return [participant.participant for participant in listed.participants]


async def list_shows_own_only(channel: grpc.aio.Channel, ours: str, theirs: str, _: bytes) -> None:
    assert (await present(channel, ours), await present(channel, theirs)) == (["seat 1"], [])


async def watch_tells_own_only(channel: grpc.aio.Channel, ours: str, theirs: str, _: bytes) -> None:
    watching = CallServiceStub(channel).WatchVerdicts(WatchVerdictsRequest(), metadata=metadata(theirs))
    reading = asyncio.ensure_future(watching.read())
    async with opened(channel, theirs):  # the first thing that they hear of is their own
        assert (await reading).participant.participant == "seat 1"
    assert (await watching.read()).event == WatchVerdictsResponse.EVENT_LEFT
    watching.cancel()
    assert await present(channel, ours) == ["seat 1"]


async def a_stream_is_not_gone_on_with(channel: grpc.aio.Channel, ours: str, theirs: str, secret: bytes) -> None:
    opening = StreamOpen(call="board", participant="seat 1", claim="Dora", format=GRAY, resume_token=secret)
    stream = VerificationServiceStub(channel).StreamVerify(
        iter([StreamVerifyRequest(open=opening)]), metadata=metadata(theirs)
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stream.read()
    assert caught.value.code() is Code.NOT_FOUND
    async with opened(channel, theirs):  # the same call and participant, and yet nobody is replaced
        assert await present(channel, ours) == ["seat 1"]


async def attached(channel: grpc.aio.Channel, token: str) -> list[str]:
    """The sources of the token's tenant."""
    listed = await CallServiceStub(channel).ListSources(calls.ListSourcesRequest(), metadata=metadata(token))
    return [source.spec.name for source in listed.sources]


async def attach(channel: grpc.aio.Channel, token: str) -> None:
    """Attach a source of which nothing will ever come."""
    spec = calls.SourceSpec(name="lobby", whep=calls.WhepSource(url="http://127.0.0.1:1/whep"))
    await CallServiceStub(channel).AttachSource(calls.AttachSourceRequest(spec=spec), metadata=metadata(token))


async def sources_are_ones_own(channel: grpc.aio.Channel, ours: str, theirs: str, _: bytes) -> None:
    await attach(channel, ours)
    assert (await attached(channel, ours), await attached(channel, theirs)) == (["lobby"], [])
    await attach(channel, theirs)  # the same name, and neither is in the other's way


async def changes_of_sources_are_ones_own(channel: grpc.aio.Channel, ours: str, theirs: str, _: bytes) -> None:
    watching = CallServiceStub(channel).WatchSources(calls.WatchSourcesRequest(), metadata=metadata(theirs))
    reading = asyncio.ensure_future(watching.read())
    await watching.initial_metadata()
    await attach(channel, ours)
    stub = CallServiceStub(channel)
    spec = calls.SourceSpec(name="theirs", whep=calls.WhepSource(url="http://127.0.0.1:1/whep"))
    await stub.AttachSource(calls.AttachSourceRequest(spec=spec), metadata=metadata(theirs))
    assert (await reading).source.spec.name == "theirs"
    watching.cancel()


async def a_source_is_not_detached(channel: grpc.aio.Channel, ours: str, theirs: str, _: bytes) -> None:
    await attach(channel, ours)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await CallServiceStub(channel).DetachSource(calls.DetachSourceRequest(name="lobby"), metadata=metadata(theirs))
    assert caught.value.code() is Code.NOT_FOUND
    assert await attached(channel, ours) == ["lobby"]


async def a_claim_is_not_changed(channel: grpc.aio.Channel, ours: str, theirs: str, _: bytes) -> None:
    request = calls.SetClaimRequest(call="board", participant="seat 1", claim="Berta")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await CallServiceStub(channel).SetClaim(request, metadata=metadata(theirs))
    assert caught.value.code() is Code.NOT_FOUND
    listed = await CallServiceStub(channel).ListParticipants(ListParticipantsRequest(), metadata=metadata(ours))
    assert [participant.claim for participant in listed.participants] == ["Dora"]


async def known(channel: grpc.aio.Channel, token: str) -> dict[str, bool]:
    """The people of the token's tenant, and who of them has opted out."""
    listed = await EnrollmentServiceStub(channel).ListPeople(people.ListPeopleRequest(), metadata=metadata(token))
    return {person.name: person.opted_out for person in listed.people}


async def opt_out(channel: grpc.aio.Channel, token: str, name: str, opted_out: bool = True) -> None:
    request = people.SetOptOutRequest(name=name, opted_out=opted_out)
    await EnrollmentServiceStub(channel).SetOptOut(request, metadata=metadata(token))


async def list_names_own_only(channel: grpc.aio.Channel, ours: str, theirs: str, _: bytes) -> None:
    await opt_out(channel, ours, "Ada")
    assert (await known(channel, ours), await known(channel, theirs)) == ({"Ada": True}, {})


async def an_opt_out_is_of_ones_own(channel: grpc.aio.Channel, ours: str, theirs: str, _: bytes) -> None:
    await opt_out(channel, ours, "Ada")
    await opt_out(channel, theirs, "Ada", opted_out=False)
    assert await known(channel, ours) == {"Ada": True}


def of_ones_own(method: str, request: Message) -> "Crossing":
    """For the rival nobody is known by the name of our person, who stays as it was."""

    async def check(channel: grpc.aio.Channel, ours: str, theirs: str, _: bytes) -> None:
        await opt_out(channel, ours, "Ada")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await getattr(EnrollmentServiceStub(channel), method)(request, metadata=metadata(theirs))
        assert caught.value.code() is Code.NOT_FOUND
        assert await known(channel, ours) == {"Ada": True}

    return check


async def enrols_beside_a_namesake(channel: grpc.aio.Channel, ours: str, theirs: str, _: bytes) -> None:
    await opt_out(channel, ours, "Ada")
    enrolling = EnrollmentServiceStub(channel).Enroll(iter([begin("Ada")]), metadata=metadata(theirs))
    assert (await enrolling.read()).WhichOneof("message") == "progress"  # ours may not be enrolled: theirs is another
    enrolling.cancel()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await EnrollmentServiceStub(channel).Enroll(iter([begin("Ada")]), metadata=metadata(ours)).read()
    assert caught.value.code() is Code.FAILED_PRECONDITION


async def a_lock_is_of_ones_own(channel: grpc.aio.Channel, ours: str, theirs: str, _: bytes) -> None:
    for _ in range(4):
        opening = StreamOpen(call="board", participant="try", claim="Nobody", format=GRAY)
        await (
            VerificationServiceStub(channel)
            .StreamVerify(iter([StreamVerifyRequest(open=opening)]), metadata=metadata(ours))
            .read()
        )
    stub, request = EnrollmentServiceStub(channel), people.LiftLockRequest(name="Nobody")
    assert (await stub.LiftLock(request, metadata=metadata(theirs))).callers == 0
    assert (await stub.LiftLock(request, metadata=metadata(ours))).callers == 1


async def incidents_are_ones_own(channel: grpc.aio.Channel, ours: str, theirs: str, _: bytes) -> None:
    stub, listing = IncidentServiceStub(channel), incidents.ListIncidentsRequest()
    told = [len((await stub.ListIncidents(listing, metadata=metadata(token))).incidents) for token in (ours, theirs)]
    assert told == [1, 0]


async def an_incident_is_not_reached(channel: grpc.aio.Channel, ours: str, theirs: str, _: bytes) -> None:
    stub, false = IncidentServiceStub(channel), incidents.DISPOSITION_FALSE
    for asked in (
        stub.GetIncident(incidents.GetIncidentRequest(id="a" * 32), metadata=metadata(theirs)),
        stub.DisposeIncident(
            incidents.DisposeIncidentRequest(id="a" * 32, disposition=false), metadata=metadata(theirs)
        ),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await asked
        assert caught.value.code() is Code.NOT_FOUND
    found = await stub.GetIncident(incidents.GetIncidentRequest(id="a" * 32), metadata=metadata(ours))
    assert found.incident.disposition == incidents.DISPOSITION_OPEN


async def a_recalibration_is_ones_own(channel: grpc.aio.Channel, ours: str, theirs: str, _: bytes) -> None:
    stub = IncidentServiceStub(channel)
    told = []
    for token in (ours, theirs):
        found = await stub.GetRecalibration(incidents.GetRecalibrationRequest(), metadata=metadata(token))
        told.append(found.recalibration.still_open)
    assert told == [1, 0]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.ApplyRecalibration(incidents.ApplyRecalibrationRequest(), metadata=metadata(theirs))
    assert caught.value.code() is Code.FAILED_PRECONDITION
    reset = await stub.ResetRecalibration(incidents.ResetRecalibrationRequest(), metadata=metadata(theirs))
    assert reset.recalibration.still_open == 0


Crossing = Callable[[grpc.aio.Channel, str, str, bytes], Awaitable[None]]
CROSSINGS: dict[str, Crossing] = {
    "/guard.v1.VerificationService/StreamVerify": a_stream_is_not_gone_on_with,
    "/guard.v1.CallService/ListParticipants": list_shows_own_only,
    "/guard.v1.CallService/WatchVerdicts": watch_tells_own_only,
    "/guard.v1.CallService/AttachSource": sources_are_ones_own,
    "/guard.v1.CallService/ListSources": sources_are_ones_own,
    "/guard.v1.CallService/WatchSources": changes_of_sources_are_ones_own,
    "/guard.v1.CallService/DetachSource": a_source_is_not_detached,
    "/guard.v1.CallService/SetClaim": a_claim_is_not_changed,
    "/guard.v1.IncidentService/ListIncidents": incidents_are_ones_own,
    "/guard.v1.IncidentService/GetIncident": an_incident_is_not_reached,
    "/guard.v1.IncidentService/DisposeIncident": an_incident_is_not_reached,
    "/guard.v1.IncidentService/GetRecalibration": a_recalibration_is_ones_own,
    "/guard.v1.IncidentService/ApplyRecalibration": a_recalibration_is_ones_own,
    "/guard.v1.IncidentService/ResetRecalibration": a_recalibration_is_ones_own,
    "/guard.v1.EnrollmentService/Enroll": enrols_beside_a_namesake,
    "/guard.v1.EnrollmentService/GetPerson": of_ones_own("GetPerson", people.GetPersonRequest(name="Ada")),
    "/guard.v1.EnrollmentService/ListPeople": list_names_own_only,
    "/guard.v1.EnrollmentService/DeletePerson": of_ones_own("DeletePerson", people.DeletePersonRequest(name="Ada")),
    "/guard.v1.EnrollmentService/RenewTemplates": of_ones_own(
        "RenewTemplates", people.RenewTemplatesRequest(name="Ada")
    ),
    "/guard.v1.EnrollmentService/LiftLock": a_lock_is_of_ones_own,
    "/guard.v1.EnrollmentService/SetOptOut": an_opt_out_is_of_ones_own,
    "/guard.v1.EnrollmentService/ExportPerson": of_ones_own("ExportPerson", people.ExportPersonRequest(name="Ada")),
}
"""What happens across tenants, by method: `ours` has a stream open, `theirs` is another tenant's token."""


@pytest.mark.slow
@pytest.mark.parametrize("method", list(in_the_contract()))
async def test_no_method_reaches_another_tenant(channel: grpc.aio.Channel, issuer: Issuer, method: str) -> None:
    ours, theirs = issuer.token(Role.ADMIN), issuer.token(Role.ADMIN, tenant="rival")
    async with opened(channel, ours) as secret:
        await CROSSINGS[method](channel, ours, theirs, secret)


async def test_a_caller_of_the_same_tenant_does_not_go_on_with_the_stream_of_another(
    channel: grpc.aio.Channel, issuer: Issuer
) -> None:
    ours, theirs = issuer.token(Role.OPERATOR), issuer.token(Role.OPERATOR, tenant="acme", sub="another")
    async with opened(channel, ours) as secret:
        opening = StreamOpen(call="board", participant="seat 1", claim="Dora", format=GRAY, resume_token=secret)
        assert await ended(channel, theirs, opening) is Code.NOT_FOUND


async def ended(channel: grpc.aio.Channel, token: str, opening: StreamOpen) -> Code:
    stream = VerificationServiceStub(channel).StreamVerify(
        iter([StreamVerifyRequest(open=opening)]), metadata=metadata(token)
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stream.read()
    return caught.value.code()
