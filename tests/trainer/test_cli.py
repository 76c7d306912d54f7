"""The command line: one line for each mistake, JSON when asked for."""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from guard.bundle import Bundle
from tests.trainer.test_trials import trials
from trainer.cli import app
from trainer.export import UNTRAINED
from trainer.presets import PRESETS
from trainer.training import Training


def npz(**arrays: Any) -> bytes:
    file = BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def test_describe_counts_the_parameters() -> None:
    result = run("describe", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"f5c": 57_400, "head": 473_888, "total": 531_288}
    assert "total: 531,288" in run("describe").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--out", "x", "--preset", "tpu"], "trainer: --preset: 'tpu' is none of paper, cpu, gpu"),
        (["train", "--out", "nowhere", "--resume"], "checkpoint.pt: is no checkpoint that can be read"),
        (["train", "--out", "x", "--steps", "0"], "Invalid value for '--steps'"),
        (["train", "--out", "x", "--motion", "nowhere.npz"], "Invalid value for '--motion'"),
        (["export", "nowhere", "out", "--model-id", "m"], "nowhere: is no checkpoint that can be read"),
        (["fly"], "No such command 'fly'"),
        ([], "Missing command"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("option", ["--motion", "--targets"])
@pytest.mark.parametrize("content", [b"", b"no archive", npz(something=[1])])
def test_a_file_that_is_no_world_is_one_line(option: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "given.npz").write_bytes(content)
    result = run("train", "--out", str(tmp_path / "run"), option, str(tmp_path / "given.npz"))
    assert result.exit_code == 2
    assert "given.npz: holds none of what is asked for" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_bundle_that_is_none_is_one_line(tmp_path: Path) -> None:
    result = run("evaluate", str(tmp_path))
    assert result.exit_code == 1
    assert result.stderr == "trainer: bundle: bundle.json: cannot be read: No such file or directory\n"


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"precious")
    result = run("train", "--out", str(tmp_path))
    assert result.exit_code == 2
    assert "add --resume" in result.stderr
    assert (tmp_path / "checkpoint.pt").read_bytes() == b"precious"


def test_export_writes_what_was_learned_and_where_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learned = {**UNTRAINED, "calibration": {"64": {"slope": 7.0, "offset": -1.0}}}
    monkeypatch.setattr("trainer.cli.learn", lambda embed, files, drivers: dict(learned))
    training = Training(replace(PRESETS["cpu"], steps=1), seed=0)
    training.save(tmp_path / "checkpoint.pt", {"real_motion": True, "portraits": False})
    result = run("export", str(tmp_path), str(tmp_path / "bundle"), "--model-id", "mine-1")
    assert result.exit_code == 0, result.stderr
    bundle = Bundle.load(tmp_path / "bundle")
    assert (bundle.model_id, bundle.calibration[64].slope) == ("mine-1", 7.0)
    assert [source["licence"][:3] for source in bundle.manifest["training_data"]] == ["Apa", "MIT"]


def test_bench_prints_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.cli.bench", lambda bundle: {"step_ms": 2.0, "published_ms": 300.0, "ratio": 150.0})
    assert json.loads(run("bench", "--json").stdout)["ratio"] == 150
    assert "ratio 150" in run("bench").stdout


def test_evaluate_prints_an_object_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    metric = {"name": "AUC, same face", "value": 0.8, "low": 0.7, "high": 0.9, "on": "3 drivers"}
    monkeypatch.setattr("trainer.cli.metrics", lambda embeddings, trials, centre: [metric, metric])
    monkeypatch.setattr("trainer.cli.evaluation_trials", lambda files, drivers: trials([(0, 0, 0, "real", 25.0)]))
    result = run("evaluate", "--json")
    assert [json.loads(line) for line in result.stdout.splitlines()] == [metric, metric]
