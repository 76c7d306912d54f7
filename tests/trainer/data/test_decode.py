"""From video files, whole and damaged, to what is kept of them."""

from pathlib import Path

import numpy as np
import pytest

from guard.core.errors import VideoError
from guard.core.items import Frame
from guard.video import events
from tests.films import film, tone
from trainer.data.decode import decode

pytestmark = pytest.mark.slow


def pictures(path: Path) -> list[Frame]:
    return [event for event in events(path, print) if isinstance(event, Frame)]


def test_video_at_25_fps_is_kept_picture_by_picture(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", 30)
    clip = decode(path)
    np.testing.assert_array_equal(clip.frames, [frame.pixels for frame in pictures(path)])
    assert (clip.frames.dtype, clip.filler, clip.notes) == (np.uint8, 0, "")


def test_other_rates_are_put_on_the_grid_by_their_times(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", 45, 30)
    clip, shown = decode(path), pictures(path)
    nearest = [min(shown, key=lambda frame: abs(frame.time - slot / 25)) for slot in range(len(clip.frames))]
    assert len(clip.frames) == 37
    np.testing.assert_array_equal(clip.frames, [frame.pixels for frame in nearest])


def test_longest_run_is_kept_and_the_rest_noted(tmp_path: Path) -> None:
    parts = [film(tmp_path / f"{n}.h264", n, size=size) for n, size in ((20, (160, 120)), (40, (320, 240)))]
    (tmp_path / "a.mp4").write_bytes(b"".join(part.read_bytes() for part in parts))
    clip = decode(tmp_path / "a.mp4")
    np.testing.assert_array_equal(clip.frames, decode(parts[1]).frames)
    assert clip.notes == "only its longest run is kept, 1.60 of 2.40 s"


def test_what_is_left_of_a_truncated_file_is_kept_and_noted(tmp_path: Path) -> None:
    whole = film(tmp_path / "a.mp4", 75, options={"movflags": "faststart"})
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    clip = decode(whole)
    assert 10 < len(clip.frames) < 60
    assert "ends" in clip.notes
    assert str(tmp_path) not in clip.notes


def test_run_that_is_too_long_to_hold_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = film(tmp_path / "a.mp4", 60)
    whole = decode(path)
    monkeypatch.setattr("trainer.data.decode.LONGEST", 25)
    cut = decode(path)
    np.testing.assert_array_equal(cut.frames, whole.frames[:25])
    assert cut.notes == "only 1 s of it are kept: a clip may not be longer"


def unreadable(path: Path, what: str) -> None:
    match what:
        case "empty":
            path.touch()
        case "text":
            path.write_text("no video at all")
        case "sound":
            tone(path)
        case "single":
            film(path, 1)
        case "slow":
            film(path, 24, 12)
        case "headless":  # an ordinary .mp4 ends with its table of contents
            path.write_bytes(film(path, 30).read_bytes()[:-2000])
        case "folder":
            path.mkdir()


@pytest.mark.parametrize(
    ("what", "problem"),
    [
        ("missing", "does not exist"),
        ("folder", "is not a file"),
        ("empty", "is empty"),
        ("text", "cannot be read as a video"),
        ("headless", "cannot be read as a video"),
        ("sound", "holds no video, only sound"),
        ("single", "holds no two pictures in a row"),
        ("slow", r"has too few pictures: \d+ of \d+ grid frames repeat the one before"),
    ],
)
def test_file_without_a_clip_says_why(tmp_path: Path, what: str, problem: str) -> None:
    unreadable(tmp_path / "a.mp4", what)
    with pytest.raises(VideoError, match=problem):
        decode(tmp_path / "a.mp4")
