"""From a folder of videos to a tuned bundle: what is written, what is measured, what is refused."""

import re
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from guard.bundle import Bundle
from guard.core.errors import BundleError
from guard.engine import OnnxEngine
from tests.films import film, moving
from trainer.baselines import motion_energy
from trainer.blocks import WorldFiles
from trainer.calls.shipping import write_fields
from trainer.card import SIMULATED, UNMEASURED
from trainer.cli import app
from trainer.clips import centre_crop
from trainer.data.cache import Cache
from trainer.evaluate import directions, evaluation_trials, metrics
from trainer.export import UNTRAINED
from trainer.ownpeople import parted
from trainer.protocols import plain_figures
from trainer.tuning import TUNING

pytestmark = pytest.mark.slow

TINY = replace(TUNING, identities=2, clips=2, frames=12, block_clips=2, block_frames=13, kept_blocks=1)
few_trials = cache(partial(evaluation_trials, faces=2, clips=2))
"""Rendered once for all tests."""
PEOPLE = ("Ada", "Bob", "Cyd", "Dan")


def trainer(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def record(folder: Path, *names: str) -> Path:
    """Short videos of these names; nobody moves quite like another."""
    folder.mkdir()
    for number, name in enumerate(names):
        speed = 0.5 + 0.2 * number
        film(folder / f"{name}.mp4", 12, painter=lambda time, width, height, s=speed: moving(s * time, width, height))
    return folder


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The packaged bundle with a second horizon, and no field without a value."""
    default = Bundle.default()
    line = default.manifest["calibration"]["64"]
    fields = {"horizons": [64, 128], "calibration": {"64": line, "128": line}, "variety_floor": 0.136}
    assert all(default.manifest[name] for name in ("sessions", "change", "continuity", "operating"))
    return write_fields(default, tmp_path_factory.mktemp("start") / "bundle", fields)


@pytest.fixture(scope="module")
def run(start: Bundle, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a finished run, and what it printed."""
    folder = tmp_path_factory.mktemp("finetune")
    root = record(folder / "people", *(f"face--{clip}--{who}" for who in PEOPLE for clip in "ab"), "face--c--Eve")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("trainer.finetune.TUNING", TINY)
        patched.setattr("trainer.finetune.evaluation_trials", few_trials)
        result = trainer(
            *("finetune", "--root", root, "--out", folder / "out", "--model-id", "tuned-1"),
            *("--bundle", tmp_path_factory.getbasetemp() / "start0" / "bundle"),
            *("--steps", "2", "--drivers", "4", "--workers", "1"),
        )
    assert result.exit_code == 0, result.stderr
    return folder / "out", result.stdout


def test_the_report_is_printed_and_kept(run: tuple[Path, str]) -> None:
    out, printed = run
    text = (out / "report.md").read_text()
    assert printed == f"{text}\n{out / 'bundle'}\n"
    assert "cannot be told" in text  # two people are too few
    assert re.search(r"\| AUC, same face \| [\d.]+ \(no interval\) \| [\d.]+ \(no interval\) \| .*too few people", text)
    assert "5 videos of 3 people learned from, 4 videos of 2 people held out (4 of these on faces that are" in text
    assert "## Not measurable\n\n- AUC and EER, other face: there are 0 genuine, 0 impostor trials.\n" in text
    assert [line.split(" | ")[0] for line in text.splitlines() if "| AUC" in line] == [
        "| AUC, same face",
        "| AUC, same face, procedural drivers",
        "| AUC, other face, other generator, procedural drivers",
        "| AUC, other face, other generator, other session, procedural drivers",
        "| AUC",
    ]
    assert sorted(path.name for path in out.iterdir()) == ["bundle", "cache", "held-out.txt", "report.md"]


def test_who_is_held_out_is_written_down_beside_the_bundle(run: tuple[Path, str]) -> None:
    names = (run[0] / "held-out.txt").read_text().splitlines()
    videos = [entry.video for entry in Cache(run[0] / "cache").entries.values()]
    assert names == sorted({video.driver for video in parted(sorted(videos, key=lambda v: v.path), 0).held_out})
    assert len(names) == 2


def test_trivial_systems_stand_beside_before_and_after(run: tuple[Path, str]) -> None:
    out, printed = run
    cache = Cache(out / "cache")
    shown = parted(sorted((e.video for e in cache.entries.values()), key=lambda v: v.path), seed=0).measured
    rows = np.stack([motion_energy(centre_crop(cache.clip(video.path), 64)) for video in shown])
    expected = f"{plain_figures(shown, rows)['AUC, same face'].value:.3f}"
    table = printed[printed.index("## Trivial systems") :].splitlines()
    assert table[4] == "| AUC | motion energy | pixels | untrained |"
    assert table[6].startswith(f"| same face | {expected} (no interval) | ")
    known = [metric for metric in Bundle.load(out / "bundle").manifest["metrics"] if metric.get("system")]
    assert len(known) == 3 * (2 + 3)  # AUC and EER of the people, three AUCs of the world
    assert f"{known[0]['value']:.3f}" == expected


def test_nothing_that_was_measured_of_the_start_is_said_of_the_tuned_bundle(
    run: tuple[Path, str], start: Bundle
) -> None:
    """Thresholds of other embeddings would accuse genuine people more often than anybody measured."""
    bundle = Bundle.load(run[0] / "bundle")
    assert bundle.manifest["horizons"] == [64]
    assert bundle.manifest["thresholds"] == UNTRAINED["thresholds"]
    fields = ("sessions", "change", "continuity", "operating", "variety_floor")
    assert not [field for field in fields if field in bundle.manifest]
    assert SIMULATED in start.manifest["limits"]
    assert SIMULATED not in bundle.manifest["limits"]
    assert UNMEASURED in bundle.manifest["limits"]
    of_calls = "false accusations per 100 participant-hours"
    assert of_calls in [metric["name"] for metric in start.manifest["metrics"]]
    assert of_calls not in [metric["name"] for metric in bundle.manifest["metrics"]]
    assert bundle.manifest["licence"] == f"the owner's to say, within that of {start.model_id}: Apache-2.0"


def test_before_is_what_the_starting_bundle_reaches(run: tuple[Path, str], start: Bundle) -> None:
    out, printed = run
    cache = Cache(out / "cache")
    engine = OnnxEngine(start)
    shown = parted([entry.video for entry in cache.entries.values()], seed=0).held_out
    clips = np.stack([centre_crop(cache.clip(video.path), 64) for video in shown])
    figures = plain_figures(shown, directions(engine.embed_clip(clips), start.centre))
    trials = few_trials(WorldFiles(), 4)
    world = list(metrics(engine.embed_clip(trials.frames), trials, start.centre))
    assert f"| AUC, same face | {figures['AUC, same face'].value:.3f} (" in printed
    assert f"| EER, same face | {figures['EER, same face'].value:.3f} (" in printed
    assert f"| AUC, same face, procedural drivers | {world[0]['value']:.3f} (" in printed


def test_the_bundle_says_what_it_was_tuned_on_and_names_nobody(run: tuple[Path, str]) -> None:
    bundle, start = Bundle.load(run[0] / "bundle"), Bundle.default()
    card = bundle.contents["README.md"].decode()
    assert bundle.model_id == "tuned-1"
    assert "videos of the owner's own people: 5 videos of 3 people learned from" in card
    assert f"tuning of {start.model_id} by 2 steps" in card
    assert "2 held-out people of its owner" in card
    assert "| no interval | 0.950 | 2 held-out people" in card
    assert all(source["name"] in card for source in start.manifest["training_data"])
    assert not any(who in card for who in (*PEOPLE, "Eve"))
    assert bundle.calibration != start.calibration
    assert bundle.input_scale == start.input_scale


def test_only_the_head_is_another(run: tuple[Path, str]) -> None:
    bundle, start = Bundle.load(run[0] / "bundle"), Bundle.default()
    frames = np.random.default_rng(0).integers(0, 256, (1, 12, 128, 128), dtype=np.uint8)
    found, was = (OnnxEngine(one).embed_clip(frames) for one in (bundle, start))
    assert 1e-5 < np.abs(found - was).max() < 0.1


def test_a_finished_run_is_not_overwritten(run: tuple[Path, str]) -> None:
    result = trainer("finetune", "--root", run[0].parent / "people", "--out", run[0], "--model-id", "m")
    assert result.exit_code == 2
    assert "bundle: exists; name another --out" in result.stderr


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["notes"], "holds no video of this layout; notes.mp4: is not named TARGET--CLIP--DRIVER.mp4"),
        (["f--a--Ada", "f--b--Ada", "f--a--Bob"], "shows 1 people with 2 clips each: .*; add 3 more"),
        ([f"{who}--{clip}--{who}" for who in PEOPLE for clip in "ab"], "on no face do those held out make both"),
    ],
)
def test_a_folder_that_will_not_do_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], said: str
) -> None:
    monkeypatch.setattr("trainer.finetune.evaluation_trials", few_trials)
    root = record(tmp_path / "people", *names)
    result = trainer("finetune", "--root", root, "--out", tmp_path / "out", "--model-id", "m", "--drivers", "4")
    assert result.exit_code == 2
    lines = [line for line in result.stderr.splitlines() if line.startswith("trainer: ")]
    assert len(lines) == 1
    assert re.search(said, lines[0])
    assert not list((tmp_path / "out").iterdir())  # told by the names alone, before hours of decoding


