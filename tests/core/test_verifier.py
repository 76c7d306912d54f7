"""From frames to verdicts. A calibration of slope 0 gives every window one LLR, so that evidence is foreseeable."""

import math

import numpy as np
import pytest

from guard.core.calibration import Calibration
from guard.core.errors import EngineError, InputError, SettingsError
from guard.core.items import Cut, Decision, Frame, Reason, Thresholds, Verdict
from guard.core.scoring import make_template
from guard.core.session import ASSUMED, call_llr
from guard.core.verifier import Settings, Stream, Verifier
from tests.core.fakes import FakeEngine, whole_clip
from tests.core.helpers import THRESHOLDS, feed, frames, grey, noise, settings

FILM = noise(400)
TEMPLATE = make_template(whole_clip(FILM[:16])[None], None)


def verifier(llr: float | None = None, engine: FakeEngine | None = None, **changes: object) -> Verifier:
    calibration = Calibration(10.0, 0.0) if llr is None else Calibration(0.0, llr)
    return Verifier(engine or FakeEngine(), settings(calibration=calibration, **changes))  # type: ignore[arg-type]


def verdicts(llr: float | None, count: int) -> tuple[Verifier, Stream, list[Verdict]]:
    """The verdicts about the film's first frames, and what gave them."""
    guard = verifier(llr)
    stream = guard.open(TEMPLATE)
    return guard, stream, feed(guard, stream, frames(FILM[:count]))  # type: ignore[return-value]


def after(count: int, seconds: float = 0.0) -> list[Frame]:
    """A hundred frames of the film from frame `count` on, `seconds` later than they should come."""
    return frames(FILM[count : count + 100], start=count / 25 + seconds)


def test_a_verdict_comes_every_stride_and_carries_a_score_once_the_window_is_full() -> None:
    _, _, given = verdicts(None, 31)
    assert [(v.time, v.horizon, v.reason) for v in given] == [
        (0.0, 0, Reason.TOO_FEW_FRAMES),
        (0.2, 0, Reason.TOO_FEW_FRAMES),
        (0.4, 0, Reason.TOO_FEW_FRAMES),
        (0.6, 16, None),
        (0.8, 16, None),
        (1.0, 16, None),
        (1.2, 16, None),
    ]
    assert [v.sequence for v in given] == [1, 2, 3, 4, 5, 6, 7]
    assert {v.model_id for v in given} == {"test"}


def test_64_frames_give_the_first_score_and_then_one_comes_every_five() -> None:
    guard = verifier(horizons=(64,))
    given = feed(guard, guard.open(TEMPLATE), frames(FILM[:80]))
    assert [round(v.time * 25) + 1 for v in given if v.reason is None] == [64, 69, 74, 79]
    assert [round(v.time * 25) + 1 for v in given if v.reason] == [4, 9, 14, 19, 24, 29, 34, 39, 44, 49, 54, 59]


def test_the_score_is_the_cosine_of_template_and_whole_window() -> None:
    _, _, given = verdicts(None, 60)
    for v in given[3:]:
        newest = round(v.time * 25)
        exact = float(TEMPLATE @ whole_clip(FILM[newest - 15 : newest + 1]))
        assert v.score == pytest.approx(exact, abs=1e-5)
        assert v.llr == pytest.approx(10 * exact, abs=1e-4)
    assert given[3].score == pytest.approx(1, abs=1e-5)


def test_the_centre_is_taken_off_both() -> None:
    centre = np.random.default_rng(5).normal(size=256).astype(np.float32) / 20
    base = settings()
    centred = Settings("test", (16,), 5, base.calibration, THRESHOLDS, 0.5, centre)
    guard = Verifier(FakeEngine(), centred)
    windows = np.stack([whole_clip(FILM[:16]), whole_clip(FILM[5:21])])
    first, second = feed(guard, guard.open(make_template(windows[:1], centre)), frames(FILM[:21]))[3:]
    a, b = windows - centre
    assert first.score == pytest.approx(1, abs=1e-5)
    assert second.score == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=1e-5)


