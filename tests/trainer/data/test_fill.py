"""Filling a cache: what is decoded when, what the report says, and a kill in the midst of it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from guard.core.errors import InputError
from tests.films import film
from tests.trainer.data.trees import SPLITS
from trainer.data.cache import INDEX, REPORT, Cache
from trainer.data.decode import Clip, decode
from trainer.data.decoders import _decoded
from trainer.data.fill import Filled, fill
from trainer.data.nvfair import SPLITS_FILE

ROOT = Path(__file__).parents[3]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the videos decoded, without worker processes: those have tests of their own."""
    names: list[str] = []

    def here(paths: Iterable[Path], workers: int) -> Iterator[tuple[Path, Clip | str]]:
        for path in paths:
            names.append(path.name)
            yield path, _decoded(path)

    monkeypatch.setattr("trainer.data.fill.decode_all", here)
    return names


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Two good videos, an empty one, and a name that is none."""
    root = tmp_path / "videos"
    root.mkdir()
    film(root / "Ada--a--Ada.mp4", 30)
    film(root / "Ada--b--Bob.mp4", 20)
    (root / "Ada--c--Bob.mp4").touch()
    (root / "readme.mp4").touch()
    return root


def report(cache: Path) -> list[str]:
    return sorted((cache / REPORT).read_text().splitlines())


@pytest.mark.slow
def test_each_video_is_decoded_once_and_what_is_left_out_costs_a_line(
    videos: Path, tmp_path: Path, decoded: list[str]
) -> None:
    cache = tmp_path / "cache"
    lines = ["Ada--c--Bob.mp4: is empty", "readme.mp4: is not named TARGET--CLIP--DRIVER.mp4"]
    assert fill(videos, "plain", cache, 1) == Filled(kept=0, decoded=2, skipped=1, passed=1)
    assert report(cache) == lines
    found = Cache(cache)
    assert sorted(found.entries) == ["Ada--a--Ada.mp4", "Ada--b--Bob.mp4"]
    for path, entry in found.entries.items():
        np.testing.assert_array_equal(found.clip(path), decode(videos / path).frames)
        assert entry.stamp.size == (videos / path).stat().st_size
    decoded.clear()
    assert fill(videos, "plain", cache, 1) == Filled(kept=2, decoded=0, skipped=1, passed=1)
    assert decoded == ["Ada--c--Bob.mp4"]  # its reason may have gone, as that of a disk that was away
    assert report(cache) == lines


@pytest.mark.slow
def test_video_that_changed_is_decoded_again_and_no_other(videos: Path, tmp_path: Path, decoded: list[str]) -> None:
    fill(videos, "plain", tmp_path / "cache", 1)
    decoded.clear()
    shutil.copy(videos / "Ada--b--Bob.mp4", videos / "Ada--a--Ada.mp4")
    (videos / "Ada--c--Bob.mp4").unlink()
    (videos / "Ada--c--Bob.mp4").symlink_to("nowhere")
    assert fill(videos, "plain", tmp_path / "cache", 1) == Filled(kept=1, decoded=1, skipped=1, passed=1)
    assert decoded == ["Ada--a--Ada.mp4"]
    assert "Ada--c--Bob.mp4: cannot be read: No such file or directory" in report(tmp_path / "cache")
    assert len(Cache(tmp_path / "cache").clip("Ada--a--Ada.mp4")) == 20


@pytest.mark.slow
def test_video_that_broke_is_taken_out_and_one_that_is_gone_stays(
    videos: Path, tmp_path: Path, decoded: list[str]
) -> None:
    fill(videos, "plain", tmp_path / "cache", 1)
    (videos / "Ada--a--Ada.mp4").write_text("broken")
    (videos / "Ada--b--Bob.mp4").unlink()
    assert fill(videos, "plain", tmp_path / "cache", 1) == Filled(skipped=2, passed=1)
    assert list(Cache(tmp_path / "cache").entries) == ["Ada--b--Bob.mp4"]


@pytest.mark.slow
def test_note_about_a_clip_is_in_every_report(tmp_path: Path, decoded: list[str]) -> None:
    whole = film(tmp_path / "videos.mp4", 75, options={"movflags": "faststart"})
    (tmp_path / "videos").mkdir()
    cut = tmp_path / "videos" / "Ada--line\nfeed--Bob.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    fill(tmp_path / "videos", "plain", tmp_path / "cache", 1)
    (line,) = report(tmp_path / "cache")
    assert line.startswith("Ada--line feed--Bob.mp4: ")
    assert fill(tmp_path / "videos", "plain", tmp_path / "cache", 1).kept == 1
    assert report(tmp_path / "cache") == [line]


@pytest.mark.slow
def test_strange_entries_cost_a_line_each_and_strange_names_nothing(tmp_path: Path, decoded: list[str]) -> None:
    root = tmp_path / "videos"
    root.mkdir()
    film(root / "plain.mp4", 5).rename(root / os.fsdecode(b"a--\xff--c.mp4"))
    os.mkfifo(root / "a--pipe--c.mp4")
    (root / "a--loop--c.mp4").symlink_to("a--loop--c.mp4")
    assert fill(root, "plain", tmp_path / "cache", 1) == Filled(decoded=1, skipped=1, passed=1)
    assert report(tmp_path / "cache") == [
        "a--loop--c.mp4: cannot be read: Too many levels of symbolic links",
        "a--pipe--c.mp4: is not a file",
    ]
    (path,) = Cache(tmp_path / "cache").entries
    assert os.fsencode(path) == b"a--\xff--c.mp4"
    assert fill(root, "plain", tmp_path / "cache", 1) == Filled(kept=1, skipped=1, passed=1)


def test_splits_that_changed_are_followed_without_decoding(tmp_path: Path, decoded: list[str]) -> None:
    root, folder = tmp_path / "NVFAIR-v2-release", "NVIDIA-VC-subset/lia-generated/id001"
    (root / folder).mkdir(parents=True)
    for name in ("id001--x--id002.mp4", "id001--x--id001.mp4"):
        film(root / folder / name, 5)
    (root / SPLITS_FILE).write_text(SPLITS)
    assert fill(root, "nvfair", tmp_path / "cache", 1).decoded == 2
    decoded.clear()
    (root / SPLITS_FILE).write_text(SPLITS.replace("id001\n", "").replace("id027", "id001"))
    assert fill(root, "nvfair", tmp_path / "cache", 1).kept == 1
    assert decoded == []
    (entry,) = Cache(tmp_path / "cache").entries.values()
    assert (entry.video.driver, entry.video.split) == ("id001", "train")
    assert f"{folder}/id001--x--id002.mp4: crosses splits: target and driver are in different ones" in report(
        tmp_path / "cache"
    )


def test_wrong_root_makes_no_cache(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no video"):
        fill(tmp_path, "avaprintdb", tmp_path / "cache", 1)
    assert not (tmp_path / "cache").exists()


def lines(cache: Path) -> list[bytes]:
    return (cache / INDEX).read_bytes().splitlines() if (cache / INDEX).exists() else []


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def running(pid: int) -> bool:
    """Whether the process is there and no zombie that nobody has asked about."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.long
def test_killed_command_leaves_a_cache_that_is_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    first = film(tmp_path / "videos" / "Ada--0--Bob.mp4", 50)
    for n in range(1, 40):
        shutil.copy(first, tmp_path / "videos" / f"Ada--{n}--Bob.mp4")
    cache, expected = tmp_path / "cache", decode(first).frames
    command = [sys.executable, "-m", "trainer.cli", "cache", "--layout", "plain", "--workers", "2"]
    command += ["--root", str(tmp_path / "videos"), "--out", str(cache)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    while len(lines(cache)) < 5:
        assert process.poll() is None
        time.sleep(0.002)
    workers = children(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = Cache(cache).entries
    assert 3 < len(before) < 40
    assert all(np.array_equal(Cache(cache).clip(path), expected) for path in before)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(
        f"40 videos in the cache, {40 - len(before)} decoded now; 0 skipped and 0 passed over"
    )
    found = Cache(cache)
    assert len(found.entries) == 40
    assert all(found.entries[path] == entry for path, entry in before.items())
    assert all(np.array_equal(found.clip(path), expected) for path in found.entries)
    assert len(lines(cache)) == 41
    assert not [worker for worker in workers if running(worker)]
