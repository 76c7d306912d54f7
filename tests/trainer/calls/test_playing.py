"""Calls put together of pieces: nothing reaches across a join, and what is computed at once is what the judge says."""

from dataclasses import replace

import numpy as np
import pytest

from guard.core.calibration import Calibration, Quality, Term
from guard.core.change import Change
from guard.core.items import Decision, Thresholds, Verdict
from guard.core.judge import Judge
from guard.core.session import SessionModel, Spread
from guard.core.settings import Settings
from tests.trainer.calls.synthetic import person
from trainer.calls.playing import PIECE, Call
from trainer.calls.scored import claim

TERMS = (Term(Quality.SMOOTHNESS, 1.0, 1.8, 2.0, 3.0, -2.0), Term(Quality.WINDOWS, 0.0, 2.0, 4.0, 0.5, -0.4))
SPREAD = SessionModel(Spread(3.0, 0.5, 2.0, 2.0), Spread(-3.0, 2.0, 2.0, 2.5))
SETTINGS = Settings(
    "test",
    (64,),
    5,
    {64: Calibration(12.0, -6.0, TERMS)},
    Thresholds(2.0, -6.0, 1.0, 40.0, 12.0, 5.0, 5.0),
    0.05,
    None,
    change=Change(64, Calibration(12.0, -6.0, TERMS), 0.1, SPREAD),
    continuity=Change(64, Calibration(12.0, -6.0), spread=SPREAD),
)
SEVERAL = replace(SETTINGS, horizons=(16, 64, 128), calibration=dict.fromkeys((16, 64, 128), Calibration(12.0, -6.0)))


def opened(settings: Settings = SETTINGS, seed: int = 0, *, claimed: bool = True) -> Call:
    enrolled = claim(person(0, 0), 3, 64, None)
    assert enrolled is not None
    template = enrolled.template if claimed else None
    stream = Judge(settings).open(template, windows=enrolled.windows, continuity=True)
    return Call(settings, stream, np.random.default_rng(seed))


def test_a_piece_begins_a_run_whose_first_window_lies_wholly_within_it() -> None:
    call = opened()
    call.play(person(0, 0).calls, lambda call: call.seconds >= 100)
    assert call.seconds == 5 * PIECE
    by_run = [call.time[call.findings.run == run] for run in range(5)]
    for run, times in enumerate(by_run):
        assert 63 / 25 <= times[0] - run * PIECE < 64 / 25 + 0.4
        assert times[-1] < (run + 1) * PIECE
        assert np.diff(times) == pytest.approx(0.4)


def test_shorter_horizons_come_sooner() -> None:
    settings = replace(SETTINGS, horizons=(16, 64), calibration=dict.fromkeys((16, 64), Calibration(6.0, -3.0)))
    call = opened(settings)
    call.play(person(0, 0).calls, lambda call: True)
    assert call.findings.horizon[:6].tolist() == [16] * 5 + [64]
    assert 15 / 25 <= call.time[0] < 16 / 25 + 0.4


def played(call: Call) -> Call:
    """A genuine call that another driver takes over."""
    call.play(person(0, 0).calls[:2], lambda call: call.seconds >= 240)
    call.play(person(1, 0).calls[:2], lambda call: call.seconds >= 400)
    return call


@pytest.mark.slow
@pytest.mark.parametrize(("settings", "claimed"), [(SETTINGS, True), (SETTINGS, False), (SEVERAL, True)])
def test_what_is_computed_at_once_is_what_the_judge_says(
    settings: Settings, claimed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = played(opened(settings, 3, claimed=claimed))
    assert at_once.settled
    told: list[Verdict] = []
    judge = Judge.judge
    monkeypatch.setattr(Call, "settled", False)
    monkeypatch.setattr(Judge, "judge", lambda *seen: told.append(judge(*seen)) or told[-1])
    played(opened(settings, 3, claimed=claimed))
    assert at_once.time == pytest.approx([verdict.time for verdict in told])
    assert at_once.evidence == pytest.approx([verdict.evidence for verdict in told], abs=1e-4)
    assert at_once.suspicion == pytest.approx([verdict.change for verdict in told], abs=1e-4)
    assert at_once.decisions == [verdict.decision for verdict in told]
    assert len({*at_once.decisions} & {Decision.VERIFIED, Decision.CONSISTENT}) == 1
    assert at_once.decisions[-1] in {Decision.IMPOSTOR_SUSPECTED, Decision.DRIVER_CHANGED}


def test_a_call_settles_once_its_baseline_is_frozen() -> None:
    call = opened()
    call.play(person(0, 0).calls, lambda call: call.settled)
    assert 64 <= call.seconds <= 120
    followed = opened(claimed=False)
    followed.play(person(0, 0).calls, lambda call: call.settled)
    assert 60 <= followed.seconds <= 80
