"""A published checkpoint becomes a bundle that judges files; what is none is refused by one line."""

import json
import os
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from torch import Tensor
from typer.testing import CliRunner, Result

from guard.bundle import Bundle
from guard.cli import app as guard_app
from guard.core.errors import BundleError, InputError
from guard.core.items import Frame
from guard.engine import OnnxEngine
from guard.video import events
from tests.films import film, lively
from tests.trainer.models.helpers import noise_clips
from tests.trainer.models.published import published_state, write_published
from tests.trainer.test_trials import trials
from trainer.cli import app
from trainer.data.world.world import Trials
from trainer.export import UNTRAINED
from trainer.importing import Imported, export_published, read_published

pytestmark = pytest.mark.slow

LENGTH = 16
KNOWLEDGE = {**UNTRAINED, "calibration": {str(LENGTH): {"slope": 7.0, "offset": -1.0}}}


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return read_published(write_published(tmp_path_factory.mktemp("published") / "best_model.pt", LENGTH))


@pytest.fixture(scope="module")
def folder(imported: Imported, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("imported") / "bundle"
    export_published(imported, out, "authors", KNOWLEDGE)
    return out


@torch.no_grad()
@pytest.mark.parametrize("length", [2, 5, LENGTH])
def test_the_graph_gives_what_torch_gives(imported: Imported, folder: Path, length: int) -> None:
    clips = noise_clips(2, length, seed=5)
    found = OnnxEngine(Bundle.load(folder)).embed_clip(clips.numpy())
    np.testing.assert_allclose(found, imported.network(clips).numpy(), rtol=0, atol=1e-5)
    np.testing.assert_allclose(imported.embed(clips.numpy()), found, rtol=0, atol=1e-5)


def test_the_bundle_claims_no_step(folder: Path) -> None:
    bundle = Bundle.load(folder)
    assert (bundle.input_scale, bundle.state_size, bundle.horizons) == ("clip", None, (LENGTH,))
    assert list(bundle.manifest["graphs"]) == ["clip"]
    assert bundle.manifest["architecture"] == "f5c-feat-diff-authors"
    assert {path.name for path in folder.iterdir()} == {
        *("bundle.json", "bundle.json.sha256", "clip.onnx", "weights.bin", "README.md")
    }


def test_the_card_repeats_the_checkpoints_claim_as_a_claim_and_no_licence_of_ours(folder: Path) -> None:
    card = Bundle.load(folder).contents["README.md"].decode()
    assert "it claims a validation AUC of 0.8125 after epoch 94, which was not checked" in card
    assert "Licence of the weights: not stated by the checkpoint" in card
    assert "Learned from simulated avatars" not in card


def test_the_layer_that_is_never_used_is_not_shipped(folder: Path) -> None:
    weights = Bundle.load(folder).weights
    assert published_state()["ccc.edge_fc.0.weight"].numpy().tobytes() not in weights
    assert published_state()["head.fc.3.weight"].numpy().tobytes() in weights


def test_a_network_that_cannot_be_compared_leaves_nothing(imported: Imported, tmp_path: Path) -> None:
    broken = Imported(read_published(write_published(tmp_path / "best_model.pt")).network, LENGTH, "")
    torch.nn.init.constant_(broken.network.head.fc[3].bias, float("nan"))
    with pytest.raises(BundleError, match="clip: differs from torch"):
        export_published(broken, tmp_path / "out" / "bundle", "broken", KNOWLEDGE)
    assert not list((tmp_path / "out").iterdir())


def without(state: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key: value for key, value in state.items() if key != name}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: {"model": without(s, "fcc.pe_2W")}, "misses fcc.pe_2W"),
        (lambda s: {"model": without(s, "ccc.edge_fc.0.bias")}, "misses ccc.edge_fc.0.bias"),
        (lambda s: {"model": s | {"fcc.fusion.weight": torch.ones(1)}}, "holds fcc.fusion.weight, which the published"),
        (lambda s: {"model": s | {"fcc.mk_1_H": torch.ones(64, 1, 1, 32)}}, "fcc.mk_1_H is (64, 1, 1, 32), not (64, 1"),
        (lambda s: {"model": s | {"fcc.b1H": 3}}, "fcc.b1H is int, not (64,)"),
        (lambda s: {"model": s | {"fcc.b1H": torch.full((64,), torch.nan)}}, "fcc.b1H holds values that are not fin"),
        (lambda s: {"model": 3}, "holds no dictionary named model"),
        (lambda s: {"config": {"neighbor_k": 8}}, "config.neighbor_k is 8; only 4 can be imported"),
        (lambda s: {"config": {"clip_length": 3}}, "config.clip_length is 3; a window has at least 5 frames"),
        (lambda s: {"config": {"clip_length": "64"}}, "config.clip_length is 64; a window"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, change: Callable[[dict[str, Tensor]], Any], said: str) -> None:
    path = write_published(tmp_path / "best_model.pt", **change(published_state()))
    with pytest.raises(InputError) as caught:
        read_published(path)
    assert said in str(caught.value)


def test_a_checkpoint_without_a_config_is_of_the_papers_64_frames(tmp_path: Path) -> None:
    assert read_published(write_published(tmp_path / "best_model.pt", config=None)).length == 64


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16])
def test_numbers_may_be_numpys(tmp_path: Path, kind: type[np.floating]) -> None:
    path = write_published(tmp_path / "best_model.pt", auc=kind(0.875), epoch=np.uint16(94))
    assert read_published(path).claim == "a validation AUC of 0.875 after epoch 94"


