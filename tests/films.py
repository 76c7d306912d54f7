"""Video files for tests: small, moving, in every shape that people have them in."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from guard.core.items import Gray

Painter = Callable[[float, int, int], Gray]


def moving(time: float, width: int, height: int) -> Gray:
    """Soft blobs that sway like a head, at `time` seconds; (height, width) uint8 within 16..235."""
    y, x = np.mgrid[0:height, 0:width] / min(width, height)
    sway = 0.05 * np.sin(2.1 * time) + 0.03 * np.sin(5.3 * time + 1)
    nod = 0.04 * np.sin(3.7 * time)
    blobs = np.sin(12 * (x + sway)) * np.cos(9 * (y + nod)) + 0.5 * np.sin(31 * (x - sway) + 17 * y)
    return np.asarray(125 + 70 * blobs, np.uint8)


def lively(time: float, width: int, height: int) -> Gray:
    """The same blobs, which sway, grow and lean ever faster: the shipped model sees that they never do so twice."""
    y, x = np.mgrid[0:height, 0:width] / min(width, height)
    sway, nod = 0.05 * np.sin(time**1.8), 0.06 * min(1.0, time / 3) * np.sin(6 * np.sqrt(time + 1))
    grown, lean = 1 + 0.1 * np.sin(0.9 * time**1.5), 0.03 * max(0.0, time - 2.5) * np.sin(5 * time)
    across, down = 12 * grown * (x + sway + lean * y), 9 * grown * (y + nod)
    blobs = np.sin(across) * np.cos(down) + 0.5 * np.sin(31 * (x - sway) + 17 * y)
    return np.asarray(125 + 70 * blobs, np.uint8)


def still(_time: float, width: int, height: int) -> Gray:
    """The same picture for ever."""
    return moving(0, width, height)


def marked(_time: float, width: int, height: int) -> Gray:
    """Dark, with the top left quarter bright: tells every rotation and mirroring from the others."""
    picture = np.full((height, width), 50, np.uint8)
    picture[: height // 2, : width // 2] = 200
    return picture


def film(
    path: Path,
    frames: int = 100,
    fps: Fraction | int = 25,
    size: tuple[int, int] = (160, 120),
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    painter: Painter = moving,
    color_range: int = 0,
    rotation: int = 0,
    pixel_aspect: Fraction | None = None,
    sound: bool = False,
    options: dict[str, str] | None = None,
) -> Path:
    """Writes a video; the container follows from the name. `rotation` is the display's, counter-clockwise."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream: Any = container.add_stream(codec, rate=fps)
        stream.width, stream.height = size
        stream.pix_fmt = pixel_format
        stream.gop_size = 25
        if codec == "libx264":  # with threads, or mbtree on AVX-512, the bytes differ each time
            stream.codec_context.thread_count = 1
            stream.codec_context.options = {"x264-params": "mbtree=0"}
        stream.bit_rate = 2_000_000
        if color_range:
            stream.color_range = color_range
        if pixel_aspect:
            stream.sample_aspect_ratio = pixel_aspect
        if rotation:
            stream.set_display_rotation(rotation)
        track: Any = container.add_stream("aac" if path.suffix == ".mp4" else "libopus", rate=48000) if sound else None
        for n in range(frames):
            container.mux(stream.encode(picture(painter(float(n / fps), *size), pixel_format, color_range)))
        container.mux(stream.encode(None))
        if track is not None:
            write_tone(container, track, float(frames / fps))
    return path


def picture(luma: Gray, pixel_format: str, color_range: int) -> av.VideoFrame:
    """A colourless frame with exactly this luma plane."""
    frame = av.VideoFrame(luma.shape[1], luma.shape[0], pixel_format)
    for plane in frame.planes:
        np.frombuffer(memoryview(plane), np.uint8)[:] = 128
    plane = frame.planes[0]
    np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: len(luma), : luma.shape[1]] = luma
    frame.color_range = color_range
    return frame


def write_tone(container: av.container.OutputContainer, track: av.AudioStream, seconds: float) -> None:
    """A tone of 440 Hz."""
    samples = np.sin(np.arange(int(seconds * 48000)) * 440 * 2 * np.pi / 48000).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(samples[None] * 0.1, "fltp", "mono")
    frame.sample_rate = 48000
    container.mux(track.encode(frame))
    container.mux(track.encode(None))


def tone(path: Path, cover: bool = False) -> Path:
    """A sound file, with a picture on its cover if wanted."""
    with av.open(str(path), "w") as container:
        track: Any = container.add_stream("aac", rate=48000)
        image: Any = container.add_stream("mjpeg", rate=1) if cover else None
        if image is not None:
            image.width, image.height, image.pix_fmt = 64, 64, "yuvj420p"
            image.disposition = av.stream.Disposition.attached_pic
            container.mux(image.encode(picture(marked(0, 64, 64), "yuvj420p", 2)))
            container.mux(image.encode(None))
        write_tone(container, track, 3.0)
    return path
