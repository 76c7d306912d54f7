"""EnrollmentService over a real server on localhost."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from grpc_status import rpc_status

from guard.client import field_of
from guard.core.errors import DrainingError
from guard.rpc import arriving, enrolling
from guard.v1 import enrollment_pb2 as messages
from guard.v1.enrollment_pb2_grpc import EnrollmentServiceStub
from guard.v1.types_pb2 import Reason
from guard.v1.verification_pb2 import PictureFormat, PixelLayout, VideoFrame
from tests.rpc.test_verification import FORMAT, collected, sent
from tests.service_fakes import MODEL_ID, Serving, frame, moving, serving

NOW = datetime.now(UTC)


@pytest.fixture
async def guard() -> AsyncIterator[Serving]:
    async with serving() as made:
        del made.gallery.templates["Dora"]  # the dark one is who enrols here; Berta, the bright one, is somebody else
        yield made


@pytest.fixture
async def stub(guard: Serving) -> AsyncIterator[EnrollmentServiceStub]:
    async with grpc.aio.insecure_channel(guard.addresses.grpc) as channel:
        yield EnrollmentServiceStub(channel)


def moment(days: float) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(NOW + timedelta(days=days))
    return made


def consent(**changes: object) -> messages.Consent:
    parts = {"obtained_by": "HR", "purpose": "calls", "given_at": moment(-1), "expires_at": moment(365)}
    return messages.Consent(**parts | changes)


def begin(name: str = "Ada", **changes: object) -> messages.EnrollRequest:
    parts = {"name": name, "consent": consent(), "format": FORMAT}
    return messages.EnrollRequest(begin=messages.EnrollBegin(**parts | changes))


def frames(count: int, *, first: int = 0, bright: bool = False) -> list[messages.EnrollRequest]:
    numbers = range(first, first + count)
    return [
        messages.EnrollRequest(frame=sent(number, moving(number, bright=bright).tobytes()).frame) for number in numbers
    ]


def clip(session: str = "") -> messages.EnrollRequest:
    return messages.EnrollRequest(clip=messages.EnrollClip(session=session))


async def answers(stub: EnrollmentServiceStub, requests: Iterable[messages.EnrollRequest]) -> list[Any]:
    return await collected(stub.Enroll(iter(requests)))


async def refusal(
    stub: EnrollmentServiceStub, *requests: messages.EnrollRequest, into: list[Any] | None = None
) -> grpc.aio.AioRpcError:
    """How the call ends; `into` keeps what came before."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await collected(stub.Enroll(iter(requests)), into)
    return caught.value


def facts(error: grpc.aio.AioRpcError) -> dict[str, str]:
    """Reason and metadata of the error's ErrorInfo."""
    info = ErrorInfo()
    status = rpc_status.from_call(error)
    assert status is not None
    assert status.details[0].Unpack(info)
    return {"reason": info.reason, **info.metadata}


async def test_frames_in_progress_about_every_second_and_the_person_last(
    guard: Serving, stub: EnrollmentServiceStub
) -> None:
    given = await answers(stub, [begin(), *frames(75)])
    *steps, last = given
    assert [step.progress.usable_windows for step in steps] == [0, 2, 5]
    assert steps[0].progress.reason == Reason.REASON_TOO_FEW_FRAMES
    assert steps[-1].progress.reason == Reason.REASON_UNSPECIFIED
    assert (steps[-1].progress.material, steps[-1].progress.motion, steps[-1].progress.advice) == (1, 1, "")
    (template,) = last.enrolled.templates
    assert last.enrolled.name == "Ada"
    assert last.enrolled.consent == consent()
    assert (template.model_id, template.windows, template.references, template.sessions) == (MODEL_ID, 8, 1, 1)
    assert template.material.ToMilliseconds() == (16 + 7 * 8) * 40
    assert "Ada" in guard.gallery.templates


@pytest.mark.slow
async def test_clips_are_references_of_the_sessions_they_name(stub: EnrollmentServiceStub) -> None:
    office = messages.EnrollClip(session="office")
    requests = [begin(clip=office), *frames(40), clip("office"), *frames(40), clip(), *frames(40), clip(), *frames(40)]
    (template,) = (await answers(stub, requests))[-1].enrolled.templates
    assert (template.references, template.sessions, template.windows) == (4, 3, 16)


async def test_a_clip_may_have_a_format_of_its_own(stub: EnrollmentServiceStub) -> None:
    small = PictureFormat(layout=PixelLayout.PIXEL_LAYOUT_GRAY8, width=64, height=64, full_range=True)
    tiny = [
        messages.EnrollRequest(frame=VideoFrame(time=sent(n).frame.time, data=moving(n)[:64, :64].tobytes()))
        for n in range(40)
    ]
    requests = [begin(), *frames(40), messages.EnrollRequest(clip=messages.EnrollClip(format=small)), *tiny]
    (template,) = (await answers(stub, requests))[-1].enrolled.templates
    assert template.references == 2


