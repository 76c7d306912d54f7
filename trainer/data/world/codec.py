"""Real encoders on gray clips: what VP8 and H.264 at a call's bit rate leave of a picture."""

from fractions import Fraction
from typing import Literal

import av
import numpy as np
from numpy.typing import NDArray

Codec = Literal["vp8", "h264"]

_ENCODERS = {
    "vp8": ("libvpx", {"deadline": "realtime", "cpu-used": "16", "lag-in-frames": "0", "threads": "1"}),
    "h264": ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "threads": "1"}),
}


def transcoded(frames: NDArray[np.uint8], codec: Codec, bit_rate: int, fps: int = 25) -> NDArray[np.uint8]:
    """`frames` (T, S, S) uint8 after an encoder and its decoder, in memory; S is even, luma is taken as it is."""
    size = frames.shape[1]
    name, options = _ENCODERS[codec]
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width = encoder.height = size
    encoder.pix_fmt, encoder.bit_rate = "yuv420p", bit_rate
    encoder.time_base, encoder.framerate = Fraction(1, fps), Fraction(fps)
    encoder.gop_size, encoder.options = 250, options
    decoder = av.CodecContext.create(codec, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 1
    shown = []
    for number, frame in enumerate([*frames, None]):
        for packet in encoder.encode(None if frame is None else _picture(frame, number)):
            shown += decoder.decode(packet)
    shown += decoder.decode(None)
    return np.stack([_luma(picture) for picture in shown])


def _picture(frame: NDArray[np.uint8], number: int) -> av.VideoFrame:
    size = len(frame)
    planes = np.full((size * 3 // 2, size), 128, np.uint8)
    planes[:size] = frame
    picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    picture.pts = number
    return picture


def _luma(picture: av.VideoFrame) -> NDArray[np.uint8]:
    plane = picture.planes[0]
    rows: NDArray[np.uint8] = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: picture.height, : picture.width].copy()
