"""The command line: one line for each mistake, JSON when asked for."""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from guard.bundle import Bundle
from tests.films import film
from tests.trainer.test_trials import trials
from trainer.benchtraining import figures
from trainer.blocks import WorldFiles
from trainer.cli import app
from trainer.data.world.warp import FAMILIES
from trainer.data.world.world import World
from trainer.export import UNTRAINED
from trainer.motionbasis import MotionBasis
from trainer.presets import PRESETS
from trainer.pretraining import PRETRAINED, Pretraining
from trainer.seen import seen
from trainer.training import Training

pytestmark = pytest.mark.slow


def npz(**arrays: Any) -> bytes:
    file = BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def test_describe_counts_the_parameters() -> None:
    result = run("describe", "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    shipped = told.pop("bundle")
    assert told == {"f5c": 57_400, "head": 473_888, "total": 531_288}
    assert shipped["model_id"] == Bundle.default().model_id
    assert (shipped["architecture"], shipped["total"]) == ("f5c-feature-flow", 205_417)
    lines = run("describe").stdout.splitlines()
    assert [line.strip() for line in lines if "total" in line] == ["total: 531,288", "total: 205,417"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--out", "x", "--preset", "tpu"], "--preset: 'tpu' is none of paper, cpu, tune, small, gpu"),
        (["train", "--out", "nowhere", "--resume"], "checkpoint.pt: is no checkpoint that can be read"),
        (["train", "--out", "x", "--steps", "0"], "Invalid value for '--steps'"),
        (["train", "--out", "x", "--minutes", "0"], "--minutes: 0 leaves no time to train; leave it out for no limit"),
        (["train", "--out", "x", "--at-once", "1"], "Invalid value for '--at-once'"),
        (["train", "--out", "x", "--resume", "--preset", "cpu"], "--preset: belongs to a new run; leave it out"),
        (["train", "--out", "x", "--resume", "--seed", "0"], "--seed: belongs to a new run; leave it out"),
        (["train", "--out", "x", "--resume", "--start", "m.pt"], "--start: belongs to a new run; leave it out"),
        (["pretrain", "--out", "x", "--resume", "--steps", "9"], "--steps: belongs to a new run; leave it out"),
        (["train", "--out", "x", "--motion", "nowhere.npz"], "Invalid value for '--motion'"),
        (["train", "--out", "x", "--root", ".", "--layout", "tar"], "--layout: 'tar' is none of plain, nvfair, avapr"),
        (["train", "--out", "x", "--root", ".", "--layout", "nvfair"], ".: holds no video of this layout; CREMA-D: "),
        (["train", "--out", "x", "--root", ".", "--motion", "."], "--root: excludes --motion and --targets"),
        (["export", "nowhere", "out", "--model-id", "m"], "nowhere: is no checkpoint that can be read"),
        (["export", "nowhere", "out", "--model-id", ""], "--model-id: '' is not 1 to 64 printable ASCII characters"),
        (["import-checkpoint", "nowhere", "out", "--model-id", "a" * 65], "is not 1 to 64 printable ASCII characters"),
        (["import-checkpoint", "nowhere", "out", "--model-id", "a\nb"], "is not 1 to 64 printable ASCII characters"),
        (["import-checkpoint", "nowhere", "out", "--model-id", "\udce9"], "is not 1 to 64 printable ASCII characters"),
        (["cache", "--root", ".", "--layout", "tar", "--out", "x"], "--layout: 'tar' is none of plain, nvfair, avap"),
        (["cache", "--root", ".", "--layout", "nvfair", "--out", "x"], ".: holds no video of this layout; CREMA-D: "),
        (["cache", "--root", "nowhere", "--layout", "plain", "--out", "x"], "Invalid value for '--root'"),
        (["evaluate", "--root", ".", "--layout", "tar"], "--layout: 'tar' is none of plain, nvfair, avaprintdb"),
        (["evaluate", "--root", "."], ".: holds no video of this layout"),
        (["train", "--out", "x", "--fold", "5"], "Invalid value for '--fold'"),
        (["pretrain", "--out", "x", "--hold-out", "stack"], "--hold-out: 'stack' is none of gaussian, thin-plate, "),
        (
            ["train", "--out", "x", *(word for family in FAMILIES for word in ("--hold-out", family))],
            "--hold-out: leaves training no family of generators",
        ),
        (["train", "--out", "x", "--seed", "-1"], "Invalid value for '--seed'"),
        (["train", "--out", "x", "--seed", str(1 << 64)], "Invalid value for '--seed'"),
        (["pretrain", "--out", "x", "--seed", "-1"], "Invalid value for '--seed'"),
        (["headstart", "--out", "x", "--seed", "-1"], "Invalid value for '--seed'"),
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
    result = run("evaluate", "--bundle", str(tmp_path))
    assert result.exit_code == 1
    assert result.stderr == "trainer: bundle: bundle.json: cannot be read: No such file or directory\n"


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"precious")
    result = run("train", "--out", str(tmp_path))
    assert result.exit_code == 2
    assert "add --resume" in result.stderr
    assert (tmp_path / "checkpoint.pt").read_bytes() == b"precious"


def test_a_folder_of_videos_is_trained_on(tmp_path: Path) -> None:
    root = tmp_path / "videos"
    root.mkdir()
    for name in ("f--a--Ada", "f--b--Bob", "f--c--Cyd", "f--d--Dan"):
        film(root / f"{name}.mp4", 26)
    command = ["train", "--root", str(root), "--out", str(tmp_path / "run")]
    result = run(*command, "--steps", "1")
    assert result.exit_code == 0, result.stderr
    facts = Training.load(tmp_path / "run" / "checkpoint.pt").facts
    assert (facts["step"], facts["videos"]) == (1, ["2 videos of 2 drivers, layout plain"])
    again = run(*command, "--resume", "--steps", "2", "--generators", "lia")
    assert again.exit_code == 2
    assert "--generators: 'lia' cannot be chosen: this layout names no generators" in again.stderr
    kept = (tmp_path / "run" / "checkpoint.pt").read_bytes()
    without = run("train", "--out", str(tmp_path / "run"), "--resume", "--steps", "2")
    assert without.exit_code == 2
    assert "--root: is missing: this run was begun with 2 videos of 2 drivers, layout plain; give the" in without.stderr
    assert (tmp_path / "run" / "checkpoint.pt").read_bytes() == kept


def test_a_run_goes_on_only_with_the_files_that_it_was_begun_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone_on: list[Training] = []
    monkeypatch.setattr("trainer.cli.training.train", lambda training, *_: gone_on.append(training))
    begun = {"motion": None, "targets": None, "fold": 0, "hold-out": []}
    facts = {"begun_with": begun | {"motion": "0" * 64}}
    Training(PRESETS["cpu"], seed=3).save(tmp_path / "checkpoint.pt", facts)
    refused = run("train", "--out", str(tmp_path), "--resume")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("trainer: --motion: is not what this run was begun with")
    Training(PRESETS["cpu"], seed=3).save(tmp_path / "checkpoint.pt", {"begun_with": begun})
    assert "--fold: is not what" in run("train", "--out", str(tmp_path), "--resume", "--fold", "1").stderr
    assert run("train", "--out", str(tmp_path), "--resume", "--steps", "7", "--at-once", "6").exit_code == 0
    assert (gone_on[0].preset.steps, gone_on[0].preset.at_once, gone_on[0].seed) == (7, 6, 3)
    Pretraining(steps=3, seed=0, basis=MotionBasis()).save(tmp_path / "encoder.pt", facts)
    assert "--motion: is not what" in run("pretrain", "--out", str(tmp_path / "encoder.pt"), "--resume").stderr


def test_export_writes_what_was_learned_and_where_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learned = {**UNTRAINED, "calibration": {"64": {"slope": 7.0, "offset": -1.0}}}
    monkeypatch.setattr("trainer.cli.models.learn", lambda embed, files, drivers, made: dict(learned))
    training = Training(replace(PRESETS["cpu"], steps=1), seed=0)
    training.save(tmp_path / "checkpoint.pt", {"real_motion": True, "portraits": False})
    result = run("export", str(tmp_path), str(tmp_path / "bundle"), "--model-id", "mine-1")
    assert result.exit_code == 0, result.stderr
    bundle = Bundle.load(tmp_path / "bundle")
    assert (bundle.model_id, bundle.calibration[64].slope) == ("mine-1", 7.0)
    assert [source["licence"][:3] for source in bundle.manifest["training_data"]] == ["Apa", "MIT"]
    assert bundle.manifest["licence"] == "Apache-2.0"
    training.save(tmp_path / "checkpoint.pt", {"real_motion": False, "portraits": False, "videos": ["9 videos"]})
    assert run("export", str(tmp_path), str(tmp_path / "theirs"), "--model-id", "theirs").exit_code == 0
    assert "not stated: it depends on the videos" in Bundle.load(tmp_path / "theirs").contents["README.md"].decode()


def test_bench_prints_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"step_ms": 2.0, "published_ms": 300.0, "ratio": 150.0}
    seconds = {"ours": 2.0, "loop": 8.0, "product": 0.5}
    monkeypatch.setattr("trainer.cli.models.bench", lambda bundle: found)
    trained = {"train_precision": "float32"} | figures(seconds, 128, 3e9, 2e9)
    monkeypatch.setattr("trainer.cli.models.bench_training", lambda device: trained)
    stated = json.loads(run("bench", "--json").stdout)
    assert (stated["ratio"], stated["train_ratio"]) == (150, 4)
    said = run("bench").stdout
    assert "ratio 150" in said
    assert "training in float32 64 frames/s, published loop 16, ratio 4.0, 38% of a matrix product's speed" in said


