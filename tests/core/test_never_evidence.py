"""What networks, cameras and clocks do to a stream is never evidence: it may cost scores, and makes none."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from guard.core.calibration import Calibration
from guard.core.items import Frame, Gray, Reason, Verdict
from guard.core.scoring import make_template
from guard.core.verifier import Verifier
from tests.core.fakes import FakeEngine, whole_clip
from tests.core.helpers import feed, grey, noise
from tests.core.helpers import settings as bundle

pytestmark = pytest.mark.slow

SIDE = noise(300, seed=3)[:, :, :64]
FILM = np.concatenate([SIDE, SIDE[:, :, ::-1]], axis=2)
"""The same on both sides: no stream of it is nearer to anything in a mirror."""
TEMPLATE = make_template(whole_clip(FILM[:16])[None], None)
WRAP = 2**32 / 90_000
"""Seconds after which a time stamp of RTP begins anew."""


def verdicts(sent: Iterable[Frame]) -> list[Verdict]:
    """Of a guard to whom every window says the same, 3 against the participant: whatever is scored accuses."""
    guard = Verifier(FakeEngine(), bundle(calibration=Calibration(0.0, -3.0)))
    return feed(guard, guard.open(TEMPLATE), sent)  # type: ignore[return-value]


def at(times: Iterable[float], picture: Callable[[int], Gray] = FILM.__getitem__) -> list[Frame]:
    """Frames at these seconds."""
    return [Frame(picture(n % len(FILM)), time) for n, time in enumerate(times)]


def assert_no_evidence(said: list[Verdict], *reasons: Reason) -> None:
    assert said
    assert {verdict.reason for verdict in said} <= set(reasons)
    assert {verdict.evidence for verdict in said} == {0.0}


@given(some.integers(0, 255), some.floats(20, 60))
@settings(max_examples=20, deadline=None)
def test_a_uniform_picture_is_never_evidence(level: int, fps: float) -> None:
    """Black frames, and what is sent for a camera that is off."""
    said = verdicts(at((n / fps for n in range(150)), lambda n: grey(level)))
    assert_no_evidence(said, Reason.TOO_FEW_FRAMES, Reason.FROZEN)


@given(some.integers(0, 100), some.floats(20, 60))
@settings(max_examples=20, deadline=None)
def test_a_freeze_is_never_evidence_however_long_it_lasts(begin: int, fps: float) -> None:
    pictures = [FILM[min(n, begin)] for n in range(300)]
    said = verdicts(at((n / fps for n in range(300)), pictures.__getitem__))
    frozen = [verdict for verdict in said if verdict.time > (begin + 1) / fps + 16 / 25]
    assert_no_change(frozen)
    assert {verdict.reason for verdict in frozen} == {Reason.FROZEN}


def assert_no_change(said: list[Verdict]) -> None:
    """Nothing of all that moved the evidence."""
    assert said
    assert {verdict.score for verdict in said} == {None}
    assert len({verdict.evidence for verdict in said}) == 1


@given(some.floats(2, 19), some.floats(0, 1e5))
@settings(max_examples=20, deadline=None)
def test_too_few_frames_a_second_are_never_evidence(fps: float, start: float) -> None:
    said = verdicts(at(start + n / fps for n in range(100)))
    late = [verdict for verdict in said if verdict.time > 14 / fps]
    assert_no_change(late)
    assert {verdict.reason for verdict in late} == {Reason.LOW_FRAME_RATE}


@given(some.integers(0, 140), some.sampled_from([24, 25, 30, 50, 60]))
@settings(max_examples=20, deadline=None)
def test_a_time_stamp_that_wraps_costs_one_cut_and_joins_nothing(wraps: int, fps: int) -> None:
    times = [(WRAP - wraps / fps + n / fps) % WRAP for n in range(150)]
    said = verdicts(at(times))
    assert {verdict.cuts for verdict in said} <= {0, 1}
    moments = [verdict.time for verdict in said]
    assert moments == sorted(moments)
    assert moments[-1] == pytest.approx(150 / fps, abs=0.4)


@given(some.lists(some.floats(0, 0.5), min_size=120, max_size=120))
@settings(max_examples=20, deadline=None)
def test_frames_that_arrive_out_of_order_or_in_bursts_are_scored_by_their_time_or_not_at_all(
    delays: list[float],
) -> None:
    sent = at(n / 25 for n in range(120))
    arrived = [frame for _, _, frame in sorted((frame.time + delays[n], n, frame) for n, frame in enumerate(sent))]
    guard = Verifier(FakeEngine(), bundle())
    for verdict in feed(guard, guard.open(TEMPLATE), arrived):
        assert isinstance(verdict, Verdict)
        if verdict.score is not None:
            assert verdict.score == pytest.approx(float(TEMPLATE @ whole_clip(shown_at(arrived, verdict))), abs=1e-4)


def shown_at(arrived: list[Frame], verdict: Verdict) -> Gray:
    """The window that a verdict must be about, from the frames that were not overtaken, without a grid."""
    newest, kept = -1.0, []
    for frame in arrived:
        if frame.time > newest:
            newest = frame.time
            kept.append(frame)
    moments = [verdict.time - back / 25 for back in range(15, -1, -1)]
    origin = kept[0].time
    return np.stack([[f.pixels for f in kept if f.time - origin < moment + 0.02][-1] for moment in moments])
