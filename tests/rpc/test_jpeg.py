"""JPEG pictures as frames."""

from contextlib import suppress
from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext

from guard.core.errors import FrameError
from guard.rpc.jpeg import jpeg_luma

WIDTH, HEIGHT = 130, 97


def jpeg(level: int = 77) -> bytes:
    """An even gray picture."""
    coder = VideoCodecContext.create("mjpeg", "w")
    coder.width, coder.height, coder.pix_fmt, coder.time_base = WIDTH, HEIGHT, "yuvj420p", Fraction(1, 25)
    picture = av.VideoFrame(WIDTH, HEIGHT, "yuvj420p")
    for plane, value in zip(picture.planes, (level, 128, 128), strict=True):
        plane.update(np.full(plane.buffer_size, value, np.uint8).tobytes())
    return b"".join(bytes(packet) for packet in (*coder.encode(picture), *coder.encode(None)))


@pytest.mark.parametrize("level", [0, 77, 255])
def test_luma_is_taken_over_its_full_range(level: int) -> None:
    luma = jpeg_luma(jpeg(level), WIDTH, HEIGHT)
    assert (luma.shape, luma.dtype) == ((HEIGHT, WIDTH), np.uint8)
    assert np.abs(luma.astype(int) - level).max() <= 1


@pytest.mark.parametrize("size", [(WIDTH + 1, HEIGHT), (WIDTH, HEIGHT - 1), (8192, 8192)])
def test_another_size_than_stated_is_refused_before_anything_is_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(FrameError, match="130x97 where"):
        jpeg_luma(jpeg(), *size)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"GIF89a" * 9, b"\xff\xd8" + b"\xff" * 99, jpeg()[:60]])
def test_what_is_no_jpeg_is_refused(data: bytes) -> None:
    with pytest.raises(FrameError, match="data"):
        jpeg_luma(data, WIDTH, HEIGHT)


def test_damage_is_refused_or_decoded_and_never_crashes() -> None:
    random, whole = np.random.default_rng(5), bytearray(jpeg())
    for _ in range(300):
        broken = bytearray(whole)
        for at in random.integers(2, len(whole), 4):
            broken[at] = random.integers(256)
        with suppress(FrameError):
            assert jpeg_luma(bytes(broken), WIDTH, HEIGHT).shape == (HEIGHT, WIDTH)