def test_evaluate_prints_an_object_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    metric = {"name": "AUC, same face", "value": 0.8, "low": 0.7, "high": 0.9, "on": "3 drivers"}
    monkeypatch.setattr(
        "trainer.cli.videos.beside", lambda trials, systems: [{"system": name} | metric for name in systems]
    )
    clip = trials([(0, 0, 0, "real", 25.0)])
    monkeypatch.setattr("trainer.cli.videos.evaluation_trials", lambda files, drivers, length: clip)
    result = run("evaluate", "--json")
    stated = [json.loads(line) for line in result.stdout.splitlines()]
    names = [Bundle.default().model_id, "motion energy", "pixels", "untrained"]
    assert stated == [{"system": name} | metric for name in names]


def test_evaluate_warns_on_stderr_in_a_line_and_leaves_json_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metric = {"system": "m", "name": "AUC, same face", "value": 0.8, "low": 0.7, "high": 0.9, "on": "3 videos"}

    def evaluate_videos(*arguments: Any) -> list[dict[str, Any]]:
        arguments[-1]("pairs.csv: 1 of its 9 lines\nsay no trial")
        return [metric]

    monkeypatch.setattr("trainer.cli.videos.evaluate_videos", evaluate_videos)
    result = run("evaluate", "--root", str(tmp_path), "--json")
    assert result.stderr == "trainer: warning: pairs.csv: 1 of its 9 lines say no trial\n"
    assert json.loads(result.stdout) == metric


