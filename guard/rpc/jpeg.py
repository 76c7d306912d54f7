"""The luma plane of a JPEG file (ITU-T T.81), its size read from the header before anything is decoded."""

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from guard.core.errors import FrameError
from guard.core.items import Gray

START = b"\xff\xd8"
START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Second bytes of the markers SOF0 to SOF15; those left out are DHT, JPG and DAC (table B.1)."""


def jpeg_luma(data: bytes, width: int, height: int) -> Gray:
    """The luma plane (height, width) uint8, full range. FrameError naming `data` when it is no such JPEG picture."""
    size = stated_size(data)
    if size != (width, height):
        raise FrameError("data", f"a JPEG picture of {size[0]}x{size[1]} where {width}x{height} was stated")
    decoder = VideoCodecContext.create("mjpeg", "r")
    try:
        pictures = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
    except av.FFmpegError:
        pictures = []
    if len(pictures) != 1 or pictures[0].is_corrupt:
        raise FrameError("data", "is a JPEG picture that cannot be decoded")
    return first_plane(pictures[0], width, height)


def stated_size(data: bytes) -> tuple[int, int]:
    """Width and height of the frame header (B.2.2), found by stepping over the segments before it. FrameError."""
    at = len(START)
    while data.startswith(START) and at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in START_OF_FRAME:
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        # A fill byte stands alone (B.1.1.2); any other segment says how long it is.
        at += 1 if data[at + 1] == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4])
    raise FrameError("data", "is not a JPEG picture")


def first_plane(picture: VideoFrame, width: int, height: int) -> Gray:
    """Plane 0 (height, width), without the padding of its lines. FrameError when that is not luma."""
    if not picture.format.name.startswith(("yuv", "gray")) or (picture.width, picture.height) != (width, height):
        raise FrameError("data", f"is a JPEG picture of {picture.format.name}", "send YCbCr or grayscale of 8 bits")
    plane = picture.planes[0]
    lines: Gray = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return lines[:height, :width]
