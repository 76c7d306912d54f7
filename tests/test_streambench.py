"""The load benchmark: how it counts, and once for real. Never how fast."""

import asyncio

import pytest

from guard.streambench import Tally, counted, measure_streams, send_all
from guard.v1.types_pb2 import Reason, Verdict
from guard.v1.verification_pb2 import StreamOpened, StreamVerifyResponse
from tests.service_fakes import serving


def test_verdicts_and_scores_that_are_due_follow_from_the_frames_sent() -> None:
    full, short, refused = Tally(sent_at=[0.0] * 70), Tally(sent_at=[0.0] * 10), Tally(refused=True)
    full.verdicts.update({"": 2, "TOO_FEW_FRAMES": 12})
    short.verdicts.update({"TOO_FEW_FRAMES": 1, "CAPACITY": 1})
    facts = counted([full, short, refused], horizon=64, stride=5)
    assert (facts["frames_sent"], facts["streams_refused"]) == (80, 1)
    # of 70 frames those numbered 3, 8, ..., 68 are due for a verdict, 63 and 68 for a score; of 10 frames 3 and 8
    assert (facts["verdicts_due"], facts["verdicts_received"]) == (16, 16)
    assert (facts["scores_due"], facts["scores_received"]) == (2, 2)
    assert facts["unscored"] == {"CAPACITY": 1, "TOO_FEW_FRAMES": 13}
    assert facts["latency_from_send_ms"] == {"p50": None, "p99": None}


def test_a_verdict_is_counted_by_its_reason_and_timed_from_its_own_frame() -> None:
    tally = Tally(sent_at=[0.0, 0.0, -1000.0])
    tally.take(StreamVerifyResponse(opened=StreamOpened()))
    verdict = Verdict(reason=Reason.REASON_CAPACITY)
    verdict.time.FromMilliseconds(80)
    tally.take(StreamVerifyResponse(verdict=verdict))
    scored = Verdict(score=0.5)
    scored.time.FromMilliseconds(40)
    tally.take(StreamVerifyResponse(verdict=scored))
    assert tally.verdicts == {"CAPACITY": 1, "": 1}
    assert tally.latencies[0] - tally.latencies[1] == pytest.approx(1000, abs=1)


async def test_a_stream_that_is_refused_is_counted_and_sends_nothing() -> None:
    async with serving(max_streams=1) as guard:
        await guard.service.calls.join(call="", participant="first", claim="", transport="grpc")
        (tally,) = await send_all(guard.addresses.grpc, streams=1, length=0.2)
    assert (tally.refused, tally.sent_at) == (True, [])
    assert not [task for task in asyncio.all_tasks() if "_consume_request_iterator" in repr(task)]


@pytest.mark.slow
async def test_every_verdict_of_a_small_load_comes() -> None:
    facts = await measure_streams(None, streams=2, length=5)
    assert (facts["streams_refused"], facts["frames_sent"]) == (0, 250)
    assert facts["verdicts_received"] == facts["verdicts_due"] == 50
    assert facts["scores_received"] == facts["scores_due"] == 26
    assert facts["cuts"] == {}