def test_score_and_llr_are_there_exactly_when_no_reason_is() -> None:
    guard = verifier()
    sent = [*frames(FILM[:40]), *frames([grey(5)] * 40, start=1.6), *after(80, 3.0)]
    given = feed(guard, guard.open(TEMPLATE), sent)
    assert {v.reason for v in given} == {None, Reason.TOO_FEW_FRAMES, Reason.FROZEN}
    for v in given:
        assert (v.score is None) == (v.llr is None) == (v.reason is not None) == (v.horizon == 0)


def evidence_of(llr: float, seconds: float) -> float:
    """What windows that all say `llr` come to, by so many seconds of news beyond the first window."""
    return max(-THRESHOLDS.limit, min(THRESHOLDS.limit, call_llr(llr, seconds, ASSUMED)))


def test_evidence_is_that_of_a_call_of_new_frames() -> None:
    _, _, given = verdicts(1.5, 60)
    seconds = 0.64
    for v in given[3:]:
        if v is not given[3]:
            seconds = seconds * math.exp(-0.2 / THRESHOLDS.memory) + 0.2
        assert v.evidence == pytest.approx(evidence_of(1.5, max(0.0, seconds - 0.64)))


def test_unscored_windows_leave_evidence_alone_and_what_follows_weighs_their_frames() -> None:
    guard = verifier(1.0)
    stream = guard.open(TEMPLATE)
    feed(guard, stream, frames(FILM[:16]))
    frozen = feed(guard, stream, frames([FILM[15]] * 30, start=16 / 25))
    assert {v.evidence for v in frozen if v.reason} == {frozen[-1].evidence}
    assert frozen[-1].reason is Reason.FROZEN
    before = stream.evidence.summaries[16].seconds
    (first, *_) = [v for v in feed(guard, stream, after(46)[:16]) if v.reason is None]
    scored_at = max(v.time for v in frozen if v.reason is None)
    news = min(16, round((first.time - scored_at) * 25)) / 25
    gone = math.exp(-(first.time - scored_at) / THRESHOLDS.memory)
    assert first.evidence == pytest.approx(evidence_of(1.0, before * gone + news - 0.64))


def test_a_genuine_driver_is_verified_and_each_change_is_told_once() -> None:
    _, _, given = verdicts(3.0, 200)
    changes = [(v.time, v.decision) for v in given if v.decision_changed]
    assert [decision for _, decision in changes] == [Decision.UNCERTAIN, Decision.VERIFIED]
    assert given[0].decision is Decision.COLLECTING
    assert given[-1].evidence > THRESHOLDS.verify > given[5].evidence > 3.0
    reached = next(v.time for v in given if v.evidence >= THRESHOLDS.verify)
    assert changes[1][0] == pytest.approx(reached + THRESHOLDS.dwell, abs=0.21)


def test_an_impostor_is_suspected() -> None:
    _, _, given = verdicts(-3.0, 200)
    assert [v.decision for v in given if v.decision_changed] == [Decision.UNCERTAIN, Decision.IMPOSTOR_SUSPECTED]


@pytest.mark.slow
def test_a_driver_who_takes_over_is_suspected_though_nothing_is_known_of_changes() -> None:
    guard = verifier(-5.0)
    stream = guard.open(TEMPLATE)
    genuine = verifier(3.0)
    feed(genuine, stream, frames(FILM[:200]))
    assert stream.standing.decision is Decision.VERIFIED
    given = feed(guard, stream, frames([*FILM[200:], *FILM[:300]], start=8.0))
    assert [v.decision for v in given if v.decision_changed] == [Decision.UNCERTAIN, Decision.IMPOSTOR_SUSPECTED]


