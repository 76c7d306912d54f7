"""From a decoded luma plane to the 128x128 gray picture: the one definition that every path must agree with.

The luma plane of decoded video is the grayscale picture; going through RGB would only lose range. In this order:

1. limited-range luma (16..235) is stretched to 0..255, full-range luma is taken as it is;
2. the display rotation is applied, clockwise;
3. a square is kept, so that nothing is squashed: the one that is asked for, or the one in the centre;
4. each of the 128x128 pixels becomes the exact mean of the area it covers, rounded once, at the end.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from guard.core.errors import FrameError
from guard.core.items import SIZE, Crop, Floats, Frame, Gray

_FULL: Floats = np.arange(256, dtype=np.float32)
# BT.601 and BT.709 agree: black is 16, white 235. What a coder leaves beyond is clipped, as every display does.
_LIMITED: Floats = np.clip((_FULL - 16) * np.float32(255 / 219), 0, 255)


def reduce_luma(luma: Gray, *, full_range: bool, rotation: int = 0, crop: Crop | None = None) -> Gray:
    """Reduce a luma plane (height, width) uint8 of any size to the gray picture (128, 128) uint8.

    `rotation` is in degrees, clockwise, as needed for display: 0, 90, 180 or 270. `crop` is the square that is kept.
    Raises FrameError: `data` is no plane of uint8 pixels, `rotation` is another angle, `crop` does not lie in it.
    """
    _check(luma, rotation)
    square = kept_square(np.rot90(luma, -rotation // 90), crop)
    if full_range and len(square) == SIZE:
        return square.copy()  # the mean of a pixel is the pixel; senders that reduce by themselves are many
    expanded = (_FULL if full_range else _LIMITED)[square]
    weights = _area_weights(len(square))
    return np.rint(weights @ expanded @ weights.T).astype(np.uint8)


def unmirrored(frame: Frame) -> Frame:
    """The frame of a picture whose left and right were exchanged, as others saw the person."""
    return replace(frame, pixels=np.ascontiguousarray(frame.pixels[:, ::-1]))


def luma_from_bytes(data: bytes, layout: str, width: int, height: int) -> Gray:
    """The luma plane (height, width) uint8 of raw picture bytes, as a read-only view of `data`.

    `layout` is GRAY8, one byte a pixel, or I420, where two chroma planes of half size, rounded up, follow unread.
    Raises FrameError naming `width`, `height`, `layout` or `data`.
    """
    for field, side in (("width", width), ("height", height)):
        if side < 1:
            raise FrameError(field, f"{side} is not a picture size", "send at least one pixel")
    expected = _byte_count(layout, width, height)
    if len(data) != expected:
        raise FrameError("data", f"{len(data)} bytes where {layout} of {width}x{height} takes {expected}")
    return np.frombuffer(data, np.uint8, count=width * height).reshape(height, width)


def _check(luma: Gray, rotation: int) -> None:
    if luma.dtype != np.uint8 or luma.ndim != 2:
        raise FrameError("data", f"a luma plane has 2 axes of uint8, not {luma.ndim} of {luma.dtype}")
    if luma.size == 0:
        raise FrameError("data", f"the picture is empty: {luma.shape[1]}x{luma.shape[0]}")
    if rotation not in (0, 90, 180, 270):
        raise FrameError("rotation", f"{rotation} degrees", "use 0, 90, 180 or 270")


def _byte_count(layout: str, width: int, height: int) -> int:
    chroma = ((width + 1) // 2) * ((height + 1) // 2)
    counts = {"GRAY8": width * height, "I420": width * height + 2 * chroma}
    if layout not in counts:
        raise FrameError("layout", f"{layout} is not known", f"use {' or '.join(counts)}")
    return counts[layout]


def kept_square(plane: Gray, crop: Crop | None) -> Gray:
    """The square (side, side) of a plane (height, width), as displayed, that `crop` names; without it the one in the
    middle. A view. Raises FrameError naming `crop`."""
    if crop is None:
        return centre_square(plane)
    height, width = plane.shape
    if crop.side < 1 or crop.left < 0 or crop.top < 0 or crop.left + crop.side > width or crop.top + crop.side > height:
        raise FrameError("crop", f"{crop} reaches out of a picture of {width}x{height}", "send a square inside it")
    return plane[crop.top : crop.top + crop.side, crop.left : crop.left + crop.side]


def centre_square(plane: Gray) -> Gray:
    """The largest square (side, side) in the middle of a plane (height, width), as a view; half a pixel up and left."""
    height, width = plane.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return plane[top : top + side, left : left + side]


@lru_cache(maxsize=16)  # a call has few picture sizes; the bound is for callers who send a new one with every frame
def _area_weights(side: int) -> Floats:
    """(128, side) float32: the share of each source pixel in each of 128 equal intervals; rows sum to 1."""
    edges = np.arange(SIZE + 1)[:, None] * (side / SIZE)
    pixels = np.arange(side)[None, :]
    overlap = np.minimum(edges[1:], pixels + 1) - np.maximum(edges[:-1], pixels)
    weights: Floats = (np.clip(overlap, 0, None) * (SIZE / side)).astype(np.float32)
    return weights
