"""Frames as callers send them, checked field by field and reduced."""

from guard.core.errors import FrameError
from guard.core.frames import luma_from_bytes, reduce_luma
from guard.core.items import Frame
from guard.rpc.messages import NANOS, seconds
from guard.v1.verification_pb2 import PictureFormat, PixelLayout, VideoFrame

LARGEST_SIDE = 8192
"""Pixels; bounds the memory that one message can ask for."""


def checked_format(picture: PictureFormat, field: str) -> PictureFormat:
    """The format itself. FrameError naming the field, below `field`, that cannot be."""
    if picture.layout not in (PixelLayout.PIXEL_LAYOUT_GRAY8, PixelLayout.PIXEL_LAYOUT_I420):
        raise FrameError(f"{field}.layout", "must be PIXEL_LAYOUT_GRAY8 or PIXEL_LAYOUT_I420")
    for side, size in (("width", picture.width), ("height", picture.height)):
        if not 1 <= size <= LARGEST_SIDE:
            raise FrameError(f"{field}.{side}", f"must be 1 to {LARGEST_SIDE} pixels, not {size}")
    if picture.rotation not in (0, 90, 180, 270):
        raise FrameError(f"{field}.rotation", f"must be 0, 90, 180 or 270 degrees, not {picture.rotation}")
    return picture


def checked_time(frame: VideoFrame) -> float:
    """Presentation time in seconds. FrameError when there is none, or a negative one."""
    if not frame.HasField("time"):
        raise FrameError("frame.time", "is missing")
    time = seconds(frame.time)
    if time < 0 or not 0 <= frame.time.nanos < NANOS:
        raise FrameError("frame.time", "must be a duration of 0 or more")
    return time


def reduced(frame: VideoFrame, picture: PictureFormat) -> Frame:
    """The frame as the core wants it. FrameError naming `frame.data` when the bytes are not such a picture."""
    time = checked_time(frame)
    layout = PixelLayout.Name(picture.layout).removeprefix("PIXEL_LAYOUT_")
    try:
        luma = luma_from_bytes(frame.data, layout, picture.width, picture.height)
        return Frame(reduce_luma(luma, full_range=picture.full_range, rotation=picture.rotation), time)
    except FrameError as error:
        raise FrameError(f"frame.{error.field}", error.problem, error.remedy) from None
