"""`trainer reproduce` end to end on a tiny tree in the shape of NVFAIR; and what it says before it starts."""

import csv
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner, Result

from guard.core.errors import InputError
from tests.films import film
from tests.trainer.clipsets import PEOPLE, filled, nvfair_videos
from trainer.cli import app
from trainer.data.nvfair import GENERATORS
from trainer.models.fingerprint import Architecture
from trainer.papertables import TABLES, TRIVIAL
from trainer.presets import PRESETS
from trainer.reproduce import COUNTERPARTS, Plan, costs, reproduce, seconds_a_picture
from trainer.systems import System
from trainer.train import CHECKPOINT
from trainer.training import Training
from trainer.videosets import VideoSet, sorted_out
from trainer.worldlandmarks import Landmarks

pytestmark = pytest.mark.slow

TINY = replace(PRESETS["cpu"], identities=2, clips=2, steps=1, warmup=1, checkpoint_every=1)


@pytest.fixture
def nvfair(tmp_path: Path) -> Path:
    """Two performances of everybody on their own face and one on another's, by two generators."""
    root = tmp_path / "NVFAIR-v2-release"
    for people, folder in product(PEOPLE.values(), list(GENERATORS)[:2]):
        for number, who in enumerate(people):
            other = people[number - 1]
            for name in (f"{who}--a--{who}", f"{who}--b--{who}", f"{who}--c--{other}"):
                path = root / "NVIDIA-VC-subset" / folder / who / f"{name}.mp4"
                path.parent.mkdir(parents=True, exist_ok=True)
                film(path, 6, size=(64, 64))
    return root


