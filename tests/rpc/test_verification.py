"""StreamVerify over a real server on localhost."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import Any

import grpc
import numpy as np
import pytest
from google.protobuf.duration_pb2 import Duration

from guard.client import GuardClient, LumaFrame, field_of
from guard.core.items import Cut, Decision, Reason
from guard.v1.types_pb2 import Cut as CutValue
from guard.v1.verification_pb2 import (
    PictureFormat,
    PixelLayout,
    StreamCut,
    StreamOpen,
    StreamVerifyRequest,
    StreamVerifyResponse,
    VideoFrame,
)
from guard.v1.verification_pb2_grpc import VerificationServiceStub
from tests.service_fakes import HORIZON, MODEL_ID, Serving, moving, serving, until

GRAY = PixelLayout.PIXEL_LAYOUT_GRAY8
FORMAT = PictureFormat(layout=GRAY, width=128, height=128, full_range=True)


@pytest.fixture
async def guard() -> AsyncIterator[Serving]:
    async with serving() as made:
        yield made


@pytest.fixture
async def stub(guard: Serving) -> AsyncIterator[VerificationServiceStub]:
    async with grpc.aio.insecure_channel(guard.addresses.grpc) as channel:
        yield VerificationServiceStub(channel)


def opening(participant: str = "seat", claim: str = "Dora", picture: PictureFormat = FORMAT) -> StreamVerifyRequest:
    return StreamVerifyRequest(open=StreamOpen(participant=participant, claim=claim, format=picture))


def sent(number: int, data: bytes | None = None, **fields: object) -> StreamVerifyRequest:
    moment = Duration(nanos=number * 40_000_000 % 10**9, seconds=number * 40 // 1000)
    pixels = moving(number).tobytes() if data is None else data
    return StreamVerifyRequest(frame=VideoFrame(**{"time": moment, "data": pixels} | fields))


async def refusal(stub: VerificationServiceStub, *requests: StreamVerifyRequest) -> grpc.aio.AioRpcError:
    """How the call ends."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await collected(stub.StreamVerify(iter(requests)))
    return caught.value


async def collected(answers: AsyncIterable[object], into: list[Any] | None = None) -> list[Any]:
    """All answers; `into` keeps those that came before an error."""
    kept = [] if into is None else into
    async for answer in answers:
        kept.append(answer)
    return kept


async def pictures(count: int, bright_from: int | None = None) -> AsyncIterator[LumaFrame]:
    for number in range(count):
        bright = bright_from is not None and number >= bright_from
        yield LumaFrame(moving(number, bright=bright), number / 25, full_range=True)


async def test_frames_in_verdicts_out_to_the_last(stub: VerificationServiceStub) -> None:
    requests = [opening(), *map(sent, range(HORIZON + 10))]
    answers = [answer async for answer in stub.StreamVerify(iter(requests))]
    opened, verdicts = answers[0].opened, [answer.verdict for answer in answers[1:]]
    assert (opened.model_id, opened.fps, list(opened.horizons), opened.verdict_stride) == (MODEL_ID, 25, [HORIZON], 5)
    assert opened.enrolled
    assert [verdict.sequence for verdict in verdicts] == list(range(1, 7))
    assert not verdicts[0].HasField("score")
    assert verdicts[-1].score == pytest.approx(1.0)
    assert verdicts[-1].time.ToMilliseconds() == (HORIZON + 9) * 40


@pytest.mark.slow
async def test_the_client_reports_a_change_of_driver(guard: Serving) -> None:
    async with GuardClient(guard.addresses.grpc) as client:
        frames = pictures(200, bright_from=60)
        decisions = [
            verdict.decision
            async for verdict in client.stream_verify(frames, participant="seat", claim="Dora")
            if verdict.decision_changed
        ]
    assert decisions == [
        Decision.UNCERTAIN,
        Decision.VERIFIED,
        Decision.UNCERTAIN,
        Decision.IMPOSTOR_SUSPECTED,
    ]


@pytest.mark.slow
async def test_a_stream_faster_than_real_time_is_held_back_and_not_cut(guard: Serving) -> None:
    async with GuardClient(guard.addresses.grpc) as client:
        stream = client.stream_verify(pictures(300), participant="seat", claim="Dora")
        last = [verdict async for verdict in stream][-1]
    assert last.cuts == 0
    assert guard.value("guard_frames_received_total", transport="grpc") == 300


