"""The load benchmark: how it counts, and once for real. Never how fast."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from guard.access.caller import DEFAULT_TENANT
from guard.bundle import Bundle
from guard.callsbench import Load, shown
from guard.core.items import Cut, Frame
from guard.core.verifier import Verifier
from guard.engine import OnnxEngine
from guard.gallery import Gallery
from guard.streambench import CLAIM, ENROLLED, Tally, counted, enrol, measure_streams, performance, send_all
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


def llrs(tmp_path: Path, enrolled: Iterable[Frame | Cut], sent: Iterable[Frame | Cut]) -> list[float]:
    """Of the windows of who sends these, against a template of who showed those."""
    model = Bundle.default()
    enrol(tmp_path / "gallery", model, enrolled)
    verifier = Verifier(OnnxEngine(model), model.settings())
    stream = verifier.open(Gallery(tmp_path / "gallery").template(CLAIM, model.model_id, DEFAULT_TENANT))
    frames = [frame for frame in sent if isinstance(frame, Frame)]
    verdicts = [verdict for frame in frames for verdict in verifier.step([(stream, frame)])[0]]
    assert verifier.mirror_check(stream) is None
    return [one.llr for one in verdicts if one.llr is not None]


@pytest.mark.slow
def test_who_sends_is_who_is_enrolled(tmp_path: Path) -> None:
    enrolled, sent = ([Frame(one, at) for at, one in performance(ENROLLED, seed)] for seed in (1, 0))
    found = llrs(tmp_path, enrolled, sent)
    assert len(found) > 60
    assert min(found) > 0


@pytest.mark.slow
def test_who_calls_is_who_is_enrolled(tmp_path: Path) -> None:
    load = Load(1, "vp8", "320x180", 1.0, 0)
    found = llrs(tmp_path, shown(load), shown(load))
    assert len(found) > 60
    assert sum(found) / len(found) > 0


@pytest.mark.slow
async def test_every_verdict_of_a_small_load_comes() -> None:
    facts = await measure_streams(None, streams=2, length=5)
    assert (facts["streams_refused"], facts["frames_sent"]) == (0, 250)
    assert facts["verdicts_received"] == facts["verdicts_due"] == 50
    assert facts["scores_received"] == facts["scores_due"] == 26
    assert facts["cuts"] == {}