@pytest.fixture
def tiny_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Table VI with clips of four frames, those of the trivial systems too."""
    rows = tuple(replace(row, frames=4) for row in TABLES[6].rows)
    monkeypatch.setitem(TABLES, 6, replace(TABLES[6], rows=rows))
    monkeypatch.setitem(PRESETS, "tiny", TINY)
    monkeypatch.setattr("trainer.reproduce._TIMED", System(frames=2))
    monkeypatch.setattr("trainer.trivial.FRAMES", 4)


def run(root: Path, out: Path, *more: str) -> Result:
    command = ["reproduce", "--table", "6", "--data", str(root), "--out", str(out), "--preset", "tiny"]
    return CliRunner().invoke(app, [*command, "--workers", "1", *more])


def test_table_6_from_videos_to_its_files_and_again_without_training(
    nvfair: Path, tmp_path: Path, tiny_table: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    first = run(nvfair, out)
    assert first.exit_code == 0, first.stderr
    names = [f"f5c-{condition}-t4-all" for condition in ("feat_diff", "pixel_diff", "raw_feat", "static")]
    trivial = ["motion-energy-t4", "pixels-t4", "untrained-t4"]
    assert sorted(path.name for path in (out / "systems").iterdir()) == names + trivial
    assert [line.split(",")[0] for line in first.stdout.splitlines()[:4]] == [f"{name}: 16 frames" for name in names]
    assert first.stdout.splitlines()[-2:] == [str(out / "table-6.md"), str(out / "table-6.csv")]
    assert "| STATIC | 0." in (out / "table-6.md").read_text()
    with (out / "table-6.csv").open() as file:
        cells = [cell for cell in csv.DictReader(file) if cell["protocol"] == "strict"]
    assert {cell["test"] for cell in cells if cell["auc"]} == {"Overall", "facevid2vid", "lia"}
    assert {(cell["targets"], cell["pairs"]) for cell in cells if cell["test"] == "lia"} == {("2", "6")}
    assert {cell["system"] for cell in cells if cell["auc"]} >= {row.label for row in TRIVIAL}
    state = Training.load(out / "systems" / names[0] / CHECKPOINT).model.state_dict()

    monkeypatch.setattr("trainer.reproduce.seconds_a_picture", lambda *_: 0.0)
    (out / "systems" / names[3] / CHECKPOINT).unlink()  # as if the run had been killed before the last system
    tables = [path.read_text() for path in (out / "table-6.md", out / "table-6.csv")]
    assert run(nvfair, out).exit_code == 0
    assert [path.read_text() for path in (out / "table-6.md", out / "table-6.csv")] == tables
    again = Training.load(out / "systems" / names[0] / CHECKPOINT).model.state_dict()
    assert all(torch.equal(value, again[name]) for name, value in state.items())
    other = run(nvfair, out, "--seed", "1")
    assert other.exit_code == 2
    assert "was begun with another preset or seed; name another --out" in other.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--table", "9"], "Invalid value for '--table'"),
        (["--table", "6", "--seed", "-1"], "Invalid value for '--seed'"),
        (["--table", "6", "--layout", "plain"], "--layout: 'plain' is none of nvfair, avaprintdb"),
        (["--table", "6", "--preset", "tpu"], "--preset: 'tpu' is none of paper"),
        (["--table", "6", "--preset", "small"], ": holds no video of this layout; "),
        (["--table", "6", "--data", "nowhere"], "--data: 'nowhere' is no folder"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], said: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["reproduce", "--data", str(tmp_path), *arguments])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert said in result.stderr


def test_without_data_it_is_the_simulated_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.cli.reproducing.open_world", lambda folder, size, seed: f"{folder.name}, seed {seed}")
    monkeypatch.setattr("trainer.cli.reproducing.open_landmarks", lambda folder, size, seed: f"landmarks of {seed}")
    monkeypatch.setattr(
        "trainer.cli.reproducing.reproduce", lambda table, videos, *more: [f"table {table} of {videos}, {more[-1]}"]
    )
    for table, landmarks in (("8", None), ("3", "landmarks of 3")):
        result = CliRunner().invoke(app, ["reproduce", "--table", table, "--out", str(tmp_path), "--seed", "3"])
        assert result.stdout == f"table {table} of cache, seed 3, {landmarks}\n"


def test_precision_and_steps_take_the_presets_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.cli.reproducing.open_world", lambda *_: "videos")
    monkeypatch.setattr("trainer.cli.reproducing.reproduce", lambda *given: [f"{given[3].precision} {given[3].steps}"])
    command = ["reproduce", "--table", "6", "--out", str(tmp_path)]
    assert CliRunner().invoke(app, command).stdout == "float32 150\n"
    changed = CliRunner().invoke(app, [*command, "--precision", "bfloat16", "--steps", "7"])
    assert changed.stdout == "bfloat16 7\n"


def none_of(split: str, videos: VideoSet, generator: str | None = None) -> VideoSet:
    """The set without a split, or without its videos by one generator."""
    kept = [video for video in getattr(videos, split) if generator and video.generator != generator]
    return replace(videos, **{split: kept})


@pytest.mark.parametrize(
    ("split", "generator", "said"),
    [
        ("test", None, "--data: holds no video of the split 'test' that can be decoded; without any nothing can"),
        ("training", None, "videos: show 0 drivers to learn from; two are the least"),
        ("training", "lia", "--generators: 'lia' is none of facevid2vid, tps"),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, split: str, generator: str | None, said: str
) -> None:
    def trained(*_: object) -> None:
        raise AssertionError("training began")

    monkeypatch.setattr("trainer.reproduce.trained", trained)
    monkeypatch.setattr("trainer.reproduce.seconds_a_picture", trained)
    listed = nvfair_videos(clips=1)
    videos = none_of(split, sorted_out("nvfair", filled(tmp_path / "cache", listed, frames=2), listed), generator)
    with pytest.raises(InputError) as caught:
        reproduce(4, videos, tmp_path / "out", TINY, 0, print)
    assert said in str(caught.value)


def test_a_table_needs_no_validation_videos(tmp_path: Path, tiny_table: None) -> None:
    videos = sorted_out("nvfair", filled(tmp_path / "cache", nvfair_videos(), frames=4), nvfair_videos())
    written = reproduce(6, none_of("validation", videos), tmp_path / "out", TINY, 0, print)
    with written[1].open() as file:
        overall = {cell["system"] for cell in csv.DictReader(file) if cell["auc"] and cell["test"] == "Overall"}
    assert overall >= {"FEAT_DIFF", "PIXEL_DIFF", "RAW_FEAT", "STATIC"}


def test_with_landmarks_the_baseline_is_one_more_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.landmarktraining.FRAMES", 8)
    monkeypatch.setattr("trainer.trivial.FRAMES", 4)
    monkeypatch.setitem(TABLES, 3, replace(TABLES[3], rows=TABLES[3].rows[:1]))
    listed = [video for video in nvfair_videos() if not video.original]
    values = np.random.default_rng(0).uniform(0.2, 0.8, (len(listed), 9, 126, 2)).astype(np.float32)
    videos = sorted_out("world", filled(tmp_path, listed, layout="world"), listed)
    renamed = {"facevid2vid": "keypoint", "tps": "thin-plate", "lia": "latent"}
    test = [replace(video, generator=renamed[str(video.generator)]) for video in videos.test]
    said: list[str] = []
    written = reproduce(
        3, replace(videos, test=test), tmp_path, TINY, 0, said.append, landmarks=Landmarks(values, listed)
    )
    assert "NVFAIR landmark baseline: landmarks-t71-all, 71 frames a clip" in said
    with written[1].open() as file:
        cells = list(csv.DictReader(file))
    measured = ("NVFAIR landmark baseline", *(row.label for row in TRIVIAL))
    assert {(cell["system"], cell["test"]) for cell in cells if cell["auc"]} == set(
        product(measured, ("Overall", "keypoint", "thin-plate", "latent"))
    )
    assert (tmp_path / "systems" / "landmarks-t71-all" / CHECKPOINT).exists()


def test_tables_share_their_systems() -> None:
    everything = {system for number in TABLES for system in Plan.of(number, "nvfair").systems.values()}
    assert len(everything) == 4 + 3 + 4 + 6  # conditions, other lengths, ResNet18, one generator at a time
    assert Plan.of(4, "nvfair").systems["trained on TPS"].generators == ("tps",)
    assert Plan.of(5, "avaprintdb").systems["trained on FV2V"] == System(Architecture("PIXEL_DIFF"), 64, ("GAGA",))
    assert set(COUNTERPARTS["nvfair"]) == set(GENERATORS.values())


def test_costs_are_frames_times_a_pace_that_is_timed_for_each_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Architecture] = []
    monkeypatch.setattr("trainer.reproduce.seconds_a_picture", lambda which, base: asked.append(which) or 0.5)
    listed = nvfair_videos(clips=1)
    videos = sorted_out("nvfair", filled(tmp_path, listed, frames=2), listed)
    base = replace(TINY, identities=16, clips=3, steps=1200)  # of 16 there are 3
    some = [video for video in videos.training if (video.driver, video.generator) != ("id011", "lia")]
    videos = replace(videos, training=some)
    systems = [System(), System(frames=16), System(Architecture("STATIC")), System(generators=("lia",))]
    assert costs(systems, base, videos) == [
        "f5c-feat_diff-t64-all: 691,200 frames, about 96.00 h if none is done",
        "f5c-feat_diff-t16-all: 172,800 frames, about 24.00 h if none is done",
        "f5c-static-t64-all: 691,200 frames, about 1.50 h if none is done",
        "f5c-feat_diff-t64-lia: 460,800 frames, about 64.00 h if none is done",
        "in all about 185.50 h, and embedding 14 test videos by each",
    ]
    assert asked == [Architecture(), Architecture("STATIC")]


def test_timing_leaves_the_random_state_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.reproduce._TIMED", System(frames=2))
    before = torch.random.get_rng_state()
    assert seconds_a_picture(Architecture("STATIC"), TINY) > 0
    assert torch.equal(before, torch.random.get_rng_state())
