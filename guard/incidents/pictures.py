"""Pictures about an accusation: a few of the 128x128 gray ones that were scored, where a setting lets them be kept."""

import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO

import av
import numpy as np

from guard.core.items import FPS, SIZE, Gray

EVERY = 20
"""Grid frames from one picture to the one before it, .8 s."""
TAKEN = 4
"""Pictures of one look, the newest and those before it: 2.4 s, which a window of 64 frames holds and no more."""

Look = Callable[[str, Callable[[Gray], None]], None]
"""Has the newest pictures (N, 128, 128) of the stream of that key handed on soon, oldest first: Worker.show."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: `pixels` (128, 128) uint8 row by row, and the `time` of the stream, in seconds, to .2 s."""

    time: float
    pixels: bytes


def chosen(pictures: Gray, time: float) -> list[Picture]:
    """A few of the newest pictures (N, 128, 128) of a stream whose newest is of `time`; oldest first."""
    found = [
        Picture(round(time - back / FPS, 2), pictures[-1 - back].tobytes())
        for back in range(0, min(len(pictures), EVERY * TAKEN), EVERY)
    ]
    return found[::-1]


def packed(pictures: Sequence[Picture]) -> bytes:
    """What is kept of them."""
    times = json.dumps([one.time for one in pictures]).encode()
    return times + b"\n" + zlib.compress(b"".join(one.pixels for one in pictures))


def unpacked(plain: bytes) -> tuple[Picture, ...]:
    """The pictures of `packed`."""
    times, _, compressed = plain.partition(b"\n")
    pixels, size = zlib.decompress(compressed), SIZE * SIZE
    return tuple(
        Picture(time, pixels[size * number : size * (number + 1)]) for number, time in enumerate(json.loads(times))
    )


def png(picture: Picture) -> bytes:
    """The picture as a PNG file."""
    codec = av.CodecContext.create("png", "w")
    codec.width = codec.height = SIZE
    codec.pix_fmt, codec.time_base = "gray", Fraction(1, FPS)
    frame = av.VideoFrame.from_ndarray(np.frombuffer(picture.pixels, np.uint8).reshape(SIZE, SIZE), "gray")
    return b"".join(bytes(packet) for packet in [*codec.encode(frame), *codec.encode(None)])


def from_png(time: float, plain: bytes) -> Picture:
    """The picture of `png`."""
    with av.open(BytesIO(plain)) as container:
        return Picture(time, next(container.decode(video=0)).to_ndarray(format="gray").tobytes())
