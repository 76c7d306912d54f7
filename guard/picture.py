"""Decoded pictures of PyAV reduced to the gray 128x128 that the model sees, fast enough for many streams.

`guard.core.frames` is the definition; this is the path for `av.VideoFrame`, where swscale does the averaging.
Clipping happens before and stretching after it: an average commutes with the stretch but not with the clip.
"""

from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter

from guard.core.errors import FrameError
from guard.core.frames import kept_square, reduce_luma
from guard.core.items import SIZE, Crop, Gray


class Reducer:
    """Reduces the pictures of one stream; keeps swscale's tables between them, so it is for one thread at a time.

    `pixel_aspect` is the width of a pixel over its height, which containers state and frames do not.
    """

    def __init__(self, pixel_aspect: Fraction = Fraction(1)) -> None:
        self._pixel_aspect = pixel_aspect
        self._convert = VideoReformatter()  # one for each conversion: it holds the tables of its last one only
        self._average = VideoReformatter()

    def reduce(self, frame: av.VideoFrame, crop: Crop | None = None) -> Gray:
        """The gray picture (128, 128) uint8: display rotation applied, one square kept, averaged by area, full range.

        The square is `crop`, or the one in the centre. Takes every pixel format that swscale reads.
        Raises FrameError for an empty picture, and for a crop that does not lie in it.
        """
        shown, full_range = self._shown(frame)
        square = kept_square(shown, crop)
        if len(square) <= SIZE:
            return reduce_luma(square, full_range=full_range)
        return self._reduce_large(square, full_range)

    def shown(self, frame: av.VideoFrame) -> Gray:
        """The luma plane (height, width) as displayed, before any square is cut out. Raises FrameError."""
        return self._shown(frame)[0]

    def _shown(self, frame: av.VideoFrame) -> tuple[Gray, bool]:
        """The luma plane as displayed, and whether it is full range."""
        if not frame.width or not frame.height:
            raise FrameError("frame", f"the picture is empty: {frame.width}x{frame.height}")
        luma, full_range = self._luma(frame)
        # The display matrix counts counter-clockwise, the definition clockwise; no face is shown at other angles.
        return np.rot90(luma, round(frame.rotation / 90) % 4), full_range

    def _luma(self, frame: av.VideoFrame) -> tuple[Gray, bool]:
        """The luma plane (height, width) with square pixels, and whether it is full range."""
        full_range = is_full_range(frame)
        if self._pixel_aspect == 1 and has_luma_plane(frame):
            return plane_pixels(frame), full_range
        same_range = ColorRange.JPEG if full_range else ColorRange.MPEG  # stretching is left to the end
        planar = self._convert.reformat(
            frame,
            width=max(1, round(frame.width * self._pixel_aspect)),
            height=frame.height,
            format="yuv420p",
            interpolation="AREA",
            src_color_range=same_range,
            dst_color_range=same_range,
            threads=1,
        )
        return plane_pixels(planar), full_range

    def _reduce_large(self, square: Gray, full_range: bool) -> Gray:
        """swscale shrinks exactly by area; into 16 bits, so that rounding is left to the end as defined."""
        pixels = np.ascontiguousarray(square) if full_range else np.clip(square, 16, 235, order="C")
        source = av.VideoFrame.from_numpy_buffer(pixels, "gray")
        wide = self._average.reformat(
            source,
            width=SIZE,
            height=SIZE,
            format="gray16le",
            interpolation="AREA",
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.JPEG,
            threads=1,
        )
        levels = wide.to_ndarray().astype(np.float32) / 256
        if not full_range:
            levels = (levels - 16) * np.float32(255 / 219)
        return np.rint(levels).astype(np.uint8)


def has_luma_plane(frame: av.VideoFrame) -> bool:
    """Whether plane 0 is 8-bit luma and nothing else, as in I420, NV12 and GRAY8."""
    first, *others = frame.format.components
    return first.is_luma and first.bits == 8 and all(other.plane for other in others)


def is_full_range(frame: av.VideoFrame) -> bool:
    """Whether luma spans 0..255: said by the frame, or meant by formats that are never limited."""
    if frame.color_range:
        return frame.color_range == ColorRange.JPEG
    return frame.format.name.startswith(("yuvj", "gray")) or frame.format.is_rgb


def plane_pixels(frame: av.VideoFrame) -> Gray:
    """Plane 0 as (height, width) uint8, without the padding at the end of its lines; a view into the frame."""
    plane = frame.planes[0]
    lines: Gray = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return lines[: frame.height, : frame.width]
