"""Video files of every kind that people have, whole and damaged."""

import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from guard.core.errors import VideoError
from guard.core.frames import reduce_luma
from guard.core.items import Crop, Cut, Frame, Gray, Reason
from guard.video import events
from tests.films import film, marked, moving, tone
from tests.test_faces import wide

pytestmark = pytest.mark.slow

BRIGHT, DARK = 200, 50
STRETCHED = {level: round((level - 16) * 255 / 219) for level in (BRIGHT, DARK)}


def read(path: Path) -> tuple[list[Frame], list[Cut], list[str]]:
    """Frames, cuts and warnings of a file."""
    warnings: list[str] = []
    found = list(events(path, warnings.append))
    return [e for e in found if isinstance(e, Frame)], [e for e in found if isinstance(e, Cut)], warnings


def whole(path: Path) -> list[Frame]:
    """The frames of a file with which nothing is wrong."""
    found, cuts, warnings = read(path)
    assert (cuts, warnings) == ([], [])
    return found


def refused(path: Path) -> str:
    """Why a file is refused, in one line that names it."""
    with pytest.raises(VideoError) as caught:
        read(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def quarters(pixels: Gray) -> list[int]:
    """Mean levels of the corners, row by row; the middle is left out for the coder's blur."""
    corners = [pixels[y, x] for y in (slice(0, 56), slice(72, 128)) for x in (slice(0, 56), slice(72, 128))]
    return [round(float(corner.mean())) for corner in corners]


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("a.mov", "mpeg4", "yuv420p"),
        ("a.webm", "libvpx", "yuv420p"),
        ("a.mkv", "libx264", "yuv444p"),
        ("a.avi", "mpeg4", "yuv420p"),
        ("a.ts", "libx264", "yuv420p"),
    ],
)
def test_containers_and_codecs(tmp_path: Path, name: str, codec: str, pixel_format: str) -> None:
    found = whole(film(tmp_path / name, 30, codec=codec, pixel_format=pixel_format))
    np.testing.assert_allclose([frame.time for frame in found], np.arange(30) / 25, atol=1e-9)
    for n in (0, 29):
        expected = reduce_luma(moving(n / 25, 160, 120), full_range=False)
        assert np.abs(found[n].pixels.astype(int) - expected.astype(int)).mean() < 3  # what the coder lost


@pytest.mark.parametrize("name", ["a.avi", "a.mjpeg", "a.mkv"])
def test_motion_jpeg_is_full_range(tmp_path: Path, name: str) -> None:
    path = film(tmp_path / name, 5, codec="mjpeg", pixel_format="yuvj420p", color_range=2, painter=marked)
    assert quarters(whole(path)[0].pixels) == [BRIGHT, DARK, DARK, DARK]


@pytest.mark.parametrize(("color_range", "full"), [(0, False), (1, False), (2, True)])
def test_limited_range_is_stretched_and_full_range_is_not(tmp_path: Path, color_range: int, full: bool) -> None:
    corner = quarters(whole(film(tmp_path / "a.mp4", 5, painter=marked, color_range=color_range))[0].pixels)[0]
    assert abs(corner - (BRIGHT if full else STRETCHED[BRIGHT])) <= 1


@pytest.mark.parametrize("fps", [5, 24, Fraction(24000, 1001), 25, 30, 50, 60])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_times_are_those_of_presentation(tmp_path: Path, fps: Fraction | int, name: str) -> None:
    found = whole(film(tmp_path / name, 20, fps))
    tick = 1e-3 if name.endswith("mkv") else 1e-4  # Matroska counts milliseconds
    np.testing.assert_allclose([frame.time for frame in found], np.arange(20) / float(fps), atol=tick)


def test_times_begin_at_zero_wherever_the_file_does(tmp_path: Path) -> None:
    found = whole(film(tmp_path / "a.ts", 10))  # MPEG-TS starts its clock at 1.4 s
    assert [frame.time for frame in found] == pytest.approx(np.arange(10) / 25)


def test_stream_without_time_stamps_is_counted_at_its_rate(tmp_path: Path) -> None:
    found = whole(film(tmp_path / "a.h264", 10, fps=50))
    np.testing.assert_allclose([frame.time for frame in found], np.arange(10) / 50, atol=1e-9)


def test_times_of_decoding_are_put_in_order(tmp_path: Path) -> None:
    path = film(tmp_path / "a.avi", 60)  # H.264 with B-frames, for which AVI has no times of presentation
    with av.open(str(path)) as container:
        stamps = [picture.time for picture in container.decode(video=0)]
    assert stamps != sorted(stamps)
    times = [frame.time for frame in whole(path)]
    np.testing.assert_allclose(times, np.arange(60) / 25, atol=0.081)
    assert np.diff(times).min() > 0.039


