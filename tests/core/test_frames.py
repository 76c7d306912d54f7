"""The definition of the picture, against a slow double loop and literals."""

import numpy as np
import pytest

from guard.core.errors import FrameError
from guard.core.frames import luma_from_bytes, reduce_luma, unmirrored
from guard.core.items import Crop, Frame, Gray, Reason
from tests.core.helpers import grey

random = np.random.default_rng(0)


def shares(side: int, cell: int) -> list[tuple[int, float]]:
    """The source pixels that cell `cell` of 128 covers, each with the part of the pixel that lies inside."""
    low, high = cell * side / 128, (cell + 1) * side / 128
    inside = [(pixel, min(high, pixel + 1) - max(low, pixel)) for pixel in range(side)]
    return [(pixel, part) for pixel, part in inside if part > 0]


def area_mean(square: Gray, row: int, column: int) -> float:
    """One pixel of the reduced picture, by the double loop."""
    side = len(square)
    total = area = 0.0
    for y, height in shares(side, row):
        for x, width in shares(side, column):
            total += float(square[y, x]) * height * width
            area += height * width
    return total / area


def assert_reduced(square: Gray, reduced: Gray) -> None:
    assert reduced.shape == (128, 128)
    assert reduced.dtype == np.uint8
    for row, column in [(0, 0), (0, 127), (127, 0), (127, 127), *random.integers(0, 128, (60, 2))]:
        exact = area_mean(square, row, column)
        assert abs(reduced[row, column] - exact) <= 0.5 + 1e-3, (row, column, exact)


@pytest.mark.slow
@pytest.mark.parametrize("side", [1, 50, 127, 128, 129, 200, 256, 360, 481])
def test_each_pixel_is_the_mean_of_the_area_it_covers(side: int) -> None:
    luma = random.integers(0, 256, (side, side), np.uint8)
    assert_reduced(luma, reduce_luma(luma, full_range=True))


def test_a_picture_of_the_final_size_is_left_alone() -> None:
    luma = random.integers(0, 256, (128, 128), np.uint8)
    assert (reduce_luma(luma, full_range=True) == luma).all()


def test_twice_the_size_is_the_mean_of_four_rounded_to_nearest() -> None:
    luma = np.tile(np.array([[10, 11], [11, 11]], np.uint8), (128, 128))  # mean 10.75
    assert (reduce_luma(luma, full_range=True) == 11).all()
    luma = np.tile(np.array([[10, 10], [10, 11]], np.uint8), (128, 128))  # mean 10.25
    assert (reduce_luma(luma, full_range=True) == 10).all()


def test_a_mirrored_picture_is_turned_back_and_keeps_all_else() -> None:
    luma = random.integers(0, 256, (128, 128), np.uint8)
    turned = unmirrored(Frame(luma, 1.5, Reason.SCREEN, side=200))
    assert all(turned.pixels[row, column] == luma[row, 127 - column] for row in (0, 5) for column in range(128))
    assert (turned.time, turned.obstacle, turned.side) == (1.5, Reason.SCREEN, 200)


@pytest.mark.parametrize("shape", [(140, 300), (300, 140), (141, 300), (300, 141)])
def test_the_centre_square_is_kept_and_nothing_is_squashed(shape: tuple[int, int]) -> None:
    luma = random.integers(0, 256, shape, np.uint8)
    side = min(shape)
    top, left = (shape[0] - side) // 2, (shape[1] - side) // 2
    assert_reduced(luma[top : top + side, left : left + side], reduce_luma(luma, full_range=True))


@pytest.mark.parametrize(
    ("limited", "stretched"), [(16, 0), (235, 255), (126, 128), (0, 0), (15, 0), (236, 255), (255, 255), (17, 1)]
)
def test_limited_range_is_stretched_and_full_range_is_not(limited: int, stretched: int) -> None:
    luma = grey(limited)
    assert (reduce_luma(luma, full_range=False) == stretched).all()
    assert (reduce_luma(luma, full_range=True) == limited).all()


def test_stretching_is_rounded_after_averaging_and_not_before() -> None:
    luma = np.tile(np.array([[16, 17]], np.uint8), (256, 128))  # 0 and 1.164: mean 0.58
    assert (reduce_luma(luma, full_range=False) == 1).all()
    luma = np.tile(np.array([[16, 16, 16, 17]], np.uint8), (512, 128))  # mean 0.29
    assert (reduce_luma(luma, full_range=False) == 0).all()


