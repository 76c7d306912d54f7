"""Several streams in one StreamVerify call."""

from collections import defaultdict
from collections.abc import AsyncIterator
from unittest.mock import Mock

import grpc
import pytest
import structlog

from guard.client import field_of
from guard.rpc.connection import LONGEST_HANDLE
from guard.v1.types_pb2 import Cut
from guard.v1.verification_pb2 import StreamClose, StreamCut, StreamVerifyRequest, StreamVerifyResponse
from guard.v1.verification_pb2_grpc import VerificationServiceStub
from tests.rpc.test_verification import opening, sent
from tests.service_fakes import HORIZON, Serving, serving, until


@pytest.fixture
async def guard() -> AsyncIterator[Serving]:
    async with serving() as made:
        yield made


@pytest.fixture
async def stub(guard: Serving) -> AsyncIterator[VerificationServiceStub]:
    async with grpc.aio.insecure_channel(guard.addresses.grpc) as channel:
        yield VerificationServiceStub(channel)


def of(handle: str, request: StreamVerifyRequest) -> StreamVerifyRequest:
    """The message with a handle."""
    made = StreamVerifyRequest(stream=handle)
    made.MergeFrom(request)
    return made


async def answers(
    stub: VerificationServiceStub, *requests: StreamVerifyRequest
) -> dict[str, list[StreamVerifyResponse]]:
    """All answers by handle."""
    found = defaultdict(list)
    async for answer in stub.StreamVerify(iter(requests)):
        found[answer.stream].append(answer)
    return found


async def test_streams_of_one_connection_are_judged_apart(stub: VerificationServiceStub) -> None:
    requests = [of("a", opening("one", "Dora")), of("b", opening("two", "Berta"))]
    for number in range(HORIZON + 5):
        requests += [of("a", sent(number)), of("b", sent(number))]
    found = await answers(stub, *requests)
    for handle, score in (("a", 1.0), ("b", 0.0)):
        first, *verdicts, last = found[handle]
        assert first.HasField("opened")
        assert [one.verdict.sequence for one in verdicts] == [1, 2, 3, 4, 5]
        assert verdicts[-1].verdict.score == pytest.approx(score)
        assert (last.closed.status.code, last.HasField("closed")) == (0, True)


async def test_a_fault_closes_its_stream_and_leaves_the_others(stub: VerificationServiceStub) -> None:
    requests = [of("good", opening("one")), of("bad", opening("two")), of("bad", sent(0, b"short"))]
    for number in range(HORIZON):
        requests += [of("good", sent(number)), of("bad", sent(number))]
    found = await answers(stub, *requests)
    assert found["good"][-2].verdict.score == pytest.approx(1.0)
    (_, closed) = found["bad"]
    assert closed.closed.status.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert "frame.data" in closed.closed.status.message
    assert len(closed.closed.status.details) == 1


async def test_a_stream_is_closed_by_its_caller_and_its_handle_opens_another(stub: VerificationServiceStub) -> None:
    stream = stub.StreamVerify()
    await stream.write(of("a", opening("one")))
    await stream.read()
    await stream.write(of("a", StreamVerifyRequest(close=StreamClose())))
    assert (await stream.read()).closed.status.code == 0
    await stream.write(of("a", opening("two")))
    assert (await stream.read()).HasField("opened")
    await stream.done_writing()


async def test_frames_of_a_stream_that_was_never_opened_are_refused_once(stub: VerificationServiceStub) -> None:
    found = await answers(stub, of("a", opening("one")), of("b", sent(0)), of("b", sent(1)))
    (closed,) = found["b"]
    assert "open: must be the first message" in closed.closed.status.message


async def test_streams_over_capacity_are_refused_by_themselves(stub: VerificationServiceStub) -> None:
    stream = stub.StreamVerify()
    for number in range(5):
        await stream.write(of(str(number), opening(f"seat {number}")))
    first = [await stream.read() for _ in range(5)]  # while none of them has ended and made room
    (refused,) = (answer for answer in first if not answer.HasField("opened"))
    assert refused.closed.status.code == grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
    await stream.done_writing()
    assert [(await stream.read()).closed.status.code for _ in range(4)] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "requests", [[of("a", opening()), opening("two")], [opening(), of("a", sent(0))], [of("a" * 201, opening())]]
)
async def test_handles_are_used_throughout_or_not_at_all_and_are_short(
    guard: Serving, stub: VerificationServiceStub, requests: list[StreamVerifyRequest]
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await answers(stub, *requests)
    assert field_of(caught.value) == "stream"
    assert len("a" * 201) == LONGEST_HANDLE + 1
    await until(lambda: not guard.service.calls.participants())


async def assert_closed_alone(guard: Serving, stub: VerificationServiceStub, *faulty: StreamVerifyRequest) -> None:
    """The stream `bad` of Fay is closed by the service's own fault, which names her; one that was open goes on."""
    stream = stub.StreamVerify()
    await stream.write(of("good", opening("one")))
    assert (await stream.read()).HasField("opened")
    with structlog.testing.capture_logs() as lines:
        for request in faulty:
            await stream.write(of("bad", request))
        while not (answer := await stream.read()).HasField("closed"):
            pass
    assert (answer.stream, answer.closed.status.code) == ("bad", grpc.StatusCode.INTERNAL.value[0])
    failed = [line for line in lines if line["event"] == "stream failed"]
    assert [line["error"] for line in failed] == ["RuntimeError"]
    assert "Fay" not in f"{failed} {answer}"
    assert [one.participant for one in guard.service.calls.participants()] == ["one"]
    for number in range(HORIZON):
        await stream.write(of("good", sent(number)))
    await stream.done_writing()
    rest = []
    while (answer := await stream.read()) is not grpc.aio.EOF:
        rest.append(answer)
    assert rest[-2].verdict.score == pytest.approx(1.0)
    assert (rest[-1].stream, rest[-1].closed.status.code) == ("good", 0)


async def test_a_fault_in_opening_a_stream_closes_it_alone(
    guard: Serving, stub: VerificationServiceStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = guard.gallery.template

    def template(name: str, model_id: str, tenant: str) -> object:
        if name == "Fay":
            raise RuntimeError(f"the row of {name}")
        return found(name, model_id, tenant)

    monkeypatch.setattr(guard.gallery, "template", template)
    await assert_closed_alone(guard, stub, opening("two", "Fay"))


async def test_a_fault_in_carrying_a_stream_closes_it_alone(
    guard: Serving, stub: VerificationServiceStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guard.rpc.carrier.known_cut", Mock(side_effect=RuntimeError("a cut of Fay's")))
    cut = StreamVerifyRequest(cut=StreamCut(cut=Cut.CUT_GAP))
    await assert_closed_alone(guard, stub, opening("two", "Fay"), cut)


async def test_a_fault_of_the_service_ends_the_call_of_a_stream_without_a_handle(
    guard: Serving, stub: VerificationServiceStub
) -> None:
    guard.gallery.fault = RuntimeError("the row of Dora")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await answers(stub, opening())
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "Dora" not in caught.value.details()


@pytest.mark.slow
async def test_a_connection_that_nobody_reads_still_takes_frames(guard: Serving, stub: VerificationServiceStub) -> None:
    """Verdicts that may be dropped are dropped."""
    stream = stub.StreamVerify()
    for handle in ("a", "b"):
        await stream.write(of(handle, opening(handle)))
    for number in range(200):
        for handle in ("a", "b"):
            await stream.write(of(handle, sent(number)))
    await until(lambda: guard.value("guard_frames_received_total", transport="grpc") == 400)
    stream.cancel()
