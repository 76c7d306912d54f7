"""The loop: when it reports, when it stops, what it leaves behind."""

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
import torch

from guard.core.errors import InputError
from tests.trainer.test_trials import trials
from trainer.blocks import Batch, WorldFiles
from trainer.data.world.world import Trials
from trainer.pace import Pace
from trainer.presets import PRESETS
from trainer.runlog import RunLog
from trainer.train import CHECKPOINT, report, run_steps, train, validation_trials
from trainer.training import Training

TINY = replace(
    PRESETS["cpu"],
    identities=2,
    clips=2,
    frames=3,
    steps=4,
    warmup=1,
    checkpoint_every=3,
    block_clips=2,
    block_frames=4,
)


class Counted:
    """Stands in for Training: counts steps."""

    def __init__(self, step: int = 0) -> None:
        self.preset, self.step = TINY, step

    def advance(self, frames: torch.Tensor, labels: torch.Tensor) -> float:
        assert frames.tolist() == [self.step]
        self.step += 1
        return float(self.step)


class Unwritten:
    """Stands in for RunLog."""

    def step(self, training: Counted, loss: float, pace: Pace) -> None:
        assert loss == training.step
        assert pace.frames_per_second > 0


def reported(training: Counted, over_after: int = 99) -> list[int]:
    steps: list[int] = []
    run_steps(
        training,  # type: ignore[arg-type]
        batch=lambda step: (np.array([step], np.uint8), np.array([0])),
        log=Unwritten(),  # type: ignore[arg-type]
        over=lambda: training.step >= over_after,
        report=lambda loss: steps.append(training.step),
        drivers=2,
    )
    return steps


def test_it_reports_at_every_checkpoint_and_at_the_end() -> None:
    assert reported(Counted()) == [3, 4]


def test_it_reports_once_when_time_is_over() -> None:
    assert reported(Counted(), over_after=2) == [2]


def test_a_finished_run_does_nothing() -> None:
    assert reported(Counted(step=4)) == []


class Noise:
    """Stands in for Blocks: no workers, no rendering."""

    def __init__(self, *_: object) -> None: ...

    def __enter__(self) -> "Noise":
        return self

    def __exit__(self, *_: object) -> None: ...

    def batch(self, step: int) -> Batch:
        frames = np.random.default_rng(step).integers(0, 256, (4, 3, 128, 128), dtype=np.uint8)
        return frames, np.array([0, 0, 1, 1])


@pytest.fixture
def few_trials(monkeypatch: pytest.MonkeyPatch) -> Trials:
    rows = [(driver, face, n, "procedural", 0.0) for driver in (0, 1) for n, face in enumerate((0, 0, 1))]
    frames = np.random.default_rng(0).integers(0, 256, (6, 3, 128, 128), dtype=np.uint8)
    found = replace(trials(rows), frames=frames)
    monkeypatch.setattr("trainer.train.validation_trials", lambda path, files: found)
    monkeypatch.setattr("trainer.train.Blocks", Noise)
    return found


@pytest.mark.slow
def test_a_run_leaves_a_checkpoint_and_a_log(tmp_path: Path, few_trials: Trials) -> None:
    train(Training(TINY, seed=0), tmp_path, WorldFiles(), minutes=None, workers=1)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [3, 4]
    assert 0 <= lines[-1]["procedural_same_face"] <= 1
    facts = Training.load(tmp_path / CHECKPOINT).facts
    assert facts == lines[-1]
    assert facts["begun_with"] == {
        **{"source": "world", "motion": None, "targets": None},
        **{"fold": 0, "hold-out": []},
    }
    assert facts["real_motion"] is False


def test_a_run_takes_over_no_clips_of_another(tmp_path: Path, few_trials: Trials) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    interrupted = Training(TINY, seed=0)
    interrupted.advance = killed  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        train(interrupted, tmp_path, WorldFiles(), minutes=None, workers=1)
    (tmp_path / "trials.npz").write_bytes(b"what the interrupted run rendered")
    with pytest.raises(InputError, match="holds clips of another run, with hold-out none, not turning, seed 0, not 5"):
        train(Training(TINY, seed=5), tmp_path, WorldFiles(held_out=frozenset({"turning"})), minutes=None, workers=1)
    assert not (tmp_path / CHECKPOINT).exists()
    train(Training(TINY, seed=0), tmp_path, WorldFiles(), minutes=1e-9, workers=1)
    (tmp_path / "begun.json").unlink()  # as if an earlier version had begun it
    train(Training.load(tmp_path / CHECKPOINT), tmp_path, WorldFiles(), minutes=1e-9, workers=1)
    assert Training.load(tmp_path / CHECKPOINT).step == 2


def test_validation_clips_are_kept_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(file: BinaryIO | Path, **_: object) -> None:
        with file.open("wb") if isinstance(file, Path) else nullcontext(file) as half:
            half.write(b"half")
        raise KeyboardInterrupt

    clip = replace(trials([(0, 0, 0, "procedural", 0.0)]), frames=np.zeros((1, 2, 128, 128), np.uint8))
    monkeypatch.setattr("trainer.data.world.world.World.validation_trials", lambda *_, **__: clip)
    path = tmp_path / "trials.npz"
    with monkeypatch.context() as patched:
        patched.setattr("numpy.savez", killed)
        with pytest.raises(KeyboardInterrupt):
            validation_trials(path, WorldFiles())
    np.testing.assert_array_equal(validation_trials(path, WorldFiles()).frames, clip.frames)
    assert list(tmp_path.iterdir()) == [path]


def test_a_checkpoint_is_written_before_it_is_measured(
    tmp_path: Path, few_trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Training, "embed", broken)
    with RunLog(tmp_path, 0) as log, pytest.raises(MemoryError):
        report(tmp_path, Training(TINY, seed=0), few_trials, WorldFiles(), loss=1.0, log=log)
    assert Training.load(tmp_path / CHECKPOINT).facts["loss"] == 1.0


def test_a_report_names_what_was_trained_on(tmp_path: Path, few_trials: Trials) -> None:
    (tmp_path / "tracks.npz").write_bytes(b"tracks")
    files = WorldFiles(motion=tmp_path / "tracks.npz")
    with RunLog(tmp_path, 0) as log:
        report(tmp_path, Training(TINY, seed=0), few_trials, files, loss=1.0, log=log)
    facts = Training.load(tmp_path / CHECKPOINT).facts
    assert (facts["real_motion"], facts["portraits"], facts["loss"]) == (True, False, 1.0)