@pytest.mark.slow
@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize("llr", [-5.0, 5.0])
def test_a_cut_never_moves_evidence_and_never_accuses(llr: float, cut: Cut) -> None:
    guard, stream, given = verdicts(llr, 36)  # the evidence is past the threshold, the dwell is not over
    assert abs(given[-1].evidence) > 4
    for n in range(12):
        guard.cut(stream, cut)
        told = feed(guard, stream, frames(FILM[:15], start=10.0 + n))
        assert {v.evidence for v in told} == {given[-1].evidence}
        assert {v.decision for v in told} <= {Decision.UNCERTAIN, Decision.STALE}
        assert {v.reason for v in told} == {Reason.TOO_FEW_FRAMES}
        assert {(v.cuts, v.last_cut) for v in told} == {(n + 1, cut)}


def test_the_first_window_after_a_cut_shares_nothing_and_weighs_fully() -> None:
    guard, stream, given = verdicts(1.0, 16)
    guard.cut(stream, Cut.PICTURE_CHANGED)
    (scored,) = [v for v in feed(guard, stream, frames(FILM[:16], start=1.0)) if v.reason is None]
    assert given[-1].evidence == pytest.approx(evidence_of(1.0, 0.0))
    assert scored.evidence == pytest.approx(evidence_of(1.0, 0.64 * math.exp(-1.0 / THRESHOLDS.memory)))


def test_a_window_completed_by_the_frame_that_ends_its_run_weighs_by_its_own_run() -> None:
    guard, stream, given = verdicts(1.0, 20)
    early = Frame(FILM[20], 20 / 25 - 0.01)
    (last, *_) = feed(guard, stream, [early, Frame(FILM[21], 9.0)])
    assert last.reason is None
    assert given[-1].evidence == pytest.approx(evidence_of(1.0, 0.0))
    assert last.evidence == pytest.approx(evidence_of(1.0, 0.64 * math.exp(-0.2 / THRESHOLDS.memory) + 0.2 - 0.64))


def test_a_gap_is_a_cut_that_the_grid_makes() -> None:
    guard, stream, _ = verdicts(1.0, 20)
    first = feed(guard, stream, after(20, 2.0))[0]
    assert (first.cuts, first.last_cut, first.reason) == (1, Cut.GAP, Reason.TOO_FEW_FRAMES)


def test_who_is_not_enrolled_is_encoded_and_scored_at_once_when_enrolled() -> None:
    engine = FakeEngine()
    guard = verifier(engine=engine)
    stream = guard.open(None)
    given = feed(guard, stream, frames(FILM[:41]))
    assert {(v.decision, v.reason, v.score) for v in given} == {(Decision.NOT_ENROLLED, Reason.NOT_ENROLLED, None)}
    assert not any(v.decision_changed for v in given)
    assert len(engine.steps) == 41
    guard.set_template(stream, TEMPLATE)
    first = feed(guard, stream, after(41))[0]
    assert first.reason is None
    assert first.llr is not None
    assert (first.decision, first.decision_changed) == (Decision.UNCERTAIN, True)
    assert first.evidence == pytest.approx(evidence_of(first.llr, 0.0))


def test_who_has_a_template_of_another_model_is_told_so() -> None:
    guard = verifier()
    stream = guard.open(None)
    guard.set_missing(stream, Reason.NEEDS_REENROLMENT)
    given = feed(guard, stream, frames(FILM[:20]))
    assert {(v.decision, v.reason) for v in given} == {(Decision.NOT_ENROLLED, Reason.NEEDS_REENROLMENT)}
    guard.set_template(stream, TEMPLATE)
    assert feed(guard, stream, frames(FILM[20:25], start=0.8))[0].reason is None


@pytest.mark.slow
def test_another_template_starts_from_nothing() -> None:
    guard, stream, given = verdicts(3.0, 200)
    assert given[-1].decision is Decision.VERIFIED
    guard.set_template(stream, -TEMPLATE)
    first = feed(guard, stream, after(200))[0]
    assert (first.decision, first.decision_changed) == (Decision.UNCERTAIN, True)
    assert first.evidence == pytest.approx(evidence_of(3.0, 0.0))
    guard.set_template(stream, None)
    last = feed(guard, stream, after(300))[0]
    assert (last.decision, last.evidence, last.reason) == (Decision.NOT_ENROLLED, 0.0, Reason.NOT_ENROLLED)
    assert last.decision_changed