def test_what_the_start_held_out_of_the_world_can_stay_held_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[WorldFiles] = []
    monkeypatch.setattr("trainer.cli.tuning.tune_and_measure", lambda plan, out: given.append(plan.files) or "")
    root = record(tmp_path / "people", *(f"face--{clip}--{who}" for who in PEOPLE for clip in "ab"))
    common = ("finetune", "--root", root, "--out", tmp_path / "out", "--model-id", "m", "--workers", "1")
    assert trainer(*common, "--fold", "3", "--hold-out", "turning").exit_code == 0
    assert given == [WorldFiles(fold=3, held_out=frozenset({"turning"}))]


def test_a_name_that_no_bundle_can_have_is_told_first(tmp_path: Path) -> None:
    root = record(tmp_path / "people", *(f"face--{clip}--{who}" for who in PEOPLE for clip in "ab"))
    result = trainer("finetune", "--root", root, "--out", tmp_path / "out", "--model-id", "é")
    assert result.exit_code == 2
    assert "--model-id: 'é' is not 1 to 64 printable ASCII characters" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_bundle_that_cannot_be_tuned_is_told_before_anything_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(bundle: Bundle) -> None:
        raise BundleError("clip", "is of another network")

    monkeypatch.setattr("trainer.cli.tuning.reopened", refused)
    root = record(tmp_path / "people", *(f"face--{clip}--{who}" for who in PEOPLE for clip in "ab"))
    result = trainer("finetune", "--root", root, "--out", tmp_path / "out", "--model-id", "m")
    assert (result.exit_code, (tmp_path / "out").exists()) == (1, False)
    assert "clip: is of another network" in result.stderr
