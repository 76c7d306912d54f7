"""Calls put together of pieces: nothing reaches across a join, and what is remembered is what would be found again."""

from dataclasses import replace

import numpy as np
import pytest

from guard.core.baseline import MOST
from guard.core.calibration import Calibration
from guard.core.change import Change
from guard.core.items import Thresholds
from guard.core.judge import Judge
from guard.core.settings import Settings
from tests.trainer.calls.synthetic import person
from trainer.calls.playing import PIECE, Call
from trainer.calls.scored import claim

SETTINGS = Settings(
    "test",
    (64,),
    5,
    {64: Calibration(12.0, -6.0)},
    Thresholds(2.0, -6.0, 1.0, 40.0, 12.0, 30.0, 30.0),
    0.05,
    None,
    change=Change(64, Calibration(12.0, -6.0), 0.1),
    continuity=Change(64, Calibration(12.0, -6.0)),
)


def opened(settings: Settings = SETTINGS, seed: int = 0) -> Call:
    enrolled = claim(person(0, 0), 3, 64, None)
    assert enrolled is not None
    judge = Judge(settings)
    stream = judge.open(enrolled.template, windows=enrolled.windows)
    return Call(judge, stream, settings.horizons, np.random.default_rng(seed))


def test_a_piece_begins_a_run_whose_first_window_lies_wholly_within_it() -> None:
    call = opened()
    call.play(person(0, 0).calls, lambda call: call.time >= 100)
    assert call.time == 5 * PIECE
    by_run = [[one.finding.time for one in call.heard if one.finding.run == run] for run in range(5)]
    for run, times in enumerate(by_run):
        assert 63 / 25 <= times[0] - run * PIECE < 64 / 25 + 0.4
        assert times[-1] < (run + 1) * PIECE
        assert np.diff(times) == pytest.approx(0.4)


def test_shorter_horizons_come_sooner() -> None:
    settings = replace(
        SETTINGS, horizons=(16, 64), calibration={16: Calibration(6.0, -3.0), 64: Calibration(12.0, -6.0)}
    )
    call = opened(settings)
    call.play(person(0, 0).calls, lambda call: True)
    assert [one.finding.horizon for one in call.heard[:6]] == [16] * 5 + [64]
    assert 15 / 25 <= call.heard[0].finding.time < 16 / 25 + 0.4


def test_what_is_remembered_is_what_would_be_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = [opened(seed=3) for _ in range(2)]
    calls[0].play(person(0, 0).calls, lambda call: call.time >= 400)
    monkeypatch.setattr(Call, "settled", False)  # nothing is remembered
    calls[1].play(person(0, 0).calls, lambda call: call.time >= 400)
    assert calls[0].heard == calls[1].heard


def test_a_call_settles_once_its_baseline_is_frozen() -> None:
    call = opened()
    call.play(person(0, 0).calls, lambda call: call.settled)
    assert call._stream.baseline is not None
    assert call._stream.baseline.count == MOST
    assert 64 <= call.time <= 120
