"""The plain layout, and what is common to all: what lies in the wrong place or cannot be read is passed over."""

import os
from pathlib import Path

import pytest

from guard.core.errors import InputError
from tests.trainer.data.trees import tree
from trainer.data.plain import plain
from trainer.data.videos import Kind, Video


def test_names_tell_target_clip_and_driver(tmp_path: Path) -> None:
    listed = plain(tree(tmp_path, "Bob--talk 1--Ada.mp4", "Ada--talk 1--Ada.MP4"))
    assert listed.videos == [
        Video("Ada--talk 1--Ada.MP4", "Ada", "Ada", "talk 1", None, None, False),
        Video("Bob--talk 1--Ada.mp4", "Bob", "Ada", "talk 1", None, None, False),
    ]
    assert [video.kind for video in listed.videos] == [Kind.SELF, Kind.CROSS]
    assert listed.passed == {}


def test_whatever_else_is_there_is_passed_over_with_the_reason(tmp_path: Path) -> None:
    strange = {
        "a--b.mp4": "is not named TARGET--CLIP--DRIVER.mp4",
        "a--b--c--d.mp4": "is not named TARGET--CLIP--DRIVER.mp4",
        "a----c.mp4": "is not named TARGET--CLIP--DRIVER.mp4",
        ".mp4": "is not named TARGET--CLIP--DRIVER.mp4",
        "a--b--c.avi": "is no .mp4",
        "notes": "is no .mp4",
    }
    tree(tmp_path, *strange, "a--b--c.mp4", "more/a--b--c.mp4")
    listed = plain(tmp_path)
    assert [video.path for video in listed.videos] == ["a--b--c.mp4"]
    assert listed.passed == {**strange, "more": "is a folder where only videos belong"}


def test_name_in_no_known_encoding_is_a_name(tmp_path: Path) -> None:
    (video,) = plain(tree(tmp_path, os.fsdecode(b"a--\xff--c.mp4"))).videos
    assert (tmp_path / video.path).exists()


@pytest.mark.parametrize("name", ["a--loop--c.mp4", "loop"])
def test_link_that_leads_round_in_a_circle_is_passed_over(tmp_path: Path, name: str) -> None:
    tree(tmp_path, "a--b--c.mp4")
    (tmp_path / name).symlink_to(name)
    listed = plain(tmp_path)
    assert [video.path for video in listed.videos] == ["a--b--c.mp4"]
    assert listed.passed == {name: "cannot be read: Too many levels of symbolic links"}


@pytest.mark.parametrize("content", [(), ("talk.mp4",), ("below/a--b--c.mp4",)])
def test_folder_without_any_is_refused_and_says_what_was_expected(tmp_path: Path, content: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match=r"holds no video of this layout.*; expected files named TARGET--CLIP--DRIVER"):
        plain(tree(tmp_path, *content))