def test_rotation_is_clockwise() -> None:
    upright = np.zeros((128, 128), np.uint8)
    upright[0, 0], upright[0, 127] = 100, 200  # top left, top right
    corners = {0: (100, 200, 0, 0), 90: (0, 100, 0, 200), 180: (0, 0, 200, 100), 270: (200, 0, 100, 0)}
    for rotation, expected in corners.items():
        turned = reduce_luma(upright, full_range=True, rotation=rotation)
        assert tuple(turned[[0, 0, 127, 127], [0, 127, 0, 127]]) == expected, rotation


def test_rotation_comes_before_the_centre_square() -> None:
    luma = random.integers(0, 256, (128, 131), np.uint8)
    turned = reduce_luma(luma, full_range=True, rotation=90)
    assert (turned == reduce_luma(np.ascontiguousarray(np.rot90(luma, -1)), full_range=True)).all()


def test_a_plane_with_padded_rows_is_read_without_the_padding() -> None:
    padded = random.integers(0, 256, (128, 160), np.uint8)
    assert (reduce_luma(padded[:, :128], full_range=True) == padded[:, :128]).all()


@pytest.mark.parametrize("rotation", [45, -90, 360, 1])
def test_other_rotations_are_refused(rotation: int) -> None:
    with pytest.raises(FrameError, match="rotation") as caught:
        reduce_luma(grey(0), full_range=True, rotation=rotation)
    assert caught.value.field == "rotation"


@pytest.mark.parametrize(
    "luma",
    [
        np.zeros((0, 0), np.uint8),
        np.zeros((0, 4), np.uint8),
        np.zeros((4, 4, 3), np.uint8),
        np.zeros((4, 4), np.uint16),
        np.zeros((4, 4), np.float32),
    ],
)
def test_what_is_no_picture_is_refused(luma: Gray) -> None:
    with pytest.raises(FrameError) as caught:
        reduce_luma(luma, full_range=True)
    assert caught.value.field == "data"


def test_gray_bytes_are_read_row_by_row() -> None:
    assert luma_from_bytes(bytes(range(6)), "GRAY8", 3, 2).tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(("width", "height", "chroma"), [(4, 2, 4), (3, 3, 8), (1, 1, 2)])
def test_of_i420_only_the_luma_is_read(width: int, height: int, chroma: int) -> None:
    luma = luma_from_bytes(bytes([7] * width * height + [9] * chroma), "I420", width, height)
    assert luma.shape == (height, width)
    assert (luma == 7).all()


@pytest.mark.parametrize(
    ("field", "count", "layout", "width", "height"),
    [
        ("data", 5, "GRAY8", 3, 2),
        ("data", 7, "GRAY8", 3, 2),
        ("data", 0, "GRAY8", 3, 2),
        ("data", 16, "I420", 3, 3),
        ("width", 0, "GRAY8", 0, 2),
        ("height", 0, "GRAY8", 2, 0),
        ("width", 4, "GRAY8", -2, -2),
        ("layout", 6, "NV12", 2, 2),
    ],
)
def test_bytes_that_do_not_fit_are_refused(field: str, count: int, layout: str, width: int, height: int) -> None:
    with pytest.raises(FrameError) as caught:
        luma_from_bytes(bytes(count), layout, width, height)
    assert caught.value.field == field


def test_a_wrong_byte_count_says_how_many_were_due() -> None:
    with pytest.raises(FrameError, match=r"^data: 5 bytes where I420 of 3x3 takes 17$"):
        luma_from_bytes(bytes(5), "I420", 3, 3)


def test_the_square_that_is_asked_for_is_kept_as_the_picture_is_displayed() -> None:
    luma = random.integers(0, 256, (300, 500), np.uint8)
    kept = reduce_luma(luma, full_range=True, crop=Crop(320, 10, 150))
    assert_reduced(luma[10:160, 320:470], kept)
    turned = reduce_luma(luma, full_range=True, rotation=90, crop=Crop(20, 300, 200))
    assert_reduced(np.rot90(luma, -1)[300:500, 20:220], turned)


@pytest.mark.parametrize("crop", [Crop(-1, 0, 9), Crop(0, 292, 9), Crop(492, 0, 9), Crop(0, 0, 301), Crop(0, 0, 0)])
def test_a_square_outside_the_picture_is_refused(crop: Crop) -> None:
    with pytest.raises(FrameError, match="reaches out of a picture of 500x300"):
        reduce_luma(np.zeros((300, 500), np.uint8), full_range=True, crop=crop)
