"""Frames as callers send them, checked field by field and reduced."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial

import numpy as np

from guard.core.errors import FrameError
from guard.core.frames import luma_from_bytes, reduce_luma, unmirrored
from guard.core.framing import is_square
from guard.core.items import Crop, Frame, Gray
from guard.framing import Framed, Framer
from guard.rpc.jpeg import jpeg_luma
from guard.rpc.messages import LONGEST, NANOS, seconds
from guard.v1.verification_pb2 import PictureFormat, PixelLayout, VideoFrame

LAYOUTS = tuple(layout for layout in PixelLayout.values() if layout != PixelLayout.PIXEL_LAYOUT_UNSPECIFIED)
LARGEST_SIDE = 8192
"""Pixels; bounds the memory that one message can ask for."""
LARGEST_MESSAGE = 16 * 1024 * 1024
"""Bytes: one I420 picture of 3840x2160 and some. gRPC refuses longer ones without a word of what is in them."""
AROUND = 1024
"""Bytes of a message that are not its picture's: handle, time and format."""
QUICK = 128 * 128
"""Pixels up to which a raw picture is reduced sooner than it is handed to another thread and back."""


def checked_format(picture: PictureFormat, field: str) -> PictureFormat:
    """The format itself. FrameError naming the field, below `field`, that cannot be."""
    if picture.layout not in LAYOUTS:
        raise FrameError(f"{field}.layout", f"must be {', '.join(map(PixelLayout.Name, LAYOUTS))}")
    for side, size in (("width", picture.width), ("height", picture.height)):
        if not 1 <= size <= LARGEST_SIDE:
            raise FrameError(f"{field}.{side}", f"must be 1 to {LARGEST_SIDE} pixels, not {size}")
    check_size(picture, field)
    if picture.rotation not in (0, 90, 180, 270):
        raise FrameError(f"{field}.rotation", f"must be 0, 90, 180 or 270 degrees, not {picture.rotation}")
    if picture.HasField("crop"):
        check_crop(picture, f"{field}.crop")
    return picture


def check_size(picture: PictureFormat, field: str) -> None:
    """FrameError for pictures that no message has room for; how long a JPEG is nobody knows before it comes."""
    if picture.layout == PixelLayout.PIXEL_LAYOUT_JPEG:
        return
    size = picture.width * picture.height
    if picture.layout == PixelLayout.PIXEL_LAYOUT_I420:
        size += 2 * (-(-picture.width // 2) * -(-picture.height // 2))
    most = LARGEST_MESSAGE - AROUND
    if size > most:
        problem = f"is {picture.width}x{picture.height}: {size} bytes a picture, of which a message holds {most}"
        raise FrameError(field, problem, "send smaller pictures, or JPEG")


def check_crop(picture: PictureFormat, field: str) -> None:
    """FrameError for a square that does not lie in the picture as displayed."""
    across, down = (picture.width, picture.height) if picture.rotation % 180 == 0 else (picture.height, picture.width)
    crop = picture.crop
    if not crop.side or crop.left + crop.side > across or crop.top + crop.side > down:
        square = f"{crop.side} pixels a side at {crop.left}, {crop.top}"
        raise FrameError(field, f"is no square inside the {across}x{down} pixels as displayed: {square}")


def checked_time(frame: VideoFrame) -> float:
    """Presentation time in seconds. FrameError when there is none, or one that is no duration from 0 up."""
    if not frame.HasField("time"):
        raise FrameError("frame.time", "is missing")
    time = seconds(frame.time)
    if not 0 <= time <= LONGEST or not 0 <= frame.time.nanos < NANOS:
        raise FrameError(
            "frame.time", "must be a duration of 0 or more, and no longer than google.protobuf.Duration allows"
        )
    return time


def framer_for(picture: PictureFormat, looks: Callable[[], bool]) -> Framer | None:
    """What looks for the face in pictures of this format while `looks` says so; None where nothing ever does."""
    framed = is_square(picture.width, picture.height) or picture.HasField("crop")
    return None if framed else Framer(looks)


def reduced(frame: VideoFrame, picture: PictureFormat, framer: Framer | None) -> Framed:
    """The frame as the core wants it, and the cut before it if its crop is another than that of the one before.

    FrameError naming `frame.data` when the bytes are not such a picture.
    """
    time = checked_time(frame)
    full_range = picture.full_range or picture.layout == PixelLayout.PIXEL_LAYOUT_JPEG
    sent = Crop(picture.crop.left, picture.crop.top, picture.crop.side) if picture.HasField("crop") else None
    try:
        luma = luma_of(frame.data, picture)
        turned = partial(np.rot90, luma, -picture.rotation // 90)
        reduce = partial(reduce_luma, luma, full_range=full_range, rotation=picture.rotation)
        if framer is None:
            cut, made = None, Frame(reduce(crop=sent), time)
        else:
            cut, made = framer.frame(time, turned, lambda crop: reduce(crop=crop))
    except FrameError as error:
        raise FrameError(f"frame.{error.field}", error.problem, error.remedy) from None
    return cut, unmirrored(made) if picture.mirrored else made


async def reduced_off_loop(frame: VideoFrame, picture: PictureFormat, framer: Framer | None, pool: Executor) -> Framed:
    """The frame, reduced in the pool unless that takes longer than the way there."""
    if is_quick(picture) and framer is None:
        return reduced(frame, picture, framer)
    return await asyncio.get_running_loop().run_in_executor(pool, reduced, frame, picture, framer)


def is_quick(picture: PictureFormat) -> bool:
    """Whether such a picture may be reduced on the event loop."""
    return picture.layout != PixelLayout.PIXEL_LAYOUT_JPEG and picture.width * picture.height <= QUICK


def luma_of(data: bytes, picture: PictureFormat) -> Gray:
    """The luma plane (height, width) uint8 of a picture's bytes. FrameError naming `data`."""
    if picture.layout == PixelLayout.PIXEL_LAYOUT_JPEG:
        return jpeg_luma(data, picture.width, picture.height)
    layout = PixelLayout.Name(picture.layout).removeprefix("PIXEL_LAYOUT_")
    return luma_from_bytes(data, layout, picture.width, picture.height)
