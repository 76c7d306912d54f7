"""`trainer calibrate`, `simulate-calls` and `adaptation`: figures, and bundles with them in."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from guard.bundle import Bundle
from guard.core import learning
from tests.trainer.calls.synthetic import bank
from trainer.blocks import WorldFiles
from trainer.calls import adapting, filming, scenes
from trainer.calls.bank import Person, save
from trainer.calls.filling import folder_of
from trainer.cli import app
from trainer.cli import calls as commands
from trainer.resume import take_bank


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(scenes, "GENUINE", 300.0)
    monkeypatch.setattr(scenes, "IMPOSTOR", 40.0)
    monkeypatch.setattr(commands, "HORIZONS", (64,))
    monkeypatch.setattr(filming, "FACES", 10)
    take_bank(tmp_path, WorldFiles())
    folder = folder_of(tmp_path, Bundle.default())
    folder.mkdir()
    for one in bank(20, 10):
        save(one, folder / f"procedural-{one.number:04d}.npz")
    return tmp_path


@pytest.mark.slow
def test_a_bundle_is_calibrated_and_then_its_thresholds_are_chosen(filled: Path) -> None:
    common, runner = ["--bank", str(filled), "--drivers", "20", "--json"], CliRunner()
    fitted = runner.invoke(
        app, ["calibrate", *common, "--write", str(filled / "bundle"), "--plots", str(filled / "plots")]
    )
    assert fitted.exit_code == 0, fitted.output
    rows = [json.loads(line) for line in fitted.stdout.splitlines()]
    assert {"64 frames", "change of driver"} <= {row["what"] for row in rows}
    assert Bundle.load(filled / "bundle").settings().change is not None

    arguments = ["simulate-calls", *common, "--bundle", str(filled / "bundle"), "--write", str(filled / "bundle")]
    simulated = runner.invoke(app, [*arguments, "--hours", "2", "--rate", "50", "--plots", str(filled / "plots")])
    assert simulated.exit_code == 0, simulated.output
    last = json.loads(simulated.stdout.splitlines()[-1])
    assert set(last["procedural"]) == {
        "promised_per_100h",
        "delay_median_s",
        "delay_p95_s",
        "false_accusations_per_100h",
        "hours",
        "events",
        "people",
        "pairs",
    }
    assert last["procedural"]["pairs"] == 5
    assert Bundle.load(filled / "bundle").operating.change
    assert {path.name for path in (filled / "plots").iterdir()} == {"delays.png", "evidence.png", "reliability.png"}


@pytest.mark.slow
def test_exchanged_the_people_tried_are_those_that_were_fitted_on(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[set[int]] = []

    def seen(people: list[Person], *_: object) -> list[dict[str, object]]:
        tried.append({one.number for one in people})
        return []

    monkeypatch.setattr(commands, "growth", seen)
    monkeypatch.setattr(commands, "measure", seen)
    monkeypatch.setattr(commands, "fit", lambda people, *_: seen(people))
    for more in [], ["--exchanged"]:
        assert CliRunner().invoke(app, ["calibrate", "--bank", str(filled), "--drivers", "20", *more]).exit_code == 0
    fitted, _, measured = tried[:3]
    assert fitted
    assert tried[3:] == [measured, fitted, fitted]


@pytest.mark.slow
def test_what_templates_learn_from_calls_is_told_row_by_row(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "LONG", 60.0)
    monkeypatch.setattr(adapting, "LESSON", 120.0)
    monkeypatch.setattr(adapting, "BEFORE", 20.0)
    told = CliRunner().invoke(app, ["adaptation", "--bank", str(filled), "--drivers", "20", "--json"])
    assert told.exit_code == 0, told.output
    own, others, *_ = [json.loads(line) for line in told.stdout.splitlines()]
    assert (own["what"], own["people"]) == ("1 references, own call", 20)
    assert (others["what"], others["pairs"]) == ("1 references, others", 20)


def test_horizons_that_are_not_kept_are_refused() -> None:
    refused = CliRunner().invoke(app, ["calibrate", "--horizons", "16,48"])
    assert refused.exit_code == 2
    assert "--horizons: '16,48' is not a list of some of 16, 32, 64, 128" in refused.stderr


@pytest.mark.parametrize("command", ["calibrate", "simulate-calls", "adaptation"])
def test_drivers_who_would_be_alone_before_a_face_are_refused(command: str) -> None:
    refused = CliRunner().invoke(app, [command, "--drivers", "39"])
    assert refused.exit_code == 2
    assert "--drivers: 39 are too few: each of the 20 faces takes two drivers" in refused.stderr
    assert "give 40 or more" in refused.stderr
