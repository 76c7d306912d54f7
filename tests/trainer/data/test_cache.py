"""The cache's files: what is read back, and what is left of them wherever they are cut off."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from guard.core.errors import InputError
from trainer.data.cache import FRAMES, HEADER, INDEX, Cache, CacheWriter, Stamp
from trainer.data.decode import Clip
from trainer.data.videos import Video

STAMP = Stamp(1000, 1_700_000_000_000_000_001)


def video(path: str, split: str | None = None) -> Video:
    return Video(path, "Ada", "Bob", "c", None, split, False)


def clip(level: int, frames: int = 2) -> Clip:
    return Clip(np.full((frames, 128, 128), level, np.uint8), filler=1, notes=f"level {level}")


def filled(folder: Path, **levels: int) -> Path:
    """A cache with a clip of each level."""
    with CacheWriter(folder, "plain") as writer:
        for path, level in levels.items():
            writer.add(video(path), STAMP, clip(level))
    return folder


def levels(folder: Path) -> dict[str, int]:
    """What `filled` was told, by the frames; each clip must be of one level throughout."""
    cache = Cache(folder)
    found = {path: np.unique(cache.clip(path)).tolist() for path in cache.entries}
    assert all(len(values) == 1 for values in found.values())
    return {path: values[0] for path, values in found.items()}


def test_clips_are_read_from_the_file_without_a_copy(tmp_path: Path) -> None:
    with CacheWriter(tmp_path / "new" / "cache", "nvfair") as writer:
        writer.add(video("a", "test"), STAMP, clip(1, 3))
        writer.add(video("\udcff\n"), STAMP, clip(2, 4))
    cache = Cache(tmp_path / "new" / "cache")
    assert cache.layout == "nvfair"
    first, second = cache.entries["a"], cache.entries["\udcff\n"]
    assert (first.video, first.stamp, first.first, first.count) == (video("a", "test"), STAMP, 0, 3)
    assert (second.first, second.end, second.filler, second.notes) == (3, 7, 1, "level 2")
    frames = cache.clip("\udcff\n")
    np.testing.assert_array_equal(frames, clip(2, 4).frames)
    assert isinstance(frames, np.memmap)
    assert not frames.flags.owndata
    assert not frames.flags.writeable
    assert (tmp_path / "new" / "cache" / FRAMES).stat().st_size == 7 * 128 * 128


def test_of_two_clips_of_one_video_the_later_counts(tmp_path: Path) -> None:
    assert levels(filled(tmp_path, a=1, b=2)) == {"a": 1, "b": 2}
    assert levels(filled(tmp_path, a=3)) == {"a": 3, "b": 2}


def test_what_is_forgotten_is_gone_and_can_come_back(tmp_path: Path) -> None:
    with CacheWriter(filled(tmp_path, a=1, b=2), "plain") as writer:
        writer.forget("b")
        writer.forget("never there")
    assert levels(tmp_path) == {"a": 1}
    assert levels(filled(tmp_path, b=3)) == {"a": 1, "b": 3}


def test_reader_stays_right_while_a_writer_goes_on(tmp_path: Path) -> None:
    cache = Cache(filled(tmp_path, a=1, b=2))
    with CacheWriter(tmp_path, "plain") as writer:
        writer.forget("b")
    filled(tmp_path, a=3, c=4)
    assert (np.unique(cache.clip("a")), np.unique(cache.clip("b"))) == ([1], [2])


@pytest.mark.slow
def test_index_cut_off_at_any_byte_is_read_up_to_there_and_gone_on_with(tmp_path: Path) -> None:
    whole = filled(tmp_path / "whole", a=1, b=2)
    index = (whole / INDEX).read_bytes()
    header, first, _ = (len(line) for line in index.splitlines(keepends=True))
    for length in range(len(index)):
        broken = shutil.copytree(whole, tmp_path / "broken", dirs_exist_ok=True)
        os.truncate(broken / INDEX, length)
        if length < header:
            with pytest.raises(InputError, match="is no cache yet"):
                Cache(broken)
        else:
            assert levels(broken) == {"a": 1} if length >= header + first else not levels(broken)
        if length % 16 == 0 or index[length - 1 : length + 1].count(b"\n"):
            assert levels(filled(broken, c=3)) == {**({"a": 1} if length >= header + first else {}), "c": 3}


def test_frames_without_a_line_are_cut_off_and_lines_without_frames_left_out(tmp_path: Path) -> None:
    filled(tmp_path, a=1, b=2)
    with (tmp_path / FRAMES).open("ab") as file:
        file.write(b"x" * 20_000)
    assert levels(filled(tmp_path, c=3)) == {"a": 1, "b": 2, "c": 3}
    os.truncate(tmp_path / FRAMES, 3 * 128 * 128)
    assert levels(tmp_path) == {"a": 1}
    assert levels(filled(tmp_path, d=4)) == {"a": 1, "d": 4}
    os.truncate(tmp_path / FRAMES, 0)
    assert levels(tmp_path) == {}


def test_line_that_says_nothing_is_left_out(tmp_path: Path) -> None:
    filled(tmp_path, a=1)
    with (tmp_path / INDEX).open("a") as file:
        file.write('{"path": "b"}\n[1]\n\0\0\0\n')
    assert levels(filled(tmp_path, c=3)) == {"a": 1, "c": 3}


def test_only_one_writes_at_a_time(tmp_path: Path) -> None:
    with CacheWriter(tmp_path, "plain"), pytest.raises(InputError, match="is being filled by another process"):
        CacheWriter(tmp_path, "plain")
    CacheWriter(tmp_path, "plain").__exit__(None, None, None)


def test_full_disk_is_the_users_to_put_right_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path, a=1)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("trainer.data.cache.os.fsync", full)
        with pytest.raises(InputError, match="cannot be written: No space left"):
            filled(tmp_path, b=2)
    assert levels(filled(tmp_path, b=3)) == {"a": 1, "b": 3}


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (None, "holds something that is no cache"),
        ("a line\n", "is no index of a cache"),
        ("[]\n", "is no index of a cache"),
        (json.dumps(HEADER | {"layout": "nvfair"}) + "\n", "is a cache of the layout nvfair; name another folder"),
        (json.dumps(HEADER | {"layout": "plain", "format": 99}) + "\n", "is of another format"),
    ],
)
def test_folder_of_something_else_is_left_alone(tmp_path: Path, index: str | None, said: str) -> None:
    (tmp_path / FRAMES).write_bytes(b"precious")
    if index is not None:
        (tmp_path / INDEX).write_text(index)
    with pytest.raises(InputError, match=said):
        CacheWriter(tmp_path, "plain")
    assert (tmp_path / FRAMES).read_bytes() == b"precious"
    assert index is None or (tmp_path / INDEX).read_text() == index


def test_folder_that_is_no_cache_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no cache: No such file"):
        Cache(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written: File exists"):
        CacheWriter(tmp_path / "file", "plain")
