"""A run goes on with what it was begun with, or not at all."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from guard.core.errors import InputError
from tests.trainer.clipsets import filled, nvfair_videos
from trainer.blocks import WorldFiles
from trainer.data.cache import Cache, CacheWriter, Stamp
from trainer.data.decode import Clip
from trainer.data.videos import Video
from trainer.presets import PRESETS
from trainer.resume import (
    BEGUN,
    begun_with,
    begun_with_videos,
    check_begun_with,
    check_begun_with_videos,
    refuse_with_resume,
    take_bank,
    take_folder,
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


@pytest.fixture(params=["blocks/000007.npz", "trials.npz"])
def clips(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder with clips that nothing is said of."""
    path = tmp_path / "run" / request.param
    path.parent.mkdir(parents=True)
    path.write_bytes(b"clips")
    return tmp_path / "run"


def taken(folder: Path, begins: bool = True, files: WorldFiles | None = None, seed: int = 0, **changes: Any) -> None:
    """Take `folder` for a run of the preset "cpu" with `changes`."""
    take_folder(folder, files or WorldFiles(), replace(PRESETS["cpu"], **changes), seed, begins)


def test_the_same_run_begins_again_with_the_clips_that_lie_there(tmp_path: Path) -> None:
    taken(tmp_path)
    kept = (tmp_path / BEGUN).read_bytes()
    assert {name: json.loads(kept)[name] for name in ("seed", "fold", "block_clips", "clean")} == {
        **{"seed": 0, "fold": 0, "block_clips": 6, "clean": 0.15}
    }
    (tmp_path / "trials.npz").write_bytes(b"clips")
    taken(tmp_path, steps=7, precision="bfloat16", at_once=6, clips=2, frames=8, kept_blocks=3, learning_rate=1e-3)
    taken(tmp_path, begins=False)
    assert (tmp_path / BEGUN).read_bytes() == kept
    assert sorted(path.name for path in tmp_path.iterdir()) == [BEGUN, "trials.npz"]


@pytest.mark.parametrize("begins", [True, False])
@pytest.mark.parametrize(
    ("now", "what"),
    [
        ({"seed": 5}, "seed 0, not 5"),
        ({"files": WorldFiles(fold=1)}, "fold 0, not 1"),
        ({"files": WorldFiles(held_out=frozenset({"turning"}))}, "hold-out none, not turning"),
        ({"identities": 32, "ramp": 0}, "identities 12, not 32, ramp 200, not 0"),
        ({"block_clips": 8, "block_frames": 96}, "block_clips 6, not 8, block_frames 64, not 96"),
        ({"reuse": 1, "clean": 1.0}, "reuse 4, not 1, clean 0.15, not 1.0"),
    ],
)
def test_clips_of_another_run_are_refused(tmp_path: Path, now: dict[str, Any], what: str, begins: bool) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    taken(folder)
    (folder / "trials.npz").write_bytes(b"clips")
    said = f"run: holds clips of another run, with {what}; name another folder, or delete blocks and trials.npz in it"
    with pytest.raises(InputError) as caught:
        taken(folder, begins, **now)
    assert str(caught.value) == f"{tmp_path}/{said}"


def test_clips_of_other_motion_are_refused(motion: Path, clips: Path) -> None:
    (clips / BEGUN).write_text(json.dumps(begun_with(WorldFiles(motion)) | {"motion": "a1" * 32}))
    with pytest.raises(InputError, match=r"run: holds clips of another run, with motion a1a1a1a1, not [0-9a-f]{8}, s"):
        taken(clips, files=WorldFiles(motion))


@pytest.mark.parametrize("content", [None, "{", "3"])
def test_clips_of_an_unknown_run_are_only_gone_on_with(clips: Path, content: str | None) -> None:
    if content:
        (clips / BEGUN).write_text(content)
    with pytest.raises(
        InputError, match=r"run: holds clips of an unknown run, without a begun\.json that says which; na"
    ):
        taken(clips)
    taken(clips, begins=False)  # the run of an earlier version, which left no such file
    assert (clips / BEGUN).exists() == bool(content)


def test_a_bank_is_gone_on_with_by_what_it_was_filmed_with(tmp_path: Path, motion: Path) -> None:
    bank = tmp_path / "bank"
    take_bank(bank, WorldFiles())
    (bank / "films").mkdir()
    (bank / "films" / "procedural-0000.npz").write_bytes(b"film")
    take_bank(bank, WorldFiles())
    with pytest.raises(
        InputError, match=r"bank: holds films of another run, with motion none, not [0-9a-f]{8}; name an"
    ):
        take_bank(bank, WorldFiles(motion))
    (bank / BEGUN).unlink()
    with pytest.raises(InputError, match="bank: holds films of an unknown run"):
        take_bank(bank, WorldFiles())


def test_another_run_begins_where_there_are_no_clips(tmp_path: Path) -> None:
    for seed in (0, 5):
        taken(tmp_path, seed=seed)
        assert json.loads((tmp_path / BEGUN).read_text())["seed"] == seed


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
