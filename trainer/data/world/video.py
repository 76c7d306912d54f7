"""Pictures into video: limited-range luma, neutral chroma, real encoders."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

_LIMITED = np.rint(16.0 + np.arange(256) * 219.0 / 255.0).astype(np.uint8)

_BIT_RATE = 600_000

_ENCODERS = {
    # mbtree reads memory of its own that nothing was written to (AVX-512): the same pictures become different bytes.
    ".mp4": ("libx264", {"preset": "veryfast", "threads": "1", "x264-params": "mbtree=0"}),
    ".webm": ("libvpx", {"deadline": "good", "cpu-used": "4", "threads": "1"}),
}

SUFFIXES = tuple(_ENCODERS)


def video_frame(picture: NDArray[np.uint8]) -> av.VideoFrame:
    """A gray picture (S, S), S even, as limited-range I420, which is what cameras and browsers send."""
    size = len(picture)
    planes = np.full((size * 3 // 2, size), 128, np.uint8)
    planes[:size] = _LIMITED[picture]
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def write_video(path: Path, pictures: Iterable[NDArray[np.uint8]], size: int, fps: Fraction) -> None:
    """Encode pictures (size, size) uint8 into `path`: H.264 for .mp4, VP8 for .webm. ValueError: another suffix."""
    if path.suffix not in _ENCODERS:
        raise ValueError(f"{path.name}: the suffix must be one of {', '.join(SUFFIXES)}")
    codec, options = _ENCODERS[path.suffix]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps, options=options)
        assert isinstance(stream, av.VideoStream)  # both encoders are of video
        stream.height, stream.width = size, size
        stream.pix_fmt, stream.bit_rate = "yuv420p", _BIT_RATE
        for picture in pictures:
            container.mux(stream.encode(video_frame(picture)))
        container.mux(stream.encode(None))