async def test_limited_range_and_i420_are_understood(guard: Serving, stub: VerificationServiceStub) -> None:
    """A black picture of ordinary video has luma 16, and is as dark as can be."""
    picture = PictureFormat(layout=PixelLayout.PIXEL_LAYOUT_I420, width=130, height=129)
    luma = np.full((129, 130), 16, np.uint8).tobytes()
    data = luma + bytes(2 * 65 * 65)
    frames = [sent(number, data) for number in range(HORIZON)]
    answers = [one async for one in stub.StreamVerify(iter([opening(picture=picture), *frames]))]
    assert answers[-1].verdict.reason == 3  # REASON_FROZEN
    stream_mean = guard.value("guard_windows_unscored_total", reason="FROZEN")
    assert stream_mean == 1


async def test_a_told_cut_and_a_new_format_end_the_run(guard: Serving) -> None:
    async def frames() -> AsyncIterator[LumaFrame | Cut]:
        async for picture in pictures(10):
            yield picture
        yield Cut.DECODER_FAULT
        for number in range(10, 20):
            yield LumaFrame(moving(number), number / 25, full_range=True)
        for number in range(20, 30):
            yield LumaFrame(np.kron(moving(number), np.ones((2, 2), np.uint8)), number / 25, full_range=True)

    async with GuardClient(guard.addresses.grpc) as client:
        verdicts = [one async for one in client.stream_verify(frames(), participant="seat", claim="Dora")]
    cuts = [one.last_cut for one in verdicts]
    assert cuts[-1] is Cut.PICTURE_CHANGED
    assert Cut.DECODER_FAULT in cuts
    assert verdicts[-1].cuts == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "requests"),
    [
        ("open", [sent(0)]),
        ("open", []),
        ("open", [opening(), opening()]),
        ("message", [opening(), StreamVerifyRequest()]),
        ("open.participant", [opening(participant="")]),
        ("open.claim", [opening(claim="a\nb")]),
        ("open.format.layout", [opening(picture=PictureFormat(width=128, height=128))]),
        ("open.format.width", [opening(picture=PictureFormat(layout=GRAY, width=0, height=0))]),
        ("open.format.height", [opening(picture=PictureFormat(layout=GRAY, width=1, height=2**31))]),
        ("open.format", [opening(picture=PictureFormat(layout=GRAY, width=4096, height=4096))]),
        ("open.format", [opening(picture=PictureFormat(layout="PIXEL_LAYOUT_I420", width=4095, height=2731))]),
        ("open.format.rotation", [opening(picture=PictureFormat(layout=GRAY, width=1, height=1, rotation=45))]),
        ("frame.data", [opening(), sent(0, b"")]),
        ("frame.data", [opening(), sent(0, bytes(128 * 128 - 1))]),
        ("frame.time", [opening(), sent(0, time=Duration(seconds=-1))]),
        ("frame.time", [opening(), sent(0, time=Duration(nanos=2 * 10**9))]),
        ("frame.time", [opening(), sent(0, time=Duration(seconds=2**63 - 1))]),
        ("frame.time", [opening(), sent(0, time=None)]),
        ("frame.format.width", [opening(), sent(0, format=PictureFormat(layout=GRAY, width=0, height=128))]),
        ("cut.cut", [opening(), StreamVerifyRequest(cut=StreamCut())]),
        ("cut.cut", [opening(), StreamVerifyRequest(cut=StreamCut(cut=77))]),
    ],
)
async def test_bad_input_is_refused_naming_the_field(
    guard: Serving, stub: VerificationServiceStub, field: str, requests: list[StreamVerifyRequest]
) -> None:
    error = await refusal(stub, *requests)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field_of(error) == field
    assert "\n" not in error.details()
    await until(lambda: not guard.service.calls.participants())


