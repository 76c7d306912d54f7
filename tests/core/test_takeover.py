"""A stream that changes its bundle is from then on what it would be had it had the other one all along."""

import pytest

from guard.core.calibration import Calibration
from guard.core.errors import EngineError
from guard.core.extractor import StepOutput
from guard.core.items import Cut, Decision, Floats, Frame, Gray, Reason
from guard.core.scoring import make_template
from guard.core.takeover import Takeover
from guard.core.verifier import Settings, Stream, Verifier
from tests.core.fakes import FakeEngine, whole_clip
from tests.core.helpers import THRESHOLDS, feed, frames, noise, settings

FILM = noise(200)
TEMPLATE = make_template(whole_clip(FILM[:16])[None], None)
OTHER = make_template(whole_clip(FILM[40:56])[None], None)


class InvertingEngine(FakeEngine):
    """Another model: it sees the negative of every picture, at half the contrast."""

    def step(self, frames: Gray, state: Floats) -> StepOutput:
        return super().step(255 - frames // 2, state)


def verifier(model_id: str, engine: FakeEngine, horizons: tuple[int, ...] = (16,)) -> Verifier:
    base = settings(horizons, calibration=Calibration(4.0, 0.0))
    return Verifier(engine, Settings(model_id, horizons, 5, base.calibration, THRESHOLDS, 0.5, None))


def old_and_new(horizons: tuple[int, ...] = (16,)) -> tuple[Verifier, Verifier]:
    return verifier("old", FakeEngine()), verifier("new", InvertingEngine(), horizons)


def changed(stream: Stream, verifier: Verifier, template: Floats | None = OTHER) -> Stream:
    takeover = Takeover(stream, verifier)
    while takeover.behind:
        takeover.catch_up(3)
    return takeover.finish(template)


@pytest.mark.slow
@pytest.mark.parametrize("before", [16, 40, 77])
def test_scores_equal_those_of_a_stream_that_had_the_other_bundle_from_the_start(before: int) -> None:
    old, new = old_and_new()
    stream = old.open(TEMPLATE)
    feed(old, stream, frames(FILM[:before]))
    stream = changed(stream, new)
    after = feed(new, stream, frames(FILM[before:150], start=before / 25))
    always = feed(new, new.open(OTHER), frames(FILM[:150]))[-len(after) :]
    assert [(v.time, v.score, v.llr, v.reason, v.horizon) for v in after] == [
        (v.time, v.score, v.llr, v.reason, v.horizon) for v in always
    ]
    assert {v.model_id for v in after} == {"new"}
    assert all(v.score is not None for v in after)


def test_evidence_decision_and_numbering_go_on() -> None:
    old, new = old_and_new()
    stream = old.open(TEMPLATE)
    last = feed(old, stream, frames(FILM[:60]))[-1]
    stream = changed(stream, new)
    assert (stream.evidence.value, stream.standing.decision) == (last.evidence, last.decision)
    first = feed(new, stream, frames(FILM[60:65], start=60 / 25))[0]
    assert (first.sequence, first.cuts, first.time) == (last.sequence + 1, 0, pytest.approx(last.time + 0.2))


def test_frames_that_come_meanwhile_are_judged_as_before_and_shown_as_well() -> None:
    old, new = old_and_new()
    stream = old.open(TEMPLATE)
    feed(old, stream, frames(FILM[:50]))
    takeover = Takeover(stream, new)
    meanwhile = []
    for number in range(50, 60):
        takeover.catch_up(4)
        meanwhile += feed(old, stream, [Frame(FILM[number], number / 25)])
    takeover.catch_up(100)
    after = feed(new, takeover.finish(OTHER), frames(FILM[60:100], start=60 / 25))
    always = feed(new, new.open(OTHER), frames(FILM[:100]))
    assert {v.model_id for v in meanwhile} == {"old"}
    assert [v.score for v in after] == [v.score for v in always[-len(after) :]]


def test_a_run_that_ends_meanwhile_is_not_shown_as_one_with_the_next() -> None:
    old, new = old_and_new()
    stream = old.open(TEMPLATE)
    feed(old, stream, frames(FILM[:50]))
    takeover = Takeover(stream, new)
    takeover.catch_up(10)
    old.cut(stream, Cut.GAP)
    feed(old, stream, frames(FILM[50:60], start=10.0))
    assert takeover.behind == 10
    takeover.catch_up(10)
    after = feed(new, takeover.finish(OTHER), frames(FILM[60:80], start=10.4))
    assert [v.reason for v in after[:2]] == [Reason.TOO_FEW_FRAMES, None]
    assert after[1].score == pytest.approx(float(OTHER @ whole_clip(255 - FILM[50:66] // 2)), abs=1e-5)


def test_one_that_falls_behind_what_is_kept_begins_again() -> None:
    old, new = old_and_new()
    stream = old.open(TEMPLATE)
    feed(old, stream, frames(FILM[:20]))
    takeover = Takeover(stream, new)
    takeover.catch_up(2)
    feed(old, stream, frames(FILM[20:40], start=20 / 25))
    assert takeover.behind == 16
    takeover.catch_up(16)
    after = feed(new, takeover.finish(OTHER), frames(FILM[40:60], start=40 / 25))
    always = feed(new, new.open(OTHER), frames(FILM[:60]))
    assert [v.score for v in after] == [v.score for v in always[-len(after) :]]


def test_a_longer_window_fills_from_what_was_kept() -> None:
    old, new = old_and_new(horizons=(16, 32))
    stream = old.open(TEMPLATE)
    feed(old, stream, frames(FILM[:60]))
    after = feed(new, changed(stream, new), frames(FILM[60:100], start=60 / 25))
    assert [v.horizon for v in after] == [16, 16, 16, 32, 32, 32, 32, 32]


def test_without_a_template_of_the_other_bundle_the_stream_is_not_enrolled() -> None:
    old, new = old_and_new()
    stream = old.open(TEMPLATE)
    feed(old, stream, frames(FILM[:60]))
    first = feed(new, changed(stream, new, None), frames(FILM[60:66], start=60 / 25))[0]
    assert (first.decision, first.reason, first.evidence) == (Decision.NOT_ENROLLED, Reason.NOT_ENROLLED, 0.0)
    assert first.decision_changed


def test_a_template_that_only_the_other_bundle_has_enrols_the_stream() -> None:
    old, new = old_and_new()
    stream = old.open(None)
    feed(old, stream, frames(FILM[:60]))
    first = feed(new, changed(stream, new), frames(FILM[60:66], start=60 / 25))[0]
    assert first.score is not None


def test_of_one_who_opted_out_nothing_is_shown() -> None:
    old, new = old_and_new()
    stream = old.open(TEMPLATE, opted_out=True)
    feed(old, stream, frames(FILM[:30]))
    takeover = Takeover(stream, new)
    assert takeover.behind == 0
    given = feed(new, takeover.finish(OTHER), frames(FILM[30:40], start=30 / 25))
    assert {v.decision for v in given} == {Decision.OPTED_OUT}


def test_an_engine_that_fails_leaves_the_stream_as_it_was() -> None:
    engine = FakeEngine()
    old, new = verifier("old", FakeEngine()), verifier("new", engine)
    stream = old.open(TEMPLATE)
    before = feed(old, stream, frames(FILM[:40]))
    engine.fail_step = RuntimeError("broken")
    with pytest.raises(EngineError):
        Takeover(stream, new).catch_up(100)
    after = feed(old, stream, frames(FILM[40:60], start=40 / 25))
    assert before + after == feed(old, old.open(TEMPLATE), frames(FILM[:60]))


def test_finishing_early_is_our_mistake() -> None:
    old, new = old_and_new()
    stream = old.open(TEMPLATE)
    feed(old, stream, frames(FILM[:20]))
    with pytest.raises(AssertionError, match="16 frames have not been shown"):
        Takeover(stream, new).finish(OTHER)
