from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from guard.core.calibration import Calibration
from guard.core.errors import InputError
from guard.core.finding import Finding
from guard.core.items import Decision, Reason, Thresholds, Verdict
from guard.core.judge import Judge
from guard.core.verifier import Verifier
from guard.redeciding import Redecided, redecide
from guard.rpc.messages import update_item, update_message
from guard.updates import Event, Link, Participant, Update
from tests.core.fakes import SideEngine, sides
from tests.core.helpers import frames, settings

MODEL = settings(horizons=(16,), thresholds=Thresholds(verify=1.0, suspect=-1.0, dwell=1.0, memory=30.0, limit=12.0))
SOMEBODY = np.eye(1, 256, dtype=np.float32)[0]
DORA = Participant("", "board", "seat", "Dora", "whip", datetime(2026, 11, 26, 20, 0, tzinfo=UTC))


def call(seed: int, model=MODEL, count: int = 300) -> Iterator[Update]:  # type: ignore[no-untyped-def]
    """Half a minute of a driver and half a minute of another one, with gaps, cuts and seconds without a score."""
    random, judge = np.random.default_rng(seed), Judge(model)
    stream, horizon = judge.open(SOMEBODY), max(model.horizons)
    for number in range(count):
        stream.cuts += random.random() < 0.02
        llr = float(random.normal(1.5 if number < count / 2 else -2.0, 1.5))
        reason = Reason.GAP if random.random() < 0.1 or 100 < number < 160 else None
        scored = reason is None
        finding = Finding(
            0.2 * number, stream.cuts, horizon, llr / 10 if scored else None, llr if scored else None, None, reason
        )
        yield Update(Event.VERDICT, replace(DORA, verdict=judge.conclude(stream, finding)))


def decided(updates: list[Update], model=MODEL) -> list[Verdict]:  # type: ignore[no-untyped-def]
    return [one.verdict for one in redecide(updates, model)]


@pytest.mark.parametrize("seed", range(5))
def test_the_policy_of_the_record_decides_as_was_recorded(seed: int) -> None:
    recorded = list(call(seed))
    assert decided(recorded) == [update.participant.verdict for update in recorded]
    assert {verdict.decision for verdict in decided(recorded)} >= {Decision.VERIFIED, Decision.STALE}


def test_a_record_that_came_over_the_wire_decides_alike() -> None:
    recorded = list(call(1))
    told = [update_item(update_message(update)) for update in recorded]
    assert [one.decision for one in decided(told)] == [one.decision for one in decided(recorded)]


def test_another_policy_decides_otherwise_and_measures_nothing_anew() -> None:
    recorded = list(call(2))
    strict = replace(MODEL, thresholds=replace(MODEL.thresholds, verify=11.9, suspect=-0.5))
    again = decided(recorded, strict)
    assert [one.llr for one in again] == [one.participant.verdict.llr for one in recorded if one.participant.verdict]
    verified = [sum(one.decision is Decision.VERIFIED for one in found) for found in (again, decided(recorded))]
    assert verified[0] < verified[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pictures", "ends"), [((120, 120), Decision.IMPOSTOR_SUSPECTED), ((40, 200), Decision.VERIFIED)]
)
def test_an_accusation_that_waited_for_a_mirror_check_waits_again(pictures: tuple[int, int], ends: Decision) -> None:
    model = settings(calibration=Calibration(60.0, -51.0))
    verifier = Verifier(SideEngine(), model)
    stream, recorded = verifier.open(SOMEBODY), []
    for number, frame in enumerate(frames(sides(300, *pictures))):
        recorded += verifier.step([(stream, frame)])[0]
        if number == 150:
            verifier.check_at_once(stream)
    assert sum(one.mirror_check_pending for one in recorded) > 5
    assert recorded[-1].decision is ends
    assert decided([Update(Event.VERDICT, replace(DORA, verdict=one)) for one in recorded], model) == recorded


def test_what_another_model_measured_is_refused() -> None:
    with pytest.raises(InputError, match="line 1 was measured by test, not by other"):
        decided(list(call(1)), replace(MODEL, model_id="other"))


def test_streams_are_kept_apart_and_told_twice_counts_once() -> None:
    first, second = list(call(1)), list(call(2))
    other = [replace(one, participant=replace(one.participant, participant="Bob")) for one in second]
    mixed = [update for pair in zip(first, other, strict=True) for update in pair]
    mixed.append(replace(first[-1], event=Event.LEFT))
    found = list(redecide(mixed, MODEL))
    assert len(found) == 601
    assert found[-1] == Redecided(replace(mixed[-1], participant=found[-3].update.participant), None)
    assert found[-3].recorded == first[-1].participant.verdict
    found.pop()
    assert [one.verdict for one in found[::2]] == decided(first)


def test_a_window_that_the_model_never_scores_is_refused() -> None:
    (update,) = [one for one in call(1) if one.participant.verdict and one.participant.verdict.sequence == 50]
    assert update.participant.verdict is not None
    odd = replace(update, participant=replace(DORA, verdict=replace(update.participant.verdict, horizon=17)))
    with pytest.raises(InputError, match="line 1 has a window of 17 frames, which test never scores"):
        decided([odd])
    alone = replace(odd, participant=replace(DORA, claim="", verdict=replace(update.participant.verdict, llr=None)))
    with pytest.raises(InputError, match="line 2 has a score of who claims nobody, which test never gives"):
        decided([Update(Event.JOINED, DORA), alone])


def test_who_joins_and_leaves_stays_on_record_with_the_newest_verdict() -> None:
    flowing = replace(DORA, link=Link.FLOWING)
    recorded = list(call(2))[:100]
    whole = [Update(Event.JOINED, flowing), *recorded, recorded[-1], replace(recorded[-1], event=Event.LEFT)]
    strict = replace(MODEL, thresholds=replace(MODEL.thresholds, verify=11.9, suspect=-0.5))
    found = list(redecide(whole, strict))
    assert [one.update.event for one in found] == [Event.JOINED, *[Event.VERDICT] * 100, Event.LEFT]
    assert found[0].update == whole[0]
    assert found[-1].verdict == found[-2].verdict != recorded[-1].participant.verdict
    assert [one.recorded is None for one in found] == [True, *[False] * 100, True]


def test_what_is_not_on_record_is_counted() -> None:
    recorded = list(call(1))
    found = list(redecide(recorded[10:20] + recorded[25:30], MODEL))
    assert [(number, one.missing) for number, one in enumerate(found) if one.missing] == [(0, 10), (10, 5)]


def test_an_enrolment_and_an_opt_out_in_the_middle_begin_anew() -> None:
    judge = Judge(MODEL)
    stream = judge.open(None)
    recorded = []
    for number in range(150):
        if number == 50:
            judge.set_template(stream, SOMEBODY)
        if number == 100:
            judge.set_opted_out(stream, True)
        finding = Finding(0.2 * number, 0, 16, 0.3, 3.0, None, None)
        if number < 50 or number >= 100:
            finding = replace(finding, score=None, llr=None, horizon=0)
        recorded.append(Update(Event.VERDICT, replace(DORA, verdict=judge.conclude(stream, finding))))
    again = decided(recorded)
    assert [one.decision for one in again] == [one.participant.verdict.decision for one in recorded]  # type: ignore[union-attr]
    assert [again[number].decision for number in (0, 99, 149)] == [
        Decision.NOT_ENROLLED,
        Decision.VERIFIED,
        Decision.OPTED_OUT,
    ]