@pytest.mark.slow
async def test_the_largest_picture_fits_into_a_message(stub: VerificationServiceStub) -> None:
    picture = PictureFormat(layout=GRAY, width=4096, height=4095)
    last = opening(picture=picture), sent(0, bytes(4096 * 4095)), sent(1, bytes(4096 * 4095))
    answers = await collected(stub.StreamVerify(iter(last)))
    assert answers[0].HasField("opened")


async def test_a_faulty_stream_leaves_others_untouched(guard: Serving, stub: VerificationServiceStub) -> None:
    async def steady() -> AsyncIterator[StreamVerifyRequest]:
        yield opening("steady")
        for number in range(HORIZON + 5):
            yield sent(number)
            await asyncio.sleep(0.005)

    async def collect() -> list[object]:
        return [answer async for answer in stub.StreamVerify(steady())]

    collecting = asyncio.create_task(collect())
    for number in range(5):
        await refusal(stub, opening(f"faulty {number}"), sent(0, b"short"))
    answers = await collecting
    assert answers[-1].verdict.score == pytest.approx(1.0)
    assert answers[-1].verdict.cuts == 0


async def test_over_capacity_says_when_to_try_again(stub: VerificationServiceStub) -> None:
    streams = [stub.StreamVerify() for _ in range(4)]
    for number, stream in enumerate(streams):
        await stream.write(opening(f"seat {number}"))
        await stream.read()
    error = await refusal(stub, opening("one too many"))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "try again in 5 s" in error.details()
    for stream in streams:
        stream.cancel()


async def test_the_same_participant_again_ends_the_older_stream(stub: VerificationServiceStub) -> None:
    older = stub.StreamVerify()
    await older.write(opening())
    await older.read()
    newer = stub.StreamVerify()
    await newer.write(opening())
    assert (await newer.read()).HasField("opened")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await older.read()
    assert caught.value.code() is grpc.StatusCode.ABORTED
    newer.cancel()


async def test_a_caller_whose_deadline_passes_leaves_nothing_behind(
    guard: Serving, stub: VerificationServiceStub
) -> None:
    stream = stub.StreamVerify(timeout=0.3)
    await stream.write(opening())
    await stream.read()
    assert len(guard.service.calls.participants()) == 1
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stream.read()
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await until(lambda: not guard.service.calls.participants())
    assert guard.value("guard_streams_open", transport="grpc") == 0


async def test_an_exception_in_the_callers_frames_reaches_the_caller(guard: Serving) -> None:
    async def broken() -> AsyncIterator[LumaFrame]:
        async for picture in pictures(3):
            yield picture
        raise LookupError("no more video")

    async with GuardClient(guard.addresses.grpc) as client:
        with pytest.raises(LookupError):
            await collected(client.stream_verify(broken(), participant="seat", claim="Dora"))


@pytest.mark.slow
async def test_a_dead_engine_ends_streams_with_an_error_and_no_score(
    guard: Serving, stub: VerificationServiceStub
) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(guard.service.run(stop))
    guard.engine.failures = 1000
    error = await refusal(stub, opening(), *map(sent, range(10)))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert (await asyncio.gather(running, return_exceptions=True))[0].__class__.__name__ == "EngineError"
    assert guard.service.trouble() == "not running"
    assert guard.value("guard_windows_scored_total") == 0


async def test_draining_gives_the_last_verdicts_and_then_unavailable(
    guard: Serving, stub: VerificationServiceStub
) -> None:
    stream = stub.StreamVerify()
    for request in (opening(), *map(sent, range(HORIZON))):
        await stream.write(request)
    await until(lambda: guard.value("guard_frames_received_total", transport="grpc") == HORIZON)
    closing = asyncio.create_task(guard.service.close())
    answers: list[StreamVerifyResponse] = []
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await collected(stream, answers)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert answers[-1].verdict.score == pytest.approx(1.0)
    await closing


def test_reasons_have_the_same_words_on_the_wire() -> None:
    from guard.v1 import types_pb2

    def bare(names: Iterable[str]) -> set[str]:
        return {name.split("_", 1)[1] for name in names}

    assert bare(types_pb2.Reason.keys()) == {"UNSPECIFIED", *Reason}
    assert bare(types_pb2.Decision.keys()) == {"UNSPECIFIED", *Decision}
    assert bare(CutValue.keys()) == {"UNSPECIFIED", *Cut}