@pytest.mark.slow
async def test_added_clips_join_earlier_ones_and_others_replace_them(stub: EnrollmentServiceStub) -> None:
    await answers(stub, [begin(), *frames(40)])
    (added,) = (await answers(stub, [begin(add=True), *frames(40)]))[-1].enrolled.templates
    assert added.references == 2
    (replaced,) = (await answers(stub, [begin(), *frames(40)]))[-1].enrolled.templates
    assert replaced.references == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("requests", "field", "shortfall"),
    [
        ([begin(), *frames(20)], "clips", "MATERIAL"),
        ([begin()], "clips", "MATERIAL"),
        ([begin(), *frames(40), clip(), *frames(40), clip(), *frames(40, bright=True)], "clips[2]", "OUTLIER"),
        ([begin("Eve"), *frames(40, bright=True)], "clips[0]", "LIKENESS"),
    ],
)
async def test_clips_that_do_not_suffice_are_refused_with_what_they_lack(
    guard: Serving, stub: EnrollmentServiceStub, requests: list[messages.EnrollRequest], field: str, shortfall: str
) -> None:
    error = await refusal(stub, *requests)
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    found = facts(error)
    assert (found["reason"], found["field"], found["shortfall"]) == ("QUALITY", field, shortfall)
    assert found["advice"]
    assert guard.gallery.references == {}


async def test_a_standing_picture_is_told_while_it_can_be_helped(stub: EnrollmentServiceStub) -> None:
    still = [
        messages.EnrollRequest(frame=VideoFrame(time=sent(n).frame.time, data=moving(0).tobytes())) for n in range(40)
    ]
    given: list[Any] = []
    error = await refusal(stub, begin(), *still, into=given)
    assert "FROZEN" in str(error.details())
    assert given[-1].progress.reason == Reason.REASON_FROZEN
    assert given[-1].progress.advice == "the picture stands still: look whether the camera works"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "field"),
    [
        (frames(1)[0], "begin"),
        (begin(""), "begin.name"),
        (begin(consent=None), "begin.consent.obtained_by"),
        (begin(consent=consent(purpose=" ")), "begin.consent.purpose"),
        (begin(consent=consent(given_at=None)), "begin.consent.given_at"),
        (begin(consent=consent(given_at=moment(1))), "begin.consent.given_at"),
        (begin(consent=consent(expires_at=moment(-0.1))), "begin.consent.expires_at"),
        (begin(consent=consent(expires_at=Timestamp(seconds=2**62))), "begin.consent.expires_at"),
        (begin(format=None), "begin.format.layout"),
        (begin(clip=messages.EnrollClip(session="x" * 201)), "begin.clip.session"),
    ],
)
async def test_a_beginning_that_cannot_be_one_names_the_field(
    guard: Serving, stub: EnrollmentServiceStub, first: messages.EnrollRequest, field: str
) -> None:
    error = await refusal(stub, first)
    assert (error.code(), field_of(error)) == (grpc.StatusCode.INVALID_ARGUMENT, field)
    assert guard.gallery.references == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("then", "field"),
    [
        (begin(), "begin"),
        (messages.EnrollRequest(), "message"),
        (messages.EnrollRequest(frame=VideoFrame(data=b"1")), "frame.time"),
    ],
)
async def test_a_later_message_that_is_wrong_ends_the_enrolment(
    stub: EnrollmentServiceStub, then: messages.EnrollRequest, field: str
) -> None:
    error = await refusal(stub, begin(), *frames(40), then)
    assert (error.code(), field_of(error)) == (grpc.StatusCode.INVALID_ARGUMENT, field)


async def test_no_more_frames_and_clips_than_the_bounds(
    stub: EnrollmentServiceStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrolling, "MOST_FRAMES", 20)
    monkeypatch.setattr(enrolling, "MOST_CLIPS", 2)
    assert field_of(await refusal(stub, begin(), *frames(21))) == "frame"
    assert field_of(await refusal(stub, begin(), clip(), clip())) == "clip"


async def test_a_silent_caller_makes_room(stub: EnrollmentServiceStub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "PATIENCE", 0.05)

    async def silent() -> AsyncIterator[messages.EnrollRequest]:
        yield begin()
        await asyncio.Event().wait()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await collected(stub.Enroll(silent()))
    assert (caught.value.code(), field_of(caught.value)) == (grpc.StatusCode.INVALID_ARGUMENT, "frame")