def test_evaluate_writes_a_report_into_a_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metric = {"system": "m", "name": "AUC, same face", "value": 0.8, "low": 0.7, "high": 0.9, "on": "3 videos"}
    given: list[Any] = []
    monkeypatch.setattr("trainer.cli.videos.evaluate_videos", lambda *_: [metric])
    monkeypatch.setattr("trainer.cli.videos.tested", lambda *_: ("cache", "videos"))

    def report(*arguments: Any) -> None:
        given.append(arguments)
        print("report")

    monkeypatch.setattr("trainer.cli.videos.report_videos", report)
    arguments = ("evaluate", "--root", str(tmp_path), "--videos", "40", "--workers", "1")
    result = run(*arguments, "--out", str(tmp_path / "report"))
    # Figures are told before the report is begun, which takes as long again.
    assert result.stdout == "m: AUC, same face 0.800 (0.700 to 0.900) on 3 videos\nreport\n"
    assert given == [(tmp_path / "report", given[0][1], [metric], "cache", "videos", 40, 1, given[0][-1])]
    assert run(*arguments, "--out", str(tmp_path)).stderr == f"trainer: {tmp_path}: exists; name another folder\n"
    assert run(*arguments).exit_code == 0
    assert len(given) == 1


def test_pretraining_and_a_head_start_lead_to_a_model_that_can_be_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes = World().scenes(np.random.default_rng(0), clips=2, frames=2)
    monkeypatch.setattr("trainer.pretraining.render_scenes", lambda *_: scenes)
    monkeypatch.setattr("trainer.pretraining.scenes_ahead", lambda files, seed, steps, *_: [scenes] * len(steps))
    monkeypatch.setattr("trainer.drivermotion._FITTED_TO", 1)
    encoder, model = tmp_path / "new" / "encoder.pt", tmp_path / "model.pt"
    few = ("--imagined", "24", "--drivers", "24", "--steps", "1", "--read-steps", "1")
    assert run("pretrain", "--out", str(encoder), "--steps", "2").exit_code == 0
    assert run("pretrain", "--out", str(encoder)).exit_code == 2
    assert "cannot be made a folder" in run("pretrain", "--out", str(encoder / "below" / "e.pt")).stderr
    made = run("headstart", "--encoder", str(encoder), "--out", str(model), *few)
    assert made.exit_code == 0, made.stderr
    started: list[Training] = []
    monkeypatch.setattr("trainer.cli.training.train", lambda training, *_: started.append(training))
    assert run("train", "--start", str(model), "--preset", "tune", "--out", str(tmp_path / "run")).exit_code == 0
    expected = Training.load(model).model.state_dict()
    for name, value in started[0].model.state_dict().items():
        assert torch.equal(value, expected[name]), name
    read = Pretraining.load(encoder).model.encoder.state_dict()
    assert all(torch.equal(expected[f"encoder.{name}"], value) for name, value in read.items())


def test_the_packaged_encoder_reads_motion_of_people_it_never_saw() -> None:
    scenes = World(split="validation").scenes(np.random.default_rng(0), clips=12, frames=4, strength=0.5)
    assert Pretraining.load(PRETRAINED).measure(scenes).motion < 0.4


@pytest.mark.parametrize(
    ("motion", "before", "expected"), [(None, False, False), (Path("m"), False, True), (None, True, True)]
)
def test_what_was_ever_trained_on_is_not_forgotten(motion: Path | None, before: bool, expected: bool) -> None:
    found = seen(WorldFiles(motion), {"real_motion": before, "step": 3})
    assert (found["real_motion"], found["portraits"]) == (expected, False)