def test_numbers_that_an_older_numpy_wrote_are_read(tmp_path: Path) -> None:
    written = write_published(tmp_path / "new.pt", auc=np.float64(0.875))
    with ZipFile(written) as new, ZipFile(tmp_path / "best_model.pt", "w") as old:
        for entry in new.infolist():
            content = new.read(entry)
            old.writestr(entry, content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    assert read_published(tmp_path / "best_model.pt").claim == "a validation AUC of 0.875 after epoch 94"


def test_weights_from_several_devices_are_the_same(imported: Imported, tmp_path: Path) -> None:
    several = {f"module.{name}": value for name, value in published_state().items()}
    found = read_published(write_published(tmp_path / "best_model.pt", LENGTH, model=several))
    clips = noise_clips(1, LENGTH, seed=5).numpy()
    np.testing.assert_array_equal(found.embed(clips), imported.embed(clips))


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def trainer(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_code_in_a_checkpoint_is_refused_and_never_run(tmp_path: Path) -> None:
    path = write_published(tmp_path / "best_model.pt", epoch=Trap(tmp_path / "sprung"))
    result = trainer("import-checkpoint", path, tmp_path / "bundle", "--model-id", "m")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    said = "best_model.pt: is no checkpoint that can be read: it holds posix.mkdir, which is more than weights; "
    said += "save it again without\n"
    assert result.stderr.endswith(said)  # and none of torch's advice to run it all the same
    assert [entry.name for entry in tmp_path.iterdir()] == ["best_model.pt"]


def test_what_else_is_in_a_checkpoint_is_named(tmp_path: Path) -> None:
    path = write_published(
        tmp_path / "best_model.pt", config=Namespace(clip_length=64), epoch=Trap(tmp_path / "sprung")
    )
    with pytest.raises(InputError, match=r"it holds argparse\.Namespace and posix\.mkdir, which is more than weights"):
        read_published(path)


def test_a_bundle_that_is_there_is_told_before_the_work_and_left_alone(tmp_path: Path) -> None:
    path = write_published(tmp_path / "best_model.pt", epoch=Trap(tmp_path / "sprung"))
    (tmp_path / "bundle").mkdir()
    result = trainer("import-checkpoint", path, tmp_path / "bundle", "--model-id", "m")
    assert (result.exit_code, result.stderr) == (2, f"trainer: {tmp_path / 'bundle'}: exists; name another place\n")


@pytest.mark.parametrize("content", [b"", b"no checkpoint"])
def test_a_file_that_is_no_checkpoint_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "best_model.pt").write_bytes(content)
    result = trainer("import-checkpoint", tmp_path / "best_model.pt", tmp_path / "bundle", "--model-id", "m")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "best_model.pt: is no checkpoint that can be read" in result.stderr


def test_the_command_calibrates_for_the_checkpoints_own_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    def learn(embed: Any, files: Any, drivers: int, made: None, length: int) -> dict[str, Any]:
        asked.append((drivers, length))
        return dict(KNOWLEDGE)

    monkeypatch.setattr("trainer.cli.importing.learn", learn)
    path = write_published(tmp_path / "best_model.pt", LENGTH)
    result = trainer("import-checkpoint", path, tmp_path / "b.zip", "--model-id", "authors-16", "--drivers", "5")
    assert result.exit_code == 0, result.stderr
    assert asked == [(5, LENGTH)]
    bundle = Bundle.load(tmp_path / "b.zip")
    assert (bundle.model_id, bundle.calibration[LENGTH].slope) == ("authors-16", 7.0)


def test_it_is_evaluated_at_its_own_length(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def evaluation_trials(files: Any, drivers: int, length: int) -> Trials:
        asked.append(length)
        return trials([(0, 0, 0, "real", 25.0)])

    monkeypatch.setattr("trainer.cli.videos.evaluation_trials", evaluation_trials)
    monkeypatch.setattr("trainer.cli.videos.beside", lambda *_: [])
    result = trainer("evaluate", "--bundle", folder)
    assert result.exit_code == 0, result.stderr
    assert asked == [LENGTH]


def guard(*arguments: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(guard_app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def test_files_are_embedded_enrolled_and_verified_by_whole_windows(folder: Path, tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4", 60, size=(128, 128), painter=lively)
    model = ("--bundle", folder, "--json")
    pictures = np.stack([event.pixels for event in events(clip, print) if isinstance(event, Frame)])
    lines = [json.loads(line) for line in guard("embed", clip, "--every", "13", *model).stdout.splitlines()]
    engine = OnnxEngine(Bundle.load(folder))
    assert [round(line["t"] * 25) for line in lines] == [15, 28, 41, 54]
    for line in lines:
        last = round(line["t"] * 25)
        whole = engine.embed_clip(pictures[None, last + 1 - LENGTH : last + 1])[0]
        np.testing.assert_array_equal(np.float32(line["embedding"]), whole)
    people = ("--gallery", tmp_path / "people.sqlite")
    long = film(tmp_path / "long.mp4", 300, size=(128, 128), painter=lively)
    guard("enroll", "Ada", long, "--consent-by", "Grace", *people, *model)
    summary = json.loads(guard("verify", clip, "--claim", "Ada", *people, *model).stdout.splitlines()[-1])["summary"]
    assert summary["model_id"] == "authors"
    assert summary["windows_scored"] == 9
    assert summary["mean_score"] > 0.5  # the template begins with the same pictures


def test_what_needs_a_step_refuses_by_one_line(folder: Path, tmp_path: Path) -> None:
    said = "authors computes its whole window again for every score"
    served = guard("serve", "--bundle", folder, "--gallery", tmp_path / "g.sqlite", code=2)
    assert f"guard: bundle: {said}" in served.stderr
    benched = trainer("bench", folder)
    assert (benched.exit_code, benched.stderr.count("\n")) == (2, 1)
    assert f"trainer: BUNDLE: {said}" in benched.stderr
