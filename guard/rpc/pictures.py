"""Frames as callers send them, checked field by field and reduced."""

import asyncio
from concurrent.futures import Executor

from guard.core.errors import FrameError
from guard.core.frames import luma_from_bytes, reduce_luma
from guard.core.items import Frame, Gray
from guard.rpc.jpeg import jpeg_luma
from guard.rpc.messages import NANOS, seconds
from guard.v1.verification_pb2 import PictureFormat, PixelLayout, VideoFrame

LAYOUTS = tuple(layout for layout in PixelLayout.values() if layout != PixelLayout.PIXEL_LAYOUT_UNSPECIFIED)
LARGEST_SIDE = 8192
"""Pixels; bounds the memory that one message can ask for."""
QUICK = 128 * 128
"""Pixels up to which a raw picture is reduced sooner than it is handed to another thread and back."""


def checked_format(picture: PictureFormat, field: str) -> PictureFormat:
    """The format itself. FrameError naming the field, below `field`, that cannot be."""
    if picture.layout not in LAYOUTS:
        raise FrameError(f"{field}.layout", f"must be {', '.join(map(PixelLayout.Name, LAYOUTS))}")
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
    full_range = picture.full_range or picture.layout == PixelLayout.PIXEL_LAYOUT_JPEG
    try:
        return Frame(reduce_luma(luma_of(frame.data, picture), full_range=full_range, rotation=picture.rotation), time)
    except FrameError as error:
        raise FrameError(f"frame.{error.field}", error.problem, error.remedy) from None


async def reduced_off_loop(frame: VideoFrame, picture: PictureFormat, pool: Executor) -> Frame:
    """The frame, reduced in the pool unless that takes longer than the way there."""
    if is_quick(picture):
        return reduced(frame, picture)
    return await asyncio.get_running_loop().run_in_executor(pool, reduced, frame, picture)


def is_quick(picture: PictureFormat) -> bool:
    """Whether such a picture may be reduced on the event loop."""
    return picture.layout != PixelLayout.PIXEL_LAYOUT_JPEG and picture.width * picture.height <= QUICK


def luma_of(data: bytes, picture: PictureFormat) -> Gray:
    """The luma plane (height, width) uint8 of a picture's bytes. FrameError naming `data`."""
    if picture.layout == PixelLayout.PIXEL_LAYOUT_JPEG:
        return jpeg_luma(data, picture.width, picture.height)
    layout = PixelLayout.Name(picture.layout).removeprefix("PIXEL_LAYOUT_")
    return luma_from_bytes(data, layout, picture.width, picture.height)
