"""Which videos of a data set train, validate and test: nobody in two of them."""

import os
from pathlib import Path

import pytest

from guard.core.errors import InputError
from tests.films import film
from tests.trainer.clipsets import PEOPLE, filled, nvfair_videos
from trainer.data.videos import Kind, Video
from trainer.videosets import VideoSet, digest, few, held_out, open_videos, sorted_out


@pytest.fixture
def videos(tmp_path: Path) -> VideoSet:
    listed = nvfair_videos(clips=1)
    return sorted_out("nvfair", filled(tmp_path / "cache", listed, frames=2), listed)


def drivers(videos: list[Video]) -> set[str]:
    return {video.driver for video in videos}


@pytest.mark.slow
def test_nvfair_has_its_own_splits(videos: VideoSet) -> None:
    assert drivers(videos.training) == set(PEOPLE["train"])
    assert drivers(videos.validation) == set(PEOPLE["val"])
    assert drivers(videos.test) == set(PEOPLE["test"])


@pytest.mark.slow
def test_generators_are_chosen_and_originals_stay_out_of_training(videos: VideoSet) -> None:
    chosen = videos.chosen(["lia", "tps"])
    for listed in (chosen.training, chosen.validation):
        assert {video.generator for video in listed} == {"lia", "tps"}
        assert not any(video.original for video in listed)
    assert chosen.test == videos.test
    everything = videos.chosen()
    assert {video.generator for video in everything.training} == {"facevid2vid", "lia", "tps"}
    assert everything.summary() == "27 videos of 3 drivers, layout nvfair, made by facevid2vid, lia, tps"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layout", "said"), [("nvfair", "'sora' is none of facevid2vid, lia, tps"), ("plain", "this layout names no gener")]
)
def test_a_generator_that_there_is_not_is_said(videos: VideoSet, layout: str, said: str) -> None:
    plain = [Video(f"f--{n}--{who}", "f", who, str(n), None, None, False) for who in "ABCD" for n in range(2)]
    chosen_from = videos if layout == "nvfair" else sorted_out("plain", videos.cache, plain)
    with pytest.raises(InputError, match=said):
        chosen_from.chosen(["sora"])


def test_drivers_are_held_out_where_no_split_is_for_validation(videos: VideoSet) -> None:
    own = [Video(f"f--{n}--{n % 11}", "f", str(n % 11), str(n), None, None, False) for n in range(33)]
    split = sorted_out("plain", videos.cache, own)
    assert len(drivers(split.validation)) == 2
    assert drivers(split.training) | drivers(split.validation) == {str(n) for n in range(11)}
    assert not drivers(split.training) & drivers(split.validation)
    assert split.test == []
    assert held_out(own) == held_out(own)


def test_three_drivers_are_too_few_to_hold_any_out() -> None:
    with pytest.raises(InputError, match="has 3 drivers to learn from; four are the least"):
        held_out([Video(who, "f", who, "c", None, None, False) for who in "ABC"])


def test_a_few_validation_videos_keep_every_face_and_both_kinds() -> None:
    listed = [Video(f"{t}{d}{n}", t, d, str(n), "g", "val", False) for t in "AB" for d in "ABC" for n in range(20)]
    chosen = few(listed, most=40)
    counts = {(t, kind): sum(v.target == t and v.kind is kind for v in chosen) for t in "AB" for kind in Kind}
    assert counts == {(t, k): 0 if k is Kind.ORIGINAL else 10 for t in "AB" for k in Kind}
    assert few(listed, most=40) == chosen
    assert len(few(listed, most=1000)) == len(listed)


@pytest.mark.slow
def test_a_digest_tells_lists_apart_and_bears_any_name(tmp_path: Path, videos: VideoSet) -> None:
    found = digest(videos.cache, videos.test)
    assert found == digest(videos.cache, list(videos.test))
    assert found not in (digest(videos.cache, videos.test[1:]), digest(videos.cache, videos.test[::-1]))
    strange = Video(os.fsdecode(b"f--a--\xff.mp4"), "f", os.fsdecode(b"\xff"), "a", None, None, False)
    assert len(digest(filled(tmp_path / "strange", [strange], layout="plain"), [strange])) == 16


@pytest.mark.slow
def test_a_folder_is_decoded_and_what_is_gone_from_it_is_not_learned_from(tmp_path: Path) -> None:
    root = tmp_path / "videos"
    root.mkdir()
    for who in "ABCDE":
        film(root / f"f--{who}--{who}.mp4", 8)
    first = open_videos(root, "plain", tmp_path / "cache", workers=1)
    gone = first.training[0].path
    (root / gone).unlink()
    second = open_videos(root, "plain", tmp_path / "cache", workers=1)
    assert gone in second.cache.entries
    assert gone not in {video.path for video in second.training + second.validation}
    assert len(first.cache.clip(gone)) == 8


@pytest.mark.slow
def test_a_folder_of_nothing_that_can_be_decoded_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "f--a--Ada.mp4").write_text("no video")
    with pytest.raises(InputError, match=r"holds no video that can be decoded; see .*report\.txt"):
        open_videos(tmp_path / "videos", "plain", tmp_path / "cache", workers=1)
