"""A run goes on with what it was begun with, or not at all."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from guard.core.errors import InputError
from tests.trainer.clipsets import filled, nvfair_videos
from trainer.blocks import WorldFiles
from trainer.data.cache import Cache, CacheWriter, Stamp
from trainer.data.decode import Clip
from trainer.data.videos import Video
from trainer.resume import (
    begun_with,
    begun_with_videos,
    check_begun_with,
    check_begun_with_videos,
    refuse_with_resume,
)
from trainer.videosets import VideoSet, sorted_out


def test_options_of_a_new_run_are_refused_even_at_zero() -> None:
    refuse_with_resume(preset=None, seed=None)
    with pytest.raises(InputError, match="--seed: belongs to a new run; leave it out"):
        refuse_with_resume(preset=None, seed=0)


@pytest.fixture
def motion(tmp_path: Path) -> Path:
    (tmp_path / "tracks.npz").write_bytes(b"tracks")
    return tmp_path / "tracks.npz"


def test_the_same_file_in_another_place_will_do(motion: Path) -> None:
    facts = {"begun_with": begun_with(WorldFiles(motion))}
    check_begun_with(WorldFiles(motion.rename(motion.with_name("moved.npz"))), facts)
    check_begun_with(WorldFiles(), {"step": 3})  # a checkpoint from before this was kept


@pytest.mark.parametrize(("before", "now"), [(b"tracks", b"others"), (b"tracks", None), (None, b"tracks")])
def test_another_file_is_refused(motion: Path, before: bytes | None, now: bytes | None) -> None:
    def files(content: bytes | None) -> WorldFiles:
        motion.write_bytes(content or b"")
        return WorldFiles(motion if content else None)

    facts = {"begun_with": begun_with(files(before))}
    began = "[0-9a-f]{64}" if before else "nothing"
    with pytest.raises(InputError, match=f"--motion: is not what this run was begun with, which was {began}; give"):
        check_begun_with(files(now), facts)


def test_what_is_held_out_stays_held_out() -> None:
    facts = {"begun_with": begun_with(WorldFiles(held_out=frozenset({"latent"})))}
    with pytest.raises(InputError, match=r"--hold-out: is not .*, which was \['latent'\]"):
        check_begun_with(WorldFiles(), facts)
    with pytest.raises(InputError, match="--fold: is not what this run was begun with, which was 0"):
        check_begun_with(WorldFiles(fold=1), {"begun_with": begun_with(WorldFiles())})


@pytest.fixture
def videos(tmp_path: Path) -> VideoSet:
    listed = nvfair_videos(clips=1)
    return sorted_out("nvfair", filled(tmp_path / "cache", listed, frames=2), listed)


def facts_of(videos: VideoSet) -> dict[str, object]:
    """What a checkpoint of a run on them says of itself."""
    return {"videos": [videos.summary()], "begun_with": begun_with_videos(videos)}


@pytest.mark.slow
def test_a_run_on_videos_does_not_go_on_in_the_simulated_world(videos: VideoSet) -> None:
    for facts in (facts_of(videos), {"videos": [videos.summary()]}):  # the latter from before the source was kept
        with pytest.raises(
            InputError, match=r"--root: is missing: this run was begun with 30 videos .*; give the same"
        ):
            check_begun_with(WorldFiles(), facts)


@pytest.mark.slow
def test_a_run_in_the_simulated_world_does_not_go_on_with_videos(videos: VideoSet) -> None:
    begun = {"videos": [videos.summary()], "begun_with": begun_with(WorldFiles())}  # its start had seen the videos
    for facts in ({"real_motion": True}, begun):
        with pytest.raises(InputError, match=r"run: was begun with the simulated world, not with 30 videos of 3"):
            check_begun_with_videos(videos, facts, Path("run"))


@pytest.mark.slow
def test_other_videos_are_refused_by_their_number(videos: VideoSet) -> None:
    begun = facts_of(videos)
    check_begun_with_videos(videos, begun, Path("run"))
    fewer = videos.chosen(["lia"])
    for facts in (begun, {"videos": [videos.summary()]}):
        with pytest.raises(InputError, match=r"run: was begun with 30 .*, not with 9 .* made by lia; name another fo"):
            check_begun_with_videos(fewer, facts, Path("run"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("which", "change"),
    [
        ("training", lambda video: replace(video, target="id012")),
        ("training", lambda video: replace(video, driver="id012")),
        ("validation", lambda video: replace(video, split="train")),
        ("validation", lambda video: replace(video, clip=None)),
    ],
)
def test_as_many_other_videos_are_refused(videos: VideoSet, which: str, change: Callable[[Video], Video]) -> None:
    first, *more = getattr(videos, which)
    with pytest.raises(
        InputError, match=f"run: was begun with other {which} videos than these 30 .*; name another fol"
    ):
        check_begun_with_videos(replace(videos, **{which: [change(first), *more]}), facts_of(videos), Path("run"))


@pytest.mark.slow
@pytest.mark.parametrize(("stamp", "frames"), [(Stamp(2, 1), 2), (Stamp(1, 2), 2), (Stamp(1, 1), 1)])
def test_a_video_that_has_become_another_is_refused(
    tmp_path: Path, videos: VideoSet, stamp: Stamp, frames: int
) -> None:
    first = videos.training[0]
    facts, pictures = facts_of(videos), videos.cache.clip(first.path)
    with CacheWriter(tmp_path / "cache", "nvfair") as writer:
        writer.add(first, stamp, Clip(pictures[:frames], 0, ""))
    with pytest.raises(InputError, match="was begun with other training videos"):
        check_begun_with_videos(replace(videos, cache=Cache(tmp_path / "cache")), facts, Path("run"))
