"""Training on videos: what a run leaves behind, that it goes on exactly, and that it goes on with the same videos."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from guard.core.errors import InputError
from tests.trainer.clipsets import filled, nvfair_videos
from trainer.clips import centre_crop
from trainer.data.videos import Video
from trainer.presets import PRESETS
from trainer.resume import begun_with_videos
from trainer.train import CHECKPOINT
from trainer.training import Training
from trainer.videosets import VideoSet, sorted_out
from trainer.videotraining import embedded, learned_from, train_on_videos, validation_aucs

pytestmark = pytest.mark.slow

TINY = replace(PRESETS["cpu"], identities=2, clips=2, frames=3, steps=3, warmup=1, checkpoint_every=2)


@pytest.fixture
def videos(tmp_path: Path) -> VideoSet:
    listed = nvfair_videos(clips=1)
    return sorted_out("nvfair", filled(tmp_path / "cache", listed, frames=4), listed).chosen()


def test_a_stopped_run_goes_on_to_the_weights_of_one_that_was_not(tmp_path: Path, videos: VideoSet) -> None:
    train_on_videos(Training(TINY, seed=1), tmp_path / "straight", videos)
    stopped = Training(TINY, seed=1)
    train_on_videos(stopped, tmp_path / "run", videos, minutes=1e-9)
    assert stopped.step == 1
    train_on_videos(Training.load(tmp_path / "run" / CHECKPOINT), tmp_path / "run", videos)
    ends = [Training.load(tmp_path / run / CHECKPOINT).model.state_dict() for run in ("straight", "run")]
    assert all(torch.equal(value, ends[1][name]) for name, value in ends[0].items())
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3]
    assert 0 <= lines[-1]["by_target"] <= 1
    assert lines[-1]["videos"] == [videos.summary()]
    assert lines[-1]["begun_with"] == begun_with_videos(videos)
    assert (lines[-1]["world"], lines[-1]["real_motion"]) == (False, False)


def test_a_run_does_not_go_on_with_other_videos(tmp_path: Path, videos: VideoSet) -> None:
    train_on_videos(Training(TINY, seed=1), tmp_path, videos, minutes=1e-9)
    kept = (tmp_path / CHECKPOINT).read_bytes()
    others = replace(videos, training=[*videos.training[1:], replace(videos.training[0], target="id012")])
    assert others.summary() == videos.summary()
    for now in (others, videos.chosen(["lia"])):
        with pytest.raises(InputError, match="was begun with"):
            train_on_videos(Training.load(tmp_path / CHECKPOINT), tmp_path, now)
    assert (tmp_path / CHECKPOINT).read_bytes() == kept


def test_what_a_run_costs_is_said_of_the_drivers_that_there_are(
    tmp_path: Path, videos: VideoSet, capsys: pytest.CaptureFixture[str]
) -> None:
    few = replace(TINY, identities=12, steps=5000)  # of 12 there are 3
    train_on_videos(Training(few, seed=1), tmp_path, videos, minutes=1e-9)
    assert capsys.readouterr().out.startswith("5000 steps of 3 drivers x 2 clips x 3 frames: 0.09 M frames in all\n")


def test_weights_that_a_run_starts_from_keep_what_they_have_seen(videos: VideoSet) -> None:
    training = Training(TINY, seed=1)
    training.facts = {"real_motion": True, "portraits": False, "step": 9}
    facts = learned_from(training, videos)
    expected = {"real_motion": True, "portraits": False, "world": True, "videos": [videos.summary()]}
    assert {name: facts[name] for name in expected} == expected
    training.facts = facts | {"world": False}
    assert learned_from(training, videos.chosen(["lia"]))["videos"] == [
        videos.summary(),
        videos.chosen(["lia"]).summary(),
    ]


def test_videos_are_embedded_by_their_middle(videos: VideoSet) -> None:
    training, listed = Training(TINY, seed=0), videos.validation
    rows = embedded(training, videos.cache, listed)
    for row, video in zip(rows, listed, strict=True):
        alone = training.embed(centre_crop(videos.cache.clip(video.path), 3)[None])[0]
        np.testing.assert_allclose(row, alone, rtol=0, atol=1e-5)


def test_no_videos_are_no_rows(videos: VideoSet) -> None:
    assert embedded(Training(TINY, seed=0), videos.cache, []).shape == (0, 256)


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (0, "cannot be measured: there are no videos for it"),
        (1, "cannot be measured: 1 videos make no genuine trial beside an impostor one"),
    ],
)
def test_validation_that_cannot_be_measured_says_so(tmp_path: Path, videos: VideoSet, kept: int, said: str) -> None:
    train_on_videos(Training(TINY, 0), tmp_path / "run", replace(videos, validation=videos.validation[:kept]))
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [(line["step"], line["validation"]) for line in lines] == [(2, said), (3, said)]
    assert Training.load(tmp_path / "run" / CHECKPOINT).facts == lines[-1]


def test_a_checkpoint_is_written_before_it_is_measured(
    tmp_path: Path, videos: VideoSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("trainer.videotraining.embedded", broken)
    with pytest.raises(MemoryError):
        train_on_videos(Training(TINY, 0), tmp_path, videos)
    kept = Training.load(tmp_path / CHECKPOINT)
    assert (kept.step, kept.facts["videos"]) == (2, [videos.summary()])


def by_driver(videos: list[Video]) -> np.ndarray:
    """Embeddings that know the driver and nothing else."""
    names = sorted({video.driver for video in videos})
    return np.eye(len(names), dtype=np.float32)[[names.index(video.driver) for video in videos]]


def test_validation_is_by_the_layouts_protocol(videos: VideoSet) -> None:
    listed = videos.validation
    assert validation_aucs("nvfair", listed, by_driver(listed)) == {"by_target": 1.0}
    nothing = validation_aucs("plain", listed, by_driver(listed))  # one performance each: no genuine trial
    assert nothing == {
        "validation": f"cannot be measured: {len(listed)} videos make no genuine trial beside an impostor one"
    }
    more = [replace(v, clip=f"{v.clip}{n}", path=f"{v.path}{n}") for v in listed for n in range(2)]
    assert validation_aucs("plain", more, by_driver(more)) == {"same_face": 1.0, "other_face": 1.0}