def test_a_template_that_cannot_be_scored_against_is_refused_and_changes_nothing() -> None:
    guard, stream, _ = verdicts(3.0, 200)
    for bad in (np.zeros(256, np.float32), np.ones(255, np.float32)):
        with pytest.raises(InputError):
            guard.set_template(stream, bad)
        with pytest.raises(InputError):
            guard.open(bad)
    assert stream.standing.decision is Decision.VERIFIED
    assert stream.template is TEMPLATE


def test_who_opted_out_gets_verdicts_that_say_so_and_no_more() -> None:
    engine = FakeEngine()
    guard = verifier(engine=engine)
    stream = guard.open(TEMPLATE, opted_out=True)
    given = feed(guard, stream, frames(FILM[:40]))
    guard.set_template(stream, None)
    given += feed(guard, stream, after(40)[:40])
    assert {(v.decision, v.reason, v.score, v.evidence) for v in given} == {
        (Decision.OPTED_OUT, Reason.OPTED_OUT, None, 0.0)
    }
    late = guard.elapse(stream, 90.0)
    assert late is not None
    assert (late.decision, late.reason) == (Decision.OPTED_OUT, Reason.OPTED_OUT)
    assert engine.steps == []


def test_who_opts_out_while_verified_is_forgotten_at_once_and_begins_anew_when_that_is_taken_back() -> None:
    engine = FakeEngine()
    guard = verifier(3.0, engine=engine)
    stream = guard.open(TEMPLATE)
    given = feed(guard, stream, frames(FILM[:200]))
    assert given[-1].decision is Decision.VERIFIED
    stepped = len(engine.steps)
    guard.set_opted_out(stream, True)
    assert (stream.history.pushed, float(stream.state.sum())) == (0, 0.0)
    first, *_ = feed(guard, stream, after(200))
    assert (first.decision, first.reason, first.evidence) == (Decision.OPTED_OUT, Reason.OPTED_OUT, 0.0)
    assert (first.decision_changed, first.sequence) == (True, given[-1].sequence + 1)
    assert len(engine.steps) == stepped
    guard.set_opted_out(stream, False)
    again = feed(guard, stream, after(300))
    assert (again[0].decision, again[0].reason) == (Decision.COLLECTING, Reason.TOO_FEW_FRAMES)
    assert again[-1].score is not None


def test_time_that_filler_may_bridge_is_no_news() -> None:
    guard, stream, _ = verdicts(3.0, 40)
    assert guard.elapse(stream, 39 / 25) is None
    assert guard.elapse(stream, 39 / 25 + 0.16) is None


def test_before_the_first_frame_no_time_passes() -> None:
    guard = verifier()
    assert guard.elapse(guard.open(TEMPLATE), 1e6) is None


def test_silence_keeps_the_decision_for_ten_seconds_and_then_it_is_stale() -> None:
    guard, stream, given = verdicts(3.0, 200)
    last = max(v.time for v in given)
    told = [guard.elapse(stream, last + seconds) for seconds in (1, 5, 9.9, 10, 30)]
    assert [(v.decision, v.decision_changed) for v in told if v] == [
        (Decision.VERIFIED, False),
        (Decision.VERIFIED, False),
        (Decision.VERIFIED, False),
        (Decision.STALE, True),
        (Decision.STALE, False),
    ]
    assert {(v.reason, v.score, v.evidence) for v in told if v} == {(Reason.GAP, None, given[-1].evidence)}
    assert [v.sequence for v in told if v] == list(range(len(given) + 1, len(given) + 6))


@pytest.mark.slow
def test_frames_without_motion_become_stale_as_well() -> None:
    guard, stream, given = verdicts(3.0, 200)
    frozen = feed(guard, stream, frames([FILM[199]] * 300, start=200 / 25))
    assert [v.decision for v in frozen if v.decision_changed] == [Decision.STALE]
    scored = max(v.time for v in [*given, *frozen] if v.reason is None)
    stale = next(v.time for v in frozen if v.decision_changed)
    assert 10 <= round(stale - scored, 6) < 10.21  # their difference is a little below


