"""Calls that freeze or lose pictures, made of moving pictures that no renderer draws, and what is counted of them."""

import json
from collections import Counter

import numpy as np
import pytest
from typer.testing import CliRunner

from guard.bundle import Bundle
from guard.core.items import FPS, Gray, Reason
from tests.core.performances import shown, wander
from trainer import retakes, stoppages
from trainer.cli import app
from trainer.data.world.circumstances import ACTIVITIES
from trainer.data.world.world import World
from trainer.stoppages import Told, at_ease, frames, frozen, hours, lost, refusals, stopped, told

SETTINGS = Bundle.default().settings()
VERDICTS = 28
"""Of windows that lie within the frozen part: 200 frames, a window of 64, one every 5."""


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stoppages, "ALIVE", 70)
    monkeypatch.setattr(stoppages, "FROZEN", 200)


@pytest.fixture(scope="module")
def call() -> Gray:
    return shown(wander(200, 1))


@pytest.mark.slow
@pytest.mark.usefixtures("brief")
def test_a_frozen_call_goes_on_as_its_last_picture(call: Gray) -> None:
    clips = dict(frozen(call, np.random.default_rng(0)))
    assert len(clips) == 6
    assert {clip.shape for clip in clips.values()} == {(270, 128, 128)}
    assert (clips["frozen, by the decoder"][:70] == call[:70]).all()
    assert (clips["frozen, by the decoder"][70:] == call[69]).all()
    noisy = clips["frozen before noise"][70:].astype(float)
    assert noisy.std(axis=0).mean() == pytest.approx(1.0, abs=0.1)
    assert np.abs(clips["frozen before H.264"][-1].astype(float) - call[69]).mean() < 6


@pytest.mark.slow
@pytest.mark.usefixtures("brief")
def test_windows_that_hold_nothing_but_the_frozen_picture_are_counted(call: Gray) -> None:
    found = dict(stopped(call, SETTINGS, np.random.default_rng(0)))
    assert found["frozen, by the decoder"] == Told(270, 0, Counter({Reason.FROZEN: VERDICTS}))
    assert {one.scored + one.refused.total() for kind, one in found.items() if "frozen" in kind} == {VERDICTS}


def test_pictures_are_lost_each_by_itself(call: Gray) -> None:
    arriving = lost(call, 0.3, np.random.default_rng(0))
    assert len(arriving) == pytest.approx(140, abs=20)
    assert all((frame.pixels == call[round(frame.time * FPS)]).all() for frame in arriving)


@pytest.mark.parametrize(("share", "reason"), [(0.25, Reason.TOO_MUCH_FILLER), (0.6, Reason.LOW_FRAME_RATE)])
def test_a_call_that_loses_pictures_is_refused(call: Gray, share: float, reason: Reason) -> None:
    long = np.concatenate([call, call[::-1]])
    found = told(lost(long, share, np.random.default_rng(3)), SETTINGS)
    assert found.refused[reason] > 0
    assert found.found


def test_a_genuine_call_is_scored(call: Gray) -> None:
    assert told(frames(call), SETTINGS) == Told(200, 28, Counter({Reason.TOO_FEW_FRAMES: 12}))


def test_reasons_are_counted_over_streams() -> None:
    streams = [
        Told(9000, 30, Counter({Reason.TOO_FEW_FRAMES: 12, Reason.NO_MOTION: 3})),
        Told(9000, 40, Counter({Reason.TOO_FEW_FRAMES: 12})),
    ]
    counted = refusals("kind", streams)
    assert (counted["streams"], counted["streams_found"], counted["verdicts"]) == (2, 1, 97)
    assert (counted["scored"], counted["too_few_frames"], counted["no_motion"]) == (70, 24, 3)
    assert (counted["frozen"], counted["low_frame_rate"]) == (0, 0)
    assert hours(streams) == 0.2


def test_a_driver_is_shown_at_each_activity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stoppages, "REPLAY", 8)
    rng = np.random.default_rng(0)
    one = retakes.person(World(split="validation"), 8, rng)
    clips = dict(at_ease(one, rng))
    assert tuple(clips) == ACTIVITIES
    assert {clip.shape for clip in clips.values()} == {(8, 128, 128)}


@pytest.mark.slow
@pytest.mark.usefixtures("brief")
def test_the_command_tells_looks_first_and_then_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retakes, "CALLS", 2)
    monkeypatch.setattr(retakes, "LOOPS", (1,))
    for module in (retakes, stoppages):
        monkeypatch.setattr(module, "REPLAY", 70)
    result = CliRunner().invoke(app, ["replays", "--drivers", "2", "--seconds", "30", "--json"])
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [("looks" in row, "verdicts" in row) for row in rows] == [(True, False)] * 18 + [(False, True)] * 17
    by_kind = {row["kind"]: row for row in rows if "verdicts" in row}
    assert by_kind["frozen, by the decoder"]["frozen"] == by_kind["frozen, by the decoder"]["verdicts"] == 2 * VERDICTS
    assert by_kind["frozen before noise"]["scored"] == 0
    assert by_kind["procedural drivers, speaking"]["scored"] == 2 * 2  # windows that end with frames 64 and 69
