"""The fold from measurements to verdicts, without an engine: take-overs, calls of who is not enrolled, observing."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import settings as trying
from hypothesis import strategies as some

from guard.core.calibration import Calibration
from guard.core.change import Change
from guard.core.finding import Finding
from guard.core.items import Decision, Floats, Measurement, Reason, Verdict
from guard.core.judge import Judge
from guard.core.session import SessionModel, Spread
from guard.core.settings import Settings
from guard.core.stream import Stream
from tests.core.helpers import settings

HORIZON, STRIDE = 50, 5
"""Two seconds, and a fifth of one."""
RULES = replace(settings().thresholds, verify=2.0, suspect=-2.0, change=6.0, continuity=6.0)
SPREAD = SessionModel(Spread(1.0, 0.2, 0.5, 2.0), Spread(-3.0, 1.0, 0.5, 2.0))
CHANGE = Change(HORIZON, Calibration(20.0, -18.0), spread=SPREAD)
random = np.random.default_rng(8)
CLAIMED, OWNER, OTHER = (row / np.linalg.norm(row) for row in random.normal(size=(3, 256)).astype(np.float32))
OWNER = (CLAIMED + 0.7 * OWNER) / np.linalg.norm(CLAIMED + 0.7 * OWNER)


def told_by(**changes: object) -> Judge:
    base = settings(horizons=(HORIZON,), thresholds=RULES, calibration=Calibration(10.0, -5.0))
    usual = {"change": CHANGE, "continuity": CHANGE, "opening": 20.0}
    return Judge(replace(base, **{**usual, **changes}))  # type: ignore[arg-type]


def seen(driver: Floats, seconds: float, start: float = 0.0, run: int = 0) -> Iterable[Measurement]:
    """What a window every fifth of a second shows of a driver who moves a little differently each time."""
    noise = np.random.default_rng(int(start * 5))
    for n in range(int(seconds * 25 / STRIDE)):
        embedding = driver + 0.02 * noise.normal(size=256).astype(np.float32)
        embedding /= np.linalg.norm(embedding)
        yield Measurement(start + n / 5, HORIZON, embedding, None, 3.0, 0.0, run, HORIZON - 1 + STRIDE * n)


def told(judge: Judge, stream: Stream, *parts: Iterable[Measurement]) -> list[Verdict]:
    return [judge.judge(stream, one) for part in parts for one in part]


def changes(verdicts: list[Verdict]) -> list[tuple[Decision, float]]:
    return [(one.decision, one.time) for one in verdicts if one.decision_changed]


def test_who_takes_over_from_the_verified_driver_is_found_by_the_calls_own_past() -> None:
    judge = told_by()
    stream = judge.open(CLAIMED)
    given = told(judge, stream, seen(OWNER, 40), seen(CLAIMED, 20, start=40.0))
    assert all(one.llr is not None and one.llr > 2 for one in given), "the template sees no difference"
    decisions = changes(given)
    assert [decision for decision, _ in decisions] == [
        Decision.UNCERTAIN, Decision.VERIFIED, Decision.IMPOSTOR_SUSPECTED
    ]  # fmt: skip
    assert 40.0 < decisions[-1][1] < 50.0


def test_nothing_is_compared_before_the_baseline_stands_and_it_stands_without_what_waits() -> None:
    judge = told_by()
    given = told(judge, judge.open(CLAIMED), seen(OWNER, 30))
    first = next(one.time for one in given if one.change_llr is not None)
    verified = next(one.time for one in given if one.decision is Decision.VERIFIED)
    assert first == pytest.approx(verified + 10.0 + 3 * 2.0, abs=0.5)
    assert {one.change for one in given} == {0.0}


def test_a_driver_who_comes_back_is_verified_again() -> None:
    judge = told_by()
    parts = seen(OWNER, 40), seen(OTHER, 30, start=40.0), seen(OWNER, 60, start=70.0)
    decisions = changes(told(judge, judge.open(CLAIMED), *parts))
    assert [decision for decision, time in decisions if time > 70][-1] is Decision.VERIFIED


def test_what_an_impostor_shows_is_never_compared_with() -> None:
    judge = told_by()
    stream = judge.open(CLAIMED)
    told(judge, stream, seen(OWNER, 32))
    assert stream.baseline is not None
    before = stream.baseline.count
    told(judge, stream, seen(OTHER, 60, start=32.0))
    assert stream.baseline.template is not None
    assert stream.baseline.count <= before + 1
    assert float(stream.baseline.template @ OTHER) < 0.3


@pytest.mark.parametrize("change", [None, CHANGE])
def test_without_a_model_of_changes_nothing_is_suspected(change: Change | None) -> None:
    judge = told_by(change=change)
    given = told(judge, judge.open(CLAIMED), seen(OWNER, 40), seen(OTHER, 5, start=40.0))
    assert (given[-1].change > 0) is (change is not None)


def test_who_is_not_enrolled_is_followed_only_where_that_is_wanted() -> None:
    judge = told_by()
    given = told(judge, judge.open(None), seen(OWNER, 40))
    assert {(one.decision, one.reason, one.score) for one in given} == {
        (Decision.NOT_ENROLLED, Reason.NOT_ENROLLED, None)
    }
    assert not judge.open(None).continuity
    assert not told_by(continuity=None).open(None, continuity=True).continuity


def test_a_call_is_compared_with_its_opening_and_another_driver_is_reported() -> None:
    judge = told_by()
    stream = judge.open(None, continuity=True)
    given = told(judge, stream, seen(OWNER, 40), seen(OTHER, 20, start=40.0), seen(OWNER, 30, start=60.0))
    opening = [one for one in given if one.time < 18.0]
    assert {(one.decision, one.reason) for one in opening} == {(Decision.COLLECTING, Reason.OPENING)}
    decisions = changes(given)
    assert [decision for decision, _ in decisions] == [
        Decision.CONSISTENT, Decision.DRIVER_CHANGED, Decision.CONSISTENT
    ]  # fmt: skip
    assert 18.0 <= decisions[0][1] < 21.0
    assert 40.0 < decisions[1][1] < 50.0
    assert {one.llr for one in given} == {None}, "nobody is claimed"
    assert given[-1].score is not None


def test_who_is_enrolled_while_their_call_is_followed_is_verified_from_nothing() -> None:
    judge = told_by()
    stream = judge.open(None, continuity=True)
    told(judge, stream, seen(OWNER, 40))
    judge.set_template(stream, CLAIMED)
    first, *rest = told(judge, stream, seen(OWNER, 10, start=40.0))
    assert (first.decision, first.change) == (Decision.UNCERTAIN, 0.0)
    assert rest[-1].decision is Decision.VERIFIED
    judge.set_template(stream, None)
    assert told(judge, stream, seen(OWNER, 1, start=50.0))[0].reason is Reason.OPENING


def test_who_opted_out_is_not_followed() -> None:
    judge = told_by()
    given = told(judge, judge.open(None, continuity=True, opted_out=True), seen(OWNER, 30))
    assert {(one.decision, one.reason) for one in given} == {(Decision.OPTED_OUT, Reason.OPTED_OUT)}


@pytest.mark.parametrize("template", [CLAIMED, None])
def test_who_only_observes_accuses_nobody_and_says_what_it_withholds(template: Floats | None) -> None:
    loud, quiet = told_by(), told_by(observe=True)
    parts = [*seen(OWNER, 40), *seen(OTHER, 30, start=40.0)]
    spoken = told(loud, loud.open(template, continuity=True), parts)
    observed = told(quiet, quiet.open(template, continuity=True), parts)
    accusations = {Decision.IMPOSTOR_SUSPECTED, Decision.DRIVER_CHANGED}
    assert accusations & {one.decision for one in spoken}
    for aloud, withheld in zip(spoken, observed, strict=True):
        if aloud.decision in accusations:
            assert (withheld.decision, withheld.withheld) == (Decision.UNCERTAIN, aloud.decision)
        else:
            assert (withheld.decision, withheld.withheld) == (aloud.decision, None)
        assert (withheld.evidence, withheld.change, aloud.withheld) == (aloud.evidence, aloud.change, None)


def test_a_recorded_call_is_decided_again_from_its_verdicts_alone() -> None:
    judge = told_by()
    given = told(judge, judge.open(CLAIMED), seen(OWNER, 40), seen(OTHER, 20, start=40.0), seen(OWNER, 9, 60.0, run=1))
    again = judge.open(CLAIMED)
    again.cuts = 0
    for one in given:
        finding = Finding(one.time, int(one.time >= 60), one.horizon, one.score, one.llr, one.change_llr, one.reason)
        told_again = judge.conclude(again, finding)
        assert (told_again.decision, told_again.evidence, told_again.change) == (one.decision, one.evidence, one.change)


@pytest.mark.slow
@trying(deadline=None, max_examples=15)
@given(some.floats(0, 1e6), some.sampled_from(["claim", "call"]))
@example(0.001, "claim")
def test_when_a_call_begins_makes_no_difference(start: float, kind: str) -> None:
    judge = told_by()
    parts = [*seen(OWNER, 25), *seen(OTHER, 10, start=25.0)]
    template = CLAIMED if kind == "claim" else None
    now = told(judge, judge.open(template, continuity=True), parts)
    later = told(judge, judge.open(template, continuity=True), [replace(one, time=one.time + start) for one in parts])
    assert [one.decision for one in now] == [one.decision for one in later]
    assert now[-1].evidence == pytest.approx(later[-1].evidence, abs=1e-6)


@pytest.mark.slow
def test_eight_hours_of_a_constant_input_change_neither_the_verdict_nor_the_state() -> None:
    """A window each two seconds, so that it takes seconds; what is kept does not depend on how many there are."""
    judge = told_by()
    stream = judge.open(CLAIMED)
    window = next(iter(seen(OWNER, 1)))
    sizes, verdicts = [], []
    for n in range(8 * 1800):
        verdict = judge.judge(stream, replace(window, time=2.0 * n, slot=HORIZON * (n + 1)))
        if n in (300, 8 * 1800 - 1):
            baseline = stream.baseline
            assert baseline is not None
            sizes.append((len(stream.evidence.summaries), baseline.count, len(baseline._waiting)))
            verdicts.append(replace(verdict, time=0.0, sequence=0))
    assert sizes[0] == sizes[1]
    assert verdicts[0].evidence == pytest.approx(verdicts[1].evidence, abs=1e-7)
    assert replace(verdicts[0], evidence=0.0) == replace(verdicts[1], evidence=0.0)


def test_a_stricter_threshold_never_accuses_sooner() -> None:
    parts = [*seen(OWNER, 40), *seen(OTHER, 30, start=40.0)]
    delays = []
    for change in (2.0, 4.0, 6.0, 9.0):
        judge = told_by(thresholds=replace(RULES, change=change, suspect=-1e5, limit=1e5))
        given = told(judge, judge.open(CLAIMED), parts)
        delays.append(next(one.time for one in given if one.decision is Decision.IMPOSTOR_SUSPECTED))
    assert delays == sorted(delays)
    assert delays[0] >= 40.0


def test_settings_compare_only_what_is_measured() -> None:
    base = told_by()._settings
    assert isinstance(base, Settings)
    with pytest.raises(Exception, match="change: compares windows of 16 frames, which are no horizon"):
        replace(base, change=Change(16, Calibration(1.0, 0.0)))