async def test_a_cancelled_enrolment_changes_nothing_and_gives_its_place_back(
    guard: Serving, stub: EnrollmentServiceStub
) -> None:
    async def endless() -> AsyncIterator[messages.EnrollRequest]:
        yield begin()
        for one in frames(60):
            yield one
        await asyncio.Event().wait()

    call = stub.Enroll(endless())
    while (await call.read()).progress.usable_windows < 5:
        pass
    busy = await refusal(stub, begin("Bob"))
    call.cancel()
    assert busy.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    status, retry = rpc_status.from_call(busy), RetryInfo()
    assert status is not None
    assert status.details[1].Unpack(retry)
    assert retry.retry_delay.seconds > 0
    async with asyncio.timeout(10):
        while (await refusal(stub, begin())).code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
            pass
    assert guard.gallery.references == {}


async def test_who_opted_out_cannot_be_enrolled_until_that_is_taken_back(
    guard: Serving, stub: EnrollmentServiceStub
) -> None:
    await stub.SetOptOut(messages.SetOptOutRequest(name="Ada", opted_out=True))
    error = await refusal(stub, begin())
    assert (error.code(), facts(error)["reason"]) == (grpc.StatusCode.FAILED_PRECONDITION, "OPTED_OUT")
    await stub.SetOptOut(messages.SetOptOutRequest(name="Ada", opted_out=False))
    assert (await answers(stub, [begin(), *frames(40)]))[-1].enrolled.name == "Ada"


async def test_live_streams_keep_their_verdicts_while_somebody_enrols(
    guard: Serving, stub: EnrollmentServiceStub
) -> None:
    calls = guard.service.calls
    joined = await calls.join(call="", participant="seat", claim="Berta", transport="grpc")
    enrolment = asyncio.create_task(answers(stub, [begin(), *frames(75)]))
    for number in range(60):
        await calls.room(joined.key)
        calls.offer(joined.key, frame(number), time.monotonic())
    await guard.service.worker.rest(joined.key)
    newest = calls.newest(joined.key)
    assert (await enrolment)[-1].HasField("enrolled")
    assert newest is not None
    assert newest.cuts == 0
    assert newest.sequence == 12