def test_clock_that_is_set_back_is_passed_on(tmp_path: Path) -> None:
    path = film(tmp_path / "a.ts", 60)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(path.read_bytes() * 2)
    times = [frame.time for frame in read(joined)[0]]
    assert len(times) > 100
    assert np.diff(times).min() < -2  # which the grid takes for a cut


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_sound_does_not_matter(tmp_path: Path, name: str) -> None:
    silent, loud = film(tmp_path / f"silent-{name}", 30), film(tmp_path / f"loud-{name}", 30, sound=True)
    with av.open(str(loud)) as container:
        assert len(container.streams.audio) == 1
    for one, other in zip(whole(silent), whole(loud), strict=True):
        assert one.time == pytest.approx(other.time, abs=1e-3)
        np.testing.assert_array_equal(one.pixels, other.pixels)


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (120, 120), (128, 128), (102, 64), (1280, 720)])
def test_centre_square_of_every_shape(tmp_path: Path, size: tuple[int, int]) -> None:
    def disc(_time: float, width: int, height: int) -> Gray:
        y, x = np.mgrid[0:height, 0:width]
        radius = np.hypot(x + 0.5 - width / 2, y + 0.5 - height / 2)
        return np.where(radius < 0.4 * min(width, height), np.uint8(BRIGHT), np.uint8(DARK))

    pixels = whole(film(tmp_path / "a.mp4", 3, size=size, painter=disc))[0].pixels
    inside = pixels > (STRETCHED[BRIGHT] + STRETCHED[DARK]) / 2
    for across in (inside.any(axis=0), inside.any(axis=1)):  # round, in the middle, 80 % of the side
        first, last = np.flatnonzero(across)[[0, -1]]
        assert last - first + 1 == pytest.approx(0.8 * 128, abs=2)
        assert first == pytest.approx(127 - last, abs=2)


@pytest.mark.parametrize(
    ("rotation", "bright_corner"), [(0, 0), (90, 2), (180, 3), (-90, 1)], ids=["none", "left", "over", "right"]
)
@pytest.mark.parametrize("size", [(160, 90), (90, 160)])
def test_display_rotation_is_applied(tmp_path: Path, size: tuple[int, int], rotation: int, bright_corner: int) -> None:
    found = whole(film(tmp_path / "a.mp4", 5, size=size, painter=marked, rotation=rotation))
    expected = [STRETCHED[DARK]] * 4
    expected[bright_corner] = STRETCHED[BRIGHT]
    np.testing.assert_allclose(quarters(found[0].pixels), expected, atol=2)


def test_matrix_of_a_telephone_held_upright(tmp_path: Path) -> None:
    """The matrix as ISO 14496-12 has it (x' = -y, y' = x), written into the file byte by byte: a turn to the right."""
    path = film(tmp_path / "a.mp4", 5, size=(160, 90), painter=marked)
    content = path.read_bytes()
    one = 1 << 16
    upright = np.array([0, one, 0, -one, 0, 0, 0, 0, 1 << 30], ">i4").tobytes()
    plain = np.array([one, 0, 0, 0, one, 0, 0, 0, 1 << 30], ">i4").tobytes()
    track = content.index(b"tkhd")
    path.write_bytes(content[:track] + content[track:].replace(plain, upright, 1))
    assert quarters(whole(path)[0].pixels)[1] == pytest.approx(STRETCHED[BRIGHT], abs=2)