def test_elapsed_time_is_on_the_clock_of_the_frames() -> None:
    guard = verifier(3.0)
    stream = guard.open(TEMPLATE)
    feed(guard, stream, frames(FILM[:40], start=5000.0))
    told = guard.elapse(stream, 5003.0)
    assert told is not None
    assert told.time == 3.0


def test_frames_that_were_held_up_continue_the_run() -> None:
    guard, stream, given = verdicts(3.0, 41)
    assert guard.elapse(stream, 20.0) is not None
    burst = feed(guard, stream, after(41)[:40])
    assert {(v.reason, v.cuts) for v in burst} == {(None, 0)}
    assert burst[0].evidence > given[-1].evidence


@pytest.mark.parametrize(
    ("cut", "reason"),
    [(Cut.DECODER_FAULT, Reason.DECODER_FAULT), (Cut.CAPACITY, Reason.CAPACITY), (Cut.OVERFLOW, Reason.GAP)],
)
def test_silence_after_a_cut_says_why_until_frames_come(cut: Cut, reason: Reason) -> None:
    guard, stream, _ = verdicts(3.0, 40)
    guard.cut(stream, cut)
    told = guard.elapse(stream, 5.0)
    assert told is not None
    assert told.reason is reason
    feed(guard, stream, frames(FILM[:5], start=6.0))
    told = guard.elapse(stream, 9.0)
    assert told is not None
    assert told.reason is Reason.GAP


def test_a_fault_of_the_engine_is_no_verdict_and_other_streams_go_on() -> None:
    engine = FakeEngine()
    guard = verifier(3.0, engine)
    hit, other = guard.open(TEMPLATE), guard.open(TEMPLATE)
    before = [feed(guard, stream, frames(FILM[:100]))[-1] for stream in (hit, other)]
    for fault in ("fail_step", "fail_project"):
        setattr(engine, fault, RuntimeError("out of memory"))
        with pytest.raises(EngineError, match="out of memory"):
            feed(guard, hit, after(100, hit.cuts))
    assert (hit.evidence.value, hit.sequence) == (before[0].evidence, before[0].sequence + 3)
    told = feed(guard, hit, after(100, 3.0))
    assert (told[0].evidence, told[0].decision) == (before[0].evidence, before[0].decision)
    assert any(v.reason is None for v in told)
    going_on = feed(guard, other, after(100))
    assert {(v.reason, v.cuts) for v in going_on} == {(None, 0)}


def test_streams_in_one_batch_are_judged_each_by_its_own_template() -> None:
    guard = verifier()
    streams = [guard.open(TEMPLATE), guard.open(-TEMPLATE), guard.open(None)]
    for frame in frames(FILM[:16]):
        given = guard.step([(stream, frame) for stream in streams])
    (same,), (opposite,), (unknown,) = given
    assert same.score == pytest.approx(1, abs=1e-5)
    assert opposite.score == pytest.approx(-1, abs=1e-5)
    assert unknown.score is None


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("horizons", {"horizons": ()}),
        ("horizons", {"horizons": (4, 64)}),
        ("verdict_stride", {"stride": 0}),
        ("thresholds", {"thresholds": Thresholds(-1, -2, 1, 30, 12)}),
        ("thresholds", {"thresholds": Thresholds(2, 1, 1, 30, 12)}),
        ("thresholds", {"thresholds": Thresholds(4, -4, 1, 30, 3)}),
        ("thresholds", {"thresholds": Thresholds(4, -13, 1, 30, 12)}),
        ("thresholds", {"thresholds": Thresholds(4, -4, 1, 0, 12)}),
    ],
)
def test_settings_that_cannot_work_are_refused_by_field(field: str, changes: dict[str, object]) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(**changes)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_a_horizon_without_calibration_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"calibration: is missing for horizons \[32, 64\]"):
        Settings("test", (16, 32, 64), 5, {16: Calibration(1, 0)}, THRESHOLDS, 0.5, None)