async def test_a_gallery_that_hangs_costs_an_enrolment_its_turn_and_no_more(
    guard: Serving, stub: EnrollmentServiceStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guard.lookups.ANSWERS_WITHIN", 0.05)
    release = threading.Event()
    monkeypatch.setattr(guard.gallery, "opted_out", lambda *_: release.wait(10))
    assert (await refusal(stub, begin())).code() is grpc.StatusCode.UNAVAILABLE
    release.set()
    monkeypatch.undo()
    assert (await answers(stub, [begin(), *frames(40)]))[-1].enrolled.name == "Ada"


async def test_nobody_begins_to_enrol_while_the_service_stops(guard: Serving, stub: EnrollmentServiceStub) -> None:
    await guard.service.calls.drain(0)
    error = await refusal(stub, begin())
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    status, info = rpc_status.from_call(error), ErrorInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    assert info.reason == "DRAINING"


async def test_who_is_being_enrolled_while_the_service_stops_is_told_to_come_back(
    guard: Serving, stub: EnrollmentServiceStub
) -> None:
    begun = asyncio.Event()

    async def requests() -> AsyncIterator[messages.EnrollRequest]:
        for request in [begin(), *frames(10)]:
            yield request
        begun.set()
        await asyncio.Event().wait()

    call = stub.Enroll(requests())
    answering = asyncio.create_task(collected(call))
    await begun.wait()
    began = time.monotonic()
    await guard.service.calls.drain(5.0)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await answering
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert time.monotonic() - began < 4  # and not only when the caller's silence is noticed
    info, retry = details(caught.value)
    assert (info.reason, retry.retry_delay.seconds) == ("DRAINING", 5)
    assert "Ada" not in guard.gallery.templates


async def test_who_has_sent_everything_when_the_service_stops_is_enrolled() -> None:
    async def sent_all() -> AsyncIterator[messages.EnrollRequest]:
        for request in ():
            yield request

    async def sending() -> AsyncIterator[messages.EnrollRequest]:
        yield clip()

    draining = asyncio.Event()
    draining.set()
    assert [request async for request in arriving.patient(sent_all(), draining)] == []
    with pytest.raises(DrainingError):
        [request async for request in arriving.patient(sending(), draining)]


def details(error: grpc.aio.AioRpcError) -> tuple[ErrorInfo, RetryInfo]:
    """What a program can read of a refusal."""
    info, retry = ErrorInfo(), RetryInfo()
    status = rpc_status.from_call(error)
    assert status is not None
    assert any(detail.Unpack(info) for detail in status.details)
    assert any(detail.Unpack(retry) for detail in status.details)
    return info, retry


@pytest.mark.slow
async def test_a_failed_step_ends_the_enrolment_as_our_fault(guard: Serving, stub: EnrollmentServiceStub) -> None:
    guard.engine.failures = 1
    error = await refusal(stub, begin(), *frames(40))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert guard.gallery.references == {}
    assert guard.service.trouble() is None


async def test_people_are_listed_page_by_page_in_order_of_their_names(
    guard: Serving, stub: EnrollmentServiceStub
) -> None:
    for name in ("Bob", "Ada", "Cleo"):
        guard.gallery.set_opt_out(name, "default", False)
    guard.gallery.set_opt_out("Zoe", "other tenant", False)
    first = await stub.ListPeople(messages.ListPeopleRequest(page_size=2))
    assert [person.name for person in first.people] == ["Ada", "Bob"]
    last = await stub.ListPeople(messages.ListPeopleRequest(page_size=2, page_token=first.next_page_token))
    assert ([person.name for person in last.people], last.next_page_token) == (["Cleo"], "")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.ListPeople(messages.ListPeopleRequest(page_token="?"))
    assert field_of(caught.value) == "page_token"


async def test_one_person_is_shown_renewed_exported_and_erased(stub: EnrollmentServiceStub) -> None:
    await answers(stub, [begin(), *frames(40)])
    person = (await stub.GetPerson(messages.GetPersonRequest(name="Ada"))).person
    assert (person.name, len(person.templates)) == ("Ada", 1)
    assert (await stub.RenewTemplates(messages.RenewTemplatesRequest(name="Ada"))).person.name == "Ada"
    document = (await stub.ExportPerson(messages.ExportPersonRequest(name="Ada"))).document
    assert json.loads(document)["name"] == "Ada"
    await stub.DeletePerson(messages.DeletePersonRequest(name="Ada"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetPerson(messages.GetPersonRequest(name="Ada"))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("method", ["GetPerson", "DeletePerson", "RenewTemplates", "ExportPerson"])
async def test_an_unknown_name_is_not_found(stub: EnrollmentServiceStub, method: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await getattr(stub, method)(getattr(messages, f"{method}Request")(name="nobody"))
    assert (caught.value.code(), field_of(caught.value)) == (grpc.StatusCode.NOT_FOUND, "name")


async def test_changes_are_recorded_with_who_made_them_and_whether_they_failed(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    async with serving(audit={"log": log}) as guard, grpc.aio.insecure_channel(guard.addresses.grpc) as channel:
        guard.gallery.templates.clear()
        stub = EnrollmentServiceStub(channel)
        await answers(stub, [begin(), *frames(40)])
        await refusal(stub, begin(), *frames(20))
        await stub.SetOptOut(messages.SetOptOutRequest(name="Ada", opted_out=True))
        await stub.ExportPerson(messages.ExportPersonRequest(name="Ada"))
        await stub.RenewTemplates(messages.RenewTemplatesRequest(name="Ada"))
        await stub.DeletePerson(messages.DeletePersonRequest(name="Ada"))
    actions = [json.loads(line)["action"] for line in log.read_text().splitlines()]
    assert [action for action in actions if action.startswith("person.")] == [
        "person.enroll",
        "person.enroll",
        "person.enroll.failed",
        "person.opt_out",
        "person.export",
        "person.renew",
        "person.remove",
    ]


async def test_a_caller_who_enrols_too_often_is_told_when_to_come_back() -> None:
    made = serving(limits={"enrolments_per_minute": 1})
    async with made as guard, grpc.aio.insecure_channel(guard.addresses.grpc) as channel:
        for code in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await EnrollmentServiceStub(channel).Enroll(iter([begin(name="")])).read()
            assert caught.value.code() is code
    status, wait = rpc_status.from_call(caught.value), RetryInfo()
    assert any(detail.Unpack(wait) for detail in status.details)
    assert 0 < wait.retry_delay.ToTimedelta().total_seconds() <= 60


@pytest.mark.slow
async def test_a_clip_that_is_long_enough_is_kept_with_how_it_moved(
    guard: Serving, stub: EnrollmentServiceStub
) -> None:
    await answers(stub, [begin(), *frames(264), clip(), *frames(40, first=300), clip(), *frames(280, first=400)])
    motions = [one.motion for one in guard.gallery.references["default", "Ada"]]
    assert [None if one is None else one.shape for one in motions] == [(132, 8), None, (140, 8)]