def test_pixels_that_are_not_square_are_shown_as_they_should(tmp_path: Path) -> None:
    def left_half(_time: float, width: int, height: int) -> Gray:
        return np.where(np.arange(width) < width * 3 // 8, BRIGHT, DARK).astype(np.uint8)[None].repeat(height, 0)

    path = film(tmp_path / "a.mkv", 5, size=(160, 160), painter=left_half, pixel_aspect=Fraction(2))
    pixels = whole(path)[0].pixels  # shown 320x160: the centre square begins at a quarter, 3/8 is a quarter of it
    assert (pixels[64] > 130).sum() == pytest.approx(32, abs=2)


def test_resolution_that_changes_cuts_the_run(tmp_path: Path) -> None:
    small, large = film(tmp_path / "s.h264", 25), film(tmp_path / "l.h264", 25, size=(320, 240))
    joined = tmp_path / "joined.h264"
    joined.write_bytes(small.read_bytes() + large.read_bytes())
    found = list(events(joined, lambda warning: None))
    assert [n for n, event in enumerate(found) if isinstance(event, Cut)] == [25]
    assert found[25] is Cut.PICTURE_CHANGED
    assert sum(isinstance(event, Frame) for event in found) == 50


def test_file_that_ends_early_is_used_up_to_there(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", 100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found, _, warnings = read(path)
    assert 25 < len(found) < 75
    assert len(warnings) == 1
    assert re.search(r"a\.mkv: the video ends [1-3]\.\d s before the file says", warnings[0])


def test_truncated_file_with_its_index_in_front(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", 100, options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found, _, warnings = read(path)
    assert 20 < len(found) < 75
    assert any("before the file says" in warning for warning in warnings)


def test_truncated_file_without_its_index_is_refused(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", 100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "cannot be read as a video" in refused(path)


def test_damage_cuts_the_run_and_goes_on_at_the_next_keyframe(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", 100, options={"movflags": "faststart"})
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    hit = packets[40]
    content = bytearray(path.read_bytes())
    assert hit.pos is not None
    content[hit.pos : hit.pos + hit.size] = b"\xff" * hit.size
    path.write_bytes(content)
    found, cuts, warnings = read(path)
    assert cuts == [Cut.DECODER_FAULT]
    assert len(warnings) == 1
    assert "decoding failed (1 faults)" in warnings[0]
    times = [round(frame.time * 25) for frame in found]
    assert times[-50:] == list(range(50, 100))  # keyframes are at 0, 25, 50, 75
    assert times[:-50] == list(range(len(times) - 50))
    assert 30 < len(times) - 50 < 42


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.txt", b"The quick brown fox\n" * 200),
        ("notes.mp4", b"The quick brown fox\n" * 200),
        ("zeros.mp4", bytes(5000)),
        ("noise.webm", np.random.default_rng(1).bytes(5000)),
    ],
)
def test_file_that_is_no_video(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert "cannot be read as a video" in refused(tmp_path / name)


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    assert refused(tmp_path / "a.mp4").endswith("is empty")


def test_missing_file_and_folder(tmp_path: Path) -> None:
    assert refused(tmp_path / "absent.mp4").endswith("does not exist")
    assert refused(tmp_path).endswith("is not a file")


@pytest.mark.parametrize(("name", "cover"), [("a.m4a", False), ("a.mp4", True)])
def test_sound_alone_is_no_video_even_with_a_cover(tmp_path: Path, name: str, cover: bool) -> None:
    assert refused(tone(tmp_path / name, cover)).endswith("holds no video, only sound")


@pytest.mark.parametrize("name", ["a.mkv", "a.avi"])
def test_video_without_frames(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height = 64, 64
        container.start_encoding()
    assert re.search("holds no (picture that can be decoded|video)|cannot be read", refused(path))


def test_codec_that_nobody_knows(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", 10, codec="mpeg4")
    content = path.read_bytes()
    assert b"V_MPEG4/ISO/ASP" in content
    path.write_bytes(content.replace(b"V_MPEG4/ISO/ASP", b"V_XYZQ7/ISO/ASP"))
    assert "decoded" in refused(path)


def test_colon_in_a_name_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    film(tmp_path / "plain.mp4", 5).rename(tmp_path / "http:call.mp4")
    assert len(whole(Path("http:call.mp4"))) == 5


def test_one_picture_is_a_video_of_one_frame(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mjpeg", 1, codec="mjpeg", pixel_format="yuvj420p", color_range=2)
    assert [frame.time for frame in whole(path.rename(tmp_path / "a.jpg"))] == [0]


def test_the_face_of_a_wide_film_is_looked_for_where_that_is_asked_for(tmp_path: Path) -> None:
    place = Crop(760, 60, 420)

    def somebody(_time: float, width: int, height: int) -> Gray:
        return np.asarray(16 + wide(place, face=3) * (219 / 255), np.uint8)

    path = film(tmp_path / "a.mp4", 5, size=(1280, 720), painter=somebody)
    framed = [event for event in events(path, print, look=True) if isinstance(event, Frame)]
    expected = reduce_luma(wide(place, face=3), full_range=True, crop=place)
    assert all(np.corrcoef(frame.pixels.ravel(), expected.ravel())[0, 1] > 0.8 for frame in framed)
    assert all(np.corrcoef(frame.pixels.ravel(), expected.ravel())[0, 1] < 0.5 for frame in whole(path))


def test_a_film_of_nobody_says_so_in_every_frame(tmp_path: Path) -> None:
    found = list(events(film(tmp_path / "a.mp4", 5), print, look=True))
    assert [event.obstacle for event in found if isinstance(event, Frame)] == [Reason.NO_FACE] * 5