def test_frames_that_are_skipped_cut_the_run_once_and_keep_the_rhythm_of_verdicts() -> None:
    guard, stream, given = verdicts(None, 31)
    told = [v for n in range(31, 61) if (v := guard.skip(stream, n / 25)) is not None]
    assert [v.time for v in told] == [1.24, 1.4, 1.6, 1.8, 2.0, 2.2, 2.4]
    assert {(v.reason, v.cuts, v.last_cut, v.decision) for v in told} == {
        (Reason.CAPACITY, 1, Cut.CAPACITY, given[-1].decision)
    }


def test_a_stream_that_is_skipped_for_long_goes_stale() -> None:
    guard, stream, given = verdicts(5.0, 60)
    told = [v for n in range(60, 400) if (v := guard.skip(stream, n / 25)) is not None]
    assert given[-1].decision is Decision.VERIFIED
    assert [v.decision for v in told if v.time - given[-1].time < 10.0][-1] is Decision.VERIFIED
    assert told[-1].decision is Decision.STALE


def test_after_being_skipped_a_stream_is_scored_again_from_a_new_window() -> None:
    guard, stream, _ = verdicts(None, 31)
    for n in range(31, 60):
        guard.skip(stream, n / 25)
    again = feed(guard, stream, frames(FILM[60:90], start=60 / 25))
    assert [v.reason for v in again[:4]] == [Reason.TOO_FEW_FRAMES] * 3 + [None]
    assert again[3].score == pytest.approx(float(TEMPLATE @ whole_clip(FILM[60:76])), abs=1e-5)
    assert again[3].cuts == 1


def test_a_stream_may_be_skipped_from_its_first_frame_on() -> None:
    guard = verifier()
    stream = guard.open(TEMPLATE)
    told = [v for n in range(20) if (v := guard.skip(stream, 7 + n / 25)) is not None]
    assert [(v.time, v.reason, v.cuts) for v in told] == [(t, Reason.CAPACITY, 0) for t in (0.0, 0.2, 0.4, 0.6)]
    assert guard.skip(stream, 7.0) is None


def test_time_of_a_skipped_stream_goes_forward_whatever_the_senders_clock_does() -> None:
    guard = verifier()
    stream = guard.open(TEMPLATE)
    times = [100.0 + n / 25 for n in range(10)] + [3.0 + n / 25 for n in range(10)]
    told = [v.time for time in times if (v := guard.skip(stream, time)) is not None]
    assert told == [0.0, 0.2, 0.4, 0.6]


@pytest.mark.parametrize("reason", [Reason.NO_FACE, Reason.MULTIPLE_FACES])
def test_a_picture_without_one_face_ends_the_run_and_is_never_evidence(reason: Reason) -> None:
    guard, stream, given = verdicts(5.0, 31)
    hidden = [Frame(FILM[0], n / 25, reason) for n in range(31, 61)]
    told = feed(guard, stream, hidden)
    assert [v.time for v in told] == [1.24, 1.4, 1.6, 1.8, 2.0, 2.2, 2.4]
    assert {(v.score, v.reason, v.cuts, v.last_cut) for v in told} == {(None, reason, 1, Cut.CROP_CHANGED)}
    assert {v.evidence for v in told} == {given[-1].evidence}
    again = feed(guard, stream, frames(FILM[60:90], start=61 / 25))
    assert [v.reason for v in again[:4]] == [Reason.TOO_FEW_FRAMES] * 3 + [None]
    assert again[3].cuts == 1


def test_frames_with_an_obstacle_cost_no_step_and_leave_others_of_the_batch_alone() -> None:
    engine = FakeEngine()
    guard = Verifier(engine, settings())
    hidden, shown = guard.open(TEMPLATE), guard.open(TEMPLATE)
    for n in range(20):
        given = guard.step([(hidden, Frame(FILM[n], n / 25, Reason.NO_FACE)), (shown, Frame(FILM[n], n / 25))])
    assert engine.steps == [1] * 20
    assert [v.reason for v in given[0]] == []
    assert shown.window.holds(16)
    assert not hidden.window.holds(1)
