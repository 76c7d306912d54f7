"""Several streams in one StreamVerify call."""

from collections import defaultdict
from collections.abc import AsyncIterator

import grpc
import pytest

from guard.client import field_of
from guard.rpc.connection import LONGEST_HANDLE
from guard.v1.verification_pb2 import StreamClose, StreamVerifyRequest, StreamVerifyResponse
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
    found = await answers(stub, *(of(str(number), opening(f"seat {number}")) for number in range(5)))
    codes = [one[-1].closed.status.code for one in found.values()]
    assert sorted(codes) == [0, 0, 0, 0, grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]]


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


async def test_a_stalled_stream_does_not_stop_the_others(guard: Serving, stub: VerificationServiceStub) -> None:
    """The reader of neither stream reads: what may be dropped is, and both streams get all their frames."""
    stream = stub.StreamVerify()
    for handle in ("a", "b"):
        await stream.write(of(handle, opening(handle)))
    for number in range(200):
        for handle in ("a", "b"):
            await stream.write(of(handle, sent(number)))
    await until(lambda: guard.value("guard_frames_received_total", transport="grpc") == 400)
    stream.cancel()
