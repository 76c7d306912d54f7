"""The simulated world in the shape of NVFAIR: who is in it, and that it is rendered once and the same."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from trainer.data.cache import Cache, CacheWriter
from trainer.data.videos import Kind
from trainer.worldset import FAMILIES, LAYOUT, Size, open_world, rendered, world_videos

SMALL = Size(train=2, val=2, test=3, performances=2, others=1, frames=5)


def test_nobody_is_in_two_splits_and_every_face_has_both_kinds_by_every_family() -> None:
    videos = world_videos(SMALL, seed=0)
    people = {split: {v.target for v in videos if v.split == split} for split in ("train", "val", "test")}
    assert [len(people[split]) for split in ("train", "val", "test")] == [2, 2, 3]
    assert len(set.union(*people.values())) == 7
    assert all(video.driver in people[str(video.split)] for video in videos)
    counts = Counter((video.target, video.generator, video.kind) for video in videos)
    assert set(counts.values()) == {2}
    assert len(counts) == 7 * len(FAMILIES) * 2
    assert len({video.path for video in videos}) == len(videos)
    lone = world_videos(Size(train=1, others=3), seed=0)
    assert {video.kind for video in lone if video.split == "train"} == {Kind.SELF}


@pytest.mark.slow
def test_a_performance_is_one_whoever_renders_it_onto_whom() -> None:
    videos = world_videos(SMALL, seed=0)
    one = next(video for video in videos if video.kind is Kind.CROSS)
    shared = [video for video in videos if video.clip == one.clip]
    assert {video.driver for video in shared} == {one.driver}
    assert {video.target for video in shared} > {one.driver}
    assert {video.generator for video in shared} == set(FAMILIES)
    clips = [rendered(video, 3, seed=0) for video in shared[:4]]
    assert all(clip.shape == (3, 128, 128) and clip.dtype == np.uint8 for clip in clips)
    assert not np.array_equal(clips[0], clips[1])
    np.testing.assert_array_equal(rendered(one, 3, seed=0), rendered(one, 3, seed=0))
    assert not np.array_equal(rendered(one, 3, seed=0), rendered(one, 3, seed=1))


@pytest.mark.slow
def test_what_is_missing_is_rendered_and_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size, asked = Size(train=1, val=1, test=1, performances=1, others=0, frames=4), []

    def counting(video: object, frames: int, seed: int) -> np.ndarray:
        asked.append(video)
        return rendered(video, frames, seed)  # type: ignore[arg-type]

    monkeypatch.setattr("trainer.worldset.rendered", counting)
    first = open_world(tmp_path, size, seed=2)
    assert len(asked) == len(first.training + first.validation + first.test) == 9
    with CacheWriter(tmp_path, LAYOUT) as writer:
        writer.forget(first.test[0].path)
    second = open_world(tmp_path, size, seed=2)
    assert asked[9:] == [first.test[0]]
    clip = second.cache.clip(first.test[0].path)
    np.testing.assert_array_equal(clip, first.cache.clip(first.test[0].path))
    longer = open_world(tmp_path, Size(1, 1, 1, 1, 0, frames=6), seed=2)
    assert {entry.count for entry in Cache(tmp_path).entries.values()} == {6}
    assert len(longer.test) == 3
