"""What a run writes down: lines of JSON and TensorBoard's points."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from trainer.pace import Pace
from trainer.runlog import EVENTS, RunLog

pytestmark = pytest.mark.slow


def stepped(log: RunLog, step: int, loss: float) -> None:
    """A step of a run with a learning rate of .5 and a gradient of norm 2, at 100 frames a second."""
    training: Any = SimpleNamespace(step=step, optimiser=SimpleNamespace(param_groups=[{"lr": 0.5}]), gradient_norm=2.0)
    pace = Pace(9, clock=iter([0.0, 1.0]).__next__)
    pace.advanced(100)
    log.step(training, loss, pace)


def curves(folder: Path) -> dict[str, list[tuple[int, float]]]:
    events = EventAccumulator(str(folder / EVENTS))
    events.Reload()
    return {name: [(point.step, point.value) for point in events.Scalars(name)] for name in events.Tags()["scalars"]}


def test_steps_and_reports_become_curves_and_lines(tmp_path: Path) -> None:
    with RunLog(tmp_path, 0) as log:
        stepped(log, 1, loss=3.0)
        log.line({"step": 1, "loss": 3.0, "real_motion": True, "procedural_same_face": 0.75})
    assert curves(tmp_path) == {
        "loss": [(1, 3.0)],
        "learning_rate": [(1, 0.5)],
        "gradient_norm": [(1, 2.0)],
        "frames_per_second": [(1, 100.0)],
        "validation/procedural_same_face": [(1, 0.75)],
    }
    (line,) = (tmp_path / "log.jsonl").read_text().splitlines()
    assert json.loads(line)["procedural_same_face"] == 0.75


def test_steps_that_are_made_again_replace_their_points(tmp_path: Path) -> None:
    with RunLog(tmp_path, 0) as log:
        for step in (1, 2, 3):
            stepped(log, step, loss=float(step))
    with RunLog(tmp_path, 1) as log:
        stepped(log, 2, loss=9.0)
    assert curves(tmp_path)["loss"] == [(1, 1.0), (2, 9.0)]


def test_only_the_first_process_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.runlog.rank", lambda: 1)
    with RunLog(tmp_path, 0) as log:
        stepped(log, 1, loss=3.0)
        log.line({"step": 1})
    assert list(tmp_path.iterdir()) == []
