"""A stream outlives the connection that carried it."""

from collections.abc import AsyncIterator

import grpc
import pytest

from guard.client import field_of
from guard.v1.verification_pb2 import StreamOpen, StreamOpened, StreamVerifyRequest
from guard.v1.verification_pb2_grpc import VerificationServiceStub
from tests.rpc.test_verification import FORMAT, opening, sent
from tests.service_fakes import HORIZON, Serving, serving, until


@pytest.fixture
async def guard() -> AsyncIterator[Serving]:
    async with serving() as made:
        yield made


@pytest.fixture
async def stub(guard: Serving) -> AsyncIterator[VerificationServiceStub]:
    async with grpc.aio.insecure_channel(guard.addresses.grpc) as channel:
        yield VerificationServiceStub(channel)


def resuming(token: bytes, claim: str = "Dora", **fields: str) -> StreamVerifyRequest:
    said = {"participant": "seat", "claim": claim} | fields
    return StreamVerifyRequest(open=StreamOpen(format=FORMAT, resume_token=token, **said))


async def begun(stub: VerificationServiceStub, frames: int = HORIZON + 15) -> tuple[grpc.aio.Call, StreamOpened, list]:
    """A stream with verdicts, still open."""
    stream = stub.StreamVerify()
    await stream.write(opening())
    opened = (await stream.read()).opened
    for number in range(frames):
        await stream.write(sent(number))
    verdicts = [(await stream.read()).verdict for _ in range((frames + 4) // 5)]
    return stream, opened, verdicts


async def test_a_broken_stream_goes_on_with_its_evidence_and_its_sequence(
    guard: Serving, stub: VerificationServiceStub
) -> None:
    broken, opened, before = await begun(stub)
    broken.cancel()
    requests = [resuming(opened.resume_token), *(sent(number) for number in range(40, 40 + HORIZON))]
    answers = [answer async for answer in stub.StreamVerify(iter(requests))]
    again, after = answers[0].opened, [answer.verdict for answer in answers[1:]]
    assert (again.last_sequence, again.enrolled) == (before[-1].sequence, True)
    assert again.resume_token != opened.resume_token
    assert [verdict.sequence for verdict in after] == list(range(again.last_sequence + 1, again.last_sequence + 5))
    assert after[0].evidence == pytest.approx(before[-1].evidence, abs=0.5)
    assert (after[0].cuts, after[0].last_cut) == (before[-1].cuts + 1, 1)  # CUT_GAP
    await until(lambda: not guard.service.calls.participants())


async def test_a_connection_that_is_not_yet_known_to_be_broken_gives_its_stream_up(
    guard: Serving, stub: VerificationServiceStub
) -> None:
    former, opened, _ = await begun(stub, 5)
    newer = stub.StreamVerify()
    await newer.write(resuming(opened.resume_token))
    assert (await newer.read()).opened.last_sequence == 1
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await former.read()
    assert caught.value.code() is grpc.StatusCode.ABORTED
    assert len(guard.service.calls.participants()) == 1
    await newer.done_writing()
    await until(lambda: not guard.service.calls.participants())


@pytest.mark.parametrize("fields", [{"claim": "Berta"}, {"call": "another"}, {"participant": "another"}])
async def test_a_token_opens_only_what_it_was_given_for(stub: VerificationServiceStub, fields: dict[str, str]) -> None:
    stream, opened, _ = await begun(stub, 5)
    other = stub.StreamVerify(iter([resuming(opened.resume_token, **fields)]))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await other.read()
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert field_of(caught.value) == "open.resume_token"
    stream.cancel()


async def test_a_token_works_once_and_not_after_the_stream_was_closed(stub: VerificationServiceStub) -> None:
    stream, opened, _ = await begun(stub, 5)
    await stream.done_writing()
    assert await stream.read() is grpc.aio.EOF
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.StreamVerify(iter([resuming(opened.resume_token)])).read()
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_nobody_comes_back_and_the_stream_leaves() -> None:
    async with serving(resume_seconds=0) as guard, grpc.aio.insecure_channel(guard.addresses.grpc) as channel:
        stream = VerificationServiceStub(channel).StreamVerify()
        await stream.write(opening())
        assert (await stream.read()).HasField("opened")
        assert guard.service.calls.participants()
        stream.cancel()
        await until(lambda: not guard.service.calls.participants())
        assert guard.value("guard_streams_open", transport="grpc") == 0
