"""The fast path for decoded pictures against the definition in guard.core.frames."""

from fractions import Fraction

import av
import numpy as np
import pytest

from guard.core.errors import FrameError
from guard.core.frames import reduce_luma
from guard.core.items import Crop, Gray
from guard.picture import Reducer

LIMITED, FULL = 1, 2
SIZES = [(640, 360), (360, 640), (641, 357), (1280, 720), (176, 144), (129, 300), (256, 256), (128, 128), (100, 80)]


def luma_of(width: int, height: int, low: int = 0, high: int = 255) -> Gray:
    """A picture with large shapes, fine texture and hard edges, and with levels outside 16..235 by default."""
    rng = np.random.default_rng(width * height)
    y, x = np.mgrid[0:height, 0:width]
    shapes = 0.5 + 0.3 * np.sin(x / 17) * np.cos(y / 29) + 0.2 * ((x // 31 + y // 23) % 2)
    noisy = shapes + rng.normal(0, 0.1, shapes.shape)
    return np.asarray(low + (high - low) * np.clip(noisy, 0, 1), np.uint8)


def frame_of(luma: Gray, pixel_format: str = "yuv420p", color_range: int = LIMITED) -> av.VideoFrame:
    """A frame with this luma plane, its lines padded as decoders pad them."""
    frame = av.VideoFrame(luma.shape[1], luma.shape[0], pixel_format)
    plane = frame.planes[0]
    np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: len(luma), : luma.shape[1]] = luma
    frame.color_range = color_range
    return frame


def difference(one: Gray, other: Gray) -> tuple[float, int]:
    distance = np.abs(one.astype(int) - other.astype(int))
    return float(distance.mean()), int(distance.max())


class Rotated:
    """A frame with a display matrix, which PyAV reads but cannot put onto a frame."""

    def __init__(self, frame: av.VideoFrame, rotation: int) -> None:
        self._frame, self.rotation = frame, rotation

    def __getattr__(self, name: str) -> object:
        return getattr(self._frame, name)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("color_range", [LIMITED, FULL])
def test_agrees_with_the_definition(size: tuple[int, int], color_range: int) -> None:
    luma = luma_of(*size)
    mean, largest = difference(
        Reducer().reduce(frame_of(luma, color_range=color_range)),
        reduce_luma(luma, full_range=color_range == FULL),
    )
    assert mean < 0.01  # a tenth of what the media contract asks for
    assert largest <= 1


def test_definition_agrees_with_slow_averages() -> None:
    luma = luma_of(256, 384)
    slow = luma[64:320].astype(float).reshape(128, 2, 128, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(reduce_luma(luma, full_range=True), slow, atol=0.5)
    np.testing.assert_allclose(Reducer().reduce(frame_of(luma, color_range=FULL)), slow, atol=0.51)


@pytest.mark.parametrize("counter_clockwise", [-180, -90, 0, 90, 180])
@pytest.mark.parametrize("size", [(641, 357), (200, 321), (101, 90)])
def test_display_rotation_is_applied(size: tuple[int, int], counter_clockwise: int) -> None:
    luma = luma_of(*size)
    rotated = Rotated(frame_of(luma), counter_clockwise)
    mean, largest = difference(
        Reducer().reduce(rotated),  # type: ignore[arg-type]
        reduce_luma(luma, full_range=False, rotation=-counter_clockwise % 360),
    )
    assert mean < 0.01
    assert largest <= 1


def test_slightly_turned_matrix_counts_as_the_nearest_quarter() -> None:
    luma = luma_of(300, 200)
    reduced = Reducer().reduce(Rotated(frame_of(luma), -88))  # type: ignore[arg-type]
    assert difference(reduced, reduce_luma(luma, full_range=False, rotation=90))[0] < 0.01


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p", "nv12", "gray", "yuva420p"])
def test_every_format_with_a_luma_plane_reads_it_directly(pixel_format: str) -> None:
    luma = luma_of(320, 180)
    assert difference(Reducer().reduce(frame_of(luma, pixel_format)), reduce_luma(luma, full_range=False))[0] < 0.01


@pytest.mark.parametrize(("pixel_format", "full"), [("yuv420p", False), ("yuvj420p", True), ("gray", True)])
def test_range_that_nobody_states_follows_from_the_format(pixel_format: str, full: bool) -> None:
    luma = luma_of(320, 180)
    frame = frame_of(luma, pixel_format, color_range=0)
    assert difference(Reducer().reduce(frame), reduce_luma(luma, full_range=full))[0] < 0.01


def test_stated_range_wins_over_the_format() -> None:
    luma = luma_of(320, 180)
    assert difference(Reducer().reduce(frame_of(luma, "gray", LIMITED)), reduce_luma(luma, full_range=False))[0] < 0.01


@pytest.mark.parametrize("pixel_format", ["rgb24", "bgra", "gbrp"])
def test_coloured_pictures_become_their_full_range_luma(pixel_format: str) -> None:
    colours = np.stack([luma_of(320, 180), luma_of(320, 180)[::-1], luma_of(320, 180)[:, ::-1]], axis=-1)
    luma = np.rint(colours @ [0.299, 0.587, 0.114]).astype(np.uint8)
    frame = av.VideoFrame.from_ndarray(colours, "rgb24").reformat(format=pixel_format)
    assert difference(Reducer().reduce(frame), reduce_luma(luma, full_range=True))[0] < 0.1


@pytest.mark.parametrize("pixel_format", ["yuv420p10le", "p010le", "yuyv422", "yuv422p12le"])
def test_deep_and_packed_pictures_agree_with_their_8_bit_plane(pixel_format: str) -> None:
    luma = luma_of(320, 180, low=16, high=235)
    frame = frame_of(luma).reformat(format=pixel_format, src_color_range=LIMITED, dst_color_range=LIMITED)
    frame.color_range = LIMITED
    assert difference(Reducer().reduce(frame), reduce_luma(luma, full_range=False))[0] < 0.1


def test_pixels_that_are_not_square_are_made_square_before_the_crop() -> None:
    wide = np.repeat(luma_of(320, 320), 2, axis=1)
    stored = np.repeat(luma_of(320, 320), 2, axis=0)  # the same picture in pixels four times as wide as high
    shown = difference(Reducer(Fraction(4)).reduce(frame_of(stored)), reduce_luma(wide, full_range=False))[0]
    squashed = difference(Reducer().reduce(frame_of(stored)), reduce_luma(wide, full_range=False))[0]
    assert shown < squashed / 5


@pytest.mark.slow
def test_one_reducer_takes_a_stream_that_changes_its_size_and_format() -> None:
    reducer = Reducer()
    for width, height in (*SIZES, *reversed(SIZES)):
        luma = luma_of(width, height)
        assert difference(reducer.reduce(frame_of(luma)), reduce_luma(luma, full_range=False))[0] < 0.01
        assert reducer.reduce(frame_of(luma).reformat(format="rgb24")).shape == (128, 128)


def test_result_does_not_change_with_the_frame_it_came_from() -> None:
    frame = frame_of(luma_of(128, 128), color_range=FULL)
    reduced = Reducer().reduce(frame)
    before = reduced.copy()
    np.frombuffer(memoryview(frame.planes[0]), np.uint8)[:] = 0
    np.testing.assert_array_equal(reduced, before)


def test_empty_picture_is_refused() -> None:
    with pytest.raises(FrameError, match="frame: the picture is empty: 0x0"):
        Reducer().reduce(av.VideoFrame())


def test_a_crop_is_reduced_as_the_definition_has_it() -> None:
    luma = luma_of(1280, 720)
    for crop in (Crop(300, 40, 500), Crop(1100, 600, 100)):
        found = Reducer().reduce(frame_of(luma), crop)
        assert difference(found, reduce_luma(luma, full_range=False, crop=crop))[0] < 0.1
    rotated = Rotated(frame_of(luma), 90)
    expected = reduce_luma(luma, full_range=False, rotation=270, crop=Crop(20, 700, 400))
    assert difference(Reducer().reduce(rotated, Crop(20, 700, 400)), expected)[0] < 0.1  # type: ignore[arg-type]
    assert Reducer().shown(rotated).shape == (1280, 720)  # type: ignore[arg-type]
