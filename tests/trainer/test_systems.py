"""Systems: named by what they are, trained once and gone on with, measured once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from guard.core.errors import InputError
from tests.trainer.clipsets import filled, nvfair_videos
from trainer import systems
from trainer.models.fingerprint import Architecture, Fingerprint
from trainer.presets import PRESETS
from trainer.systems import System, figures, measured, trained
from trainer.train import CHECKPOINT
from trainer.training import Training
from trainer.videosets import VideoSet, sorted_out

pytestmark = pytest.mark.slow

TINY = replace(PRESETS["cpu"], identities=2, clips=2, frames=64, block_frames=64, steps=2, warmup=1, checkpoint_every=1)
STATIC = System(Architecture("STATIC"), frames=3, generators=("lia",))


@pytest.fixture
def videos(tmp_path: Path) -> VideoSet:
    listed = nvfair_videos(clips=2)
    return sorted_out("nvfair", filled(tmp_path / "cache", listed, frames=3), listed)


def test_a_name_tells_systems_apart() -> None:
    assert System().name == "f5c-feat_diff-t64-all"
    assert STATIC.name == "f5c-static-t3-lia"
    assert STATIC.preset(TINY) == replace(TINY, frames=3)
    assert System(frames=128).preset(TINY).block_frames == 128


@pytest.mark.parametrize("condition", ["FEAT_DIFF", "PIXEL_DIFF", "RAW_FEAT", "STATIC"])
def test_pictures_are_counted_as_the_network_encodes_them(condition: str) -> None:
    system = System(Architecture(condition), frames=6)  # type: ignore[arg-type]
    clips = np.zeros((2, 6, 128, 128), np.uint8)
    encoded = Fingerprint(system.architecture).pictures(torch.from_numpy(clips))
    assert system.pictures(clips=2) == encoded.shape[0] * encoded.shape[1]


def test_a_system_is_trained_and_measured_once(
    tmp_path: Path, videos: VideoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = trained(STATIC, TINY, videos, tmp_path, seed=0)
    assert (training.step, training.preset.frames) == (2, 3)
    found = measured(training, videos, tmp_path)
    assert {figure["generator"] for figure in found} == {None, "facevid2vid", "lia", "tps"}

    def no_more(*_: object) -> None:
        raise AssertionError("what is there was done again")

    monkeypatch.setattr(systems, "embedded", no_more)
    monkeypatch.setattr("trainer.training.Training.advance", no_more)
    again = trained(STATIC, TINY, videos, tmp_path, seed=0)
    assert measured(again, videos, tmp_path) == found
    of_others = replace(videos.test[0], driver="id002")
    for test in (videos.test[:-1], [of_others, *videos.test[1:]]):
        with pytest.raises(AssertionError, match="done again"):
            measured(again, replace(videos, test=test), tmp_path)
    with torch.no_grad():
        next(again.model.parameters()).add_(1)  # as when it was trained anew, for as many steps
    with pytest.raises(AssertionError, match="done again"):
        measured(again, videos, tmp_path)


@pytest.mark.parametrize(("frames", "steps", "seed"), [(3, 3, 0), (3, 2, 1), (4, 2, 0)])
def test_a_folder_with_another_run_is_left_alone(
    tmp_path: Path, videos: VideoSet, frames: int, steps: int, seed: int
) -> None:
    Training(STATIC.preset(TINY), 0, STATIC.architecture).save(tmp_path / CHECKPOINT, {})
    with pytest.raises(InputError, match="begun with another preset or seed; name another --out"):
        trained(replace(STATIC, frames=frames), replace(TINY, steps=steps), videos, tmp_path, seed)


def test_figures_are_means_over_targets_of_slow_aucs(videos: VideoSet) -> None:
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(len(videos.test), 8)).astype(np.float32)
    found = {(f["protocol"], f["generator"]): f for f in figures(videos.test, embeddings)}
    expected = []
    for target in ("id001", "id002"):
        scores = {True: [], False: []}
        for i, one in enumerate(videos.test):
            for j, other in enumerate(videos.test):
                if one.target != target or other.target != target or one.driver != target or one.original:
                    continue
                if other.driver != target:
                    scores[False].append(embeddings[i] @ embeddings[j])
                elif not other.original and i < j and one.clip != other.clip:
                    scores[True].append(embeddings[i] @ embeddings[j])
        wins = [(g > s) + 0.5 * (g == s) for g in scores[True] for s in scores[False]]
        expected.append(np.mean(wins))
    assert found["strict", None]["value"] == pytest.approx(np.mean(expected), abs=1e-6)
    assert found["strict", None]["targets"] == 2
    assert found["published", None]["pairs"] > found["strict", None]["pairs"]
