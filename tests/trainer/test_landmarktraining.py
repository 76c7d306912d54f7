"""The landmark baseline's run: that it learns, stops, goes on, and refuses what it did not begin with."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from guard.core.errors import InputError
from tests.trainer.clipsets import nvfair_videos
from trainer.checkpoints import read_checkpoint, write_checkpoint
from trainer.landmarkbatches import LandmarkBatches
from trainer.landmarktraining import KIND, LandmarkTraining, trained_on_landmarks
from trainer.presets import PRESETS
from trainer.systems import measured
from trainer.train import CHECKPOINT
from trainer.videosets import VideoSet, sorted_out
from trainer.worldlandmarks import Landmarks

pytestmark = pytest.mark.slow

TINY = replace(PRESETS["cpu"], identities=3, clips=2, steps=3, warmup=1, checkpoint_every=1)
LENGTH = 12


@pytest.fixture
def videos() -> VideoSet:
    """Every driver opens the mouth at a tempo of their own, on whatever face."""
    listed = [video for video in nvfair_videos() if not video.original]
    rng = np.random.default_rng(0)
    drivers = sorted({video.driver for video in listed})
    faces = {video.target: rng.uniform(0.2, 0.8, (126, 2)) for video in listed}
    time = np.arange(LENGTH + 4)
    clips = np.stack([np.broadcast_to(faces[video.target], (len(time), 126, 2)) for video in listed])
    for clip, video in zip(clips, listed, strict=True):
        tempo = 0.15 * (1 + drivers.index(video.driver))
        clip[:, :40, 1] += 0.05 * np.sin(tempo * time + rng.uniform(0, 6))[:, None]
    landmarks = Landmarks(clips.astype(np.float32), listed)
    return sorted_out("nvfair", landmarks, listed)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def short_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.landmarktraining.FRAMES", LENGTH)


def test_a_stopped_run_goes_on_to_the_weights_of_one_that_was_not(
    tmp_path: Path, videos: VideoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = trained_on_landmarks(TINY, videos, tmp_path / "straight", seed=1)
    advance = LandmarkTraining.advance

    def killed(self: LandmarkTraining, batch: object) -> float:
        if self.step == 2:
            raise KeyboardInterrupt
        return advance(self, batch)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(LandmarkTraining, "advance", killed)
        with pytest.raises(KeyboardInterrupt):
            trained_on_landmarks(TINY, videos, tmp_path / "run", seed=1)
    assert LandmarkTraining.load(tmp_path / "run" / CHECKPOINT).step == 2
    gone_on = trained_on_landmarks(TINY, videos, tmp_path / "run", seed=1)
    ends = straight.model.state_dict(), gone_on.model.state_dict()
    assert all(torch.equal(value, ends[1][name]) for name, value in ends[0].items())
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3]
    found = measured(gone_on, videos, tmp_path / "run")
    assert {figure["generator"] for figure in found} == {None, "facevid2vid", "lia", "tps"}
    assert trained_on_landmarks(TINY, videos, tmp_path / "run", seed=1).step == 3


@pytest.mark.parametrize(
    ("steps", "seed", "generators", "said"),
    [
        (4, 0, (), "begun with another preset or seed; name another --out"),
        (3, 1, (), "begun with another preset or seed; name another --out"),
        (1, 0, ("lia",), "begun with 54 videos .*, not with 18 .*; name another folder"),
    ],
)
def test_a_folder_with_another_run_is_left_alone(
    tmp_path: Path, videos: VideoSet, steps: int, seed: int, generators: tuple[str, ...], said: str
) -> None:
    trained_on_landmarks(replace(TINY, steps=1), videos, tmp_path, seed=0)
    kept = (tmp_path / CHECKPOINT).read_bytes()
    with pytest.raises(InputError, match=said):
        trained_on_landmarks(replace(TINY, steps=steps), videos.chosen(generators), tmp_path, seed)
    assert (tmp_path / CHECKPOINT).read_bytes() == kept


def test_as_many_other_videos_are_refused(tmp_path: Path, videos: VideoSet) -> None:
    training = trained_on_landmarks(TINY, videos, tmp_path, seed=0)
    assert LandmarkTraining.load(tmp_path / CHECKPOINT).facts == training.facts
    others = replace(videos, training=[*videos.training[1:], replace(videos.training[0], target="id012")])
    with pytest.raises(InputError, match="begun with other training videos"):
        trained_on_landmarks(TINY, others, tmp_path, seed=0)


def test_of_an_earlier_checkpoint_the_number_of_videos_is_known(tmp_path: Path, videos: VideoSet) -> None:
    trained_on_landmarks(TINY, videos, tmp_path, seed=0)
    state = read_checkpoint(tmp_path / CHECKPOINT, KIND)
    write_checkpoint(tmp_path / CHECKPOINT, KIND, state | {"videos": state.pop("facts")["videos"][0]})
    assert trained_on_landmarks(TINY, videos, tmp_path, seed=0).step == 3
    with pytest.raises(InputError, match="begun with 54 videos"):
        trained_on_landmarks(TINY, videos.chosen(["lia"]), tmp_path, seed=0)


def test_it_learns_to_tell_drivers_and_the_order_of_frames(videos: VideoSet) -> None:
    training = LandmarkTraining(replace(TINY, steps=20), seed=0)
    batch = LandmarkBatches(videos.cache, videos.training, replace(TINY, frames=LENGTH), seed=0).batch(0)
    losses = [training.advance(batch) for _ in range(12)]
    assert losses[-1] < 0.5 * losses[0]
