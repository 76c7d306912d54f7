"""The yardstick: which trials there are, scored by whatever reads them."""

from pathlib import Path

import numpy as np
import pytest

from guard.core.items import Gray
from tests.trainer.clipsets import filled
from trainer.clips import centre_crop
from trainer.data.videos import Video
from trainer.data.world.world import Trials
from trainer.evaluate import metrics
from trainer.measures import weighted_auc
from trainer.yardstick import Yardstick


class Shades:
    """A model whose embeddings are mean grey levels of the quarters of a clip's first and last picture."""

    def embed_clip(self, frames: Gray) -> np.ndarray:
        ends = frames[:, [0, -1]].reshape(len(frames), 4, -1).mean(axis=2).astype(np.float32)
        return ends / np.linalg.norm(ends, axis=1, keepdims=True)


@pytest.fixture
def trials() -> Trials:
    """Three drivers on two faces, twice each; sessions as they may be."""
    who, face, clip = (axis.ravel() for axis in np.indices((3, 2, 2)))
    frames = np.random.default_rng(1).integers(0, 256, (12, 5, 128, 128), dtype=np.uint8)
    session = np.where(face == 0, 0, clip)
    names = np.full(12, "procedural")
    return Trials(frames, who, face, names, 2 * face + clip, np.zeros(12, np.float32), session, names, names)


def videos() -> list[Video]:
    return [
        Video(f"{face}--{n}--{who}.mp4", face, who, f"{n}", None, None, False)
        for who in ("Ada", "Bob")
        for face in ("f", "g")
        for n in range(2)
    ]


def test_videos_are_compared_by_their_centre_each_with_each(tmp_path: Path, trials: Trials) -> None:
    cache, centre = filled(tmp_path / "cache", videos(), frames=70, layout="plain"), np.full(4, 0.4, np.float32)
    reading = Yardstick(cache, videos(), trials).read(Shades().embed_clip, centre)
    assert {words: (len(pairs.score), int(pairs.genuine.sum())) for words, pairs in reading.people.items()} == {
        "same face": (12, 4),
        "other face": (12, 4),  # of the eight of one driver, four show one clip
    }
    one, other = (
        Shades().embed_clip(centre_crop(cache.clip(video.path), 64)[None])[0] - centre for video in videos()[:2]
    )
    cosine = float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))
    assert reading.people["same face"].score[0] == pytest.approx(cosine, rel=1e-4)


def test_the_worlds_figures_are_those_of_trainer_evaluate(tmp_path: Path, trials: Trials) -> None:
    cache = filled(tmp_path / "cache", videos(), layout="plain")
    reading = Yardstick(cache, videos(), trials).read(Shades().embed_clip, None)
    expected = {metric["name"]: metric["value"] for metric in metrics(Shades().embed_clip(trials.frames), trials, None)}
    found = {
        f"AUC, {words.removesuffix(', procedural drivers')}": weighted_auc(p.score, p.genuine, np.ones(len(p.score)))
        for words, p in reading.world.items()
    }
    assert found == pytest.approx(expected, abs=1e-4)
    np.testing.assert_array_equal(reading.embeddings, Shades().embed_clip(trials.frames))
