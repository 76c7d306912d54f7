"""Video files to frames: whatever PyAV can open, reduced to gray 128x128, with presentation times from 0."""

from collections.abc import Callable, Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from guard.core.errors import VideoError
from guard.core.items import FPS, Cut, Frame
from guard.framing import Framer, framed
from guard.picture import Reducer

TEXT_FORMATS = frozenset({"tty", "bin", "xbin", "idf", "adf"})
"""Demuxers of FFmpeg that draw any text file as a picture of its letters."""
SLACK = 0.5
"""Seconds by which the video may end before the file's stated duration without a warning."""
REORDERED = 1.0
"""Seconds by which times go back when they are those of decoding."""
MICROSECOND = 1e-6

Report = Callable[[str], None]


def events(path: Path, report: Report, *, look: bool = False) -> Iterator[Frame | Cut]:
    """The frames of a video file in order of presentation, and a cut wherever a run of them ends.

    `Frame.time` is in seconds from the first frame. What is decoded before damage is used, and after it from the next
    keyframe on; `report` is told in one line. With `look` the crop follows the face, as in a stream; without it the
    centre square is kept, as for the data sets that models learn from.
    Raises VideoError when there is nothing that can be decoded.
    """
    with closing(opened(path)) as container:
        yield from events_of(container, str(path), report, looks=lambda: look)


def events_of(
    container: InputContainer, path: str, report: Report, *, looks: Callable[[], bool]
) -> Iterator[Frame | Cut]:
    """The same of a video that is open already, be it a file or a live stream; `path` is what reports call it.

    `looks` says of each picture whether a face may be looked for in it.
    """
    stream = video_stream(path, container)
    reducer, framer = Reducer(stream.sample_aspect_ratio or Fraction(1)), Framer(looks)
    first = time = None
    faults = 0
    for event in undamaged(decoded(container, stream)):
        if isinstance(event, Cut):
            faults += event is Cut.DECODER_FAULT
            framer = Framer(looks) if event is Cut.PICTURE_CHANGED else framer
            yield event
            continue
        time = presentation_time(event, stream, time)
        first = time if first is None else first
        cut, frame = framed(event, time - first, reducer, framer)
        if cut is not None:
            yield cut
        yield frame
    if first is None or time is None:
        raise VideoError(path, "holds no picture that can be decoded")
    missing = stated_seconds(container, stream) - (time - first)
    if faults:
        report(f"{path}: decoding failed ({faults} faults); pictures up to the next keyframe are left out")
    if missing > SLACK:
        report(f"{path}: the video ends {missing:.1f} s before the file says it does")


def opened(path: Path) -> InputContainer:
    """The file, opened; raises VideoError."""
    if not path.is_file():
        raise VideoError(str(path), "is not a file" if path.exists() else "does not exist")
    if path.stat().st_size == 0:
        raise VideoError(str(path), "is empty")
    try:
        container = av.open(f"file:{path}")  # the prefix keeps a colon in the name from meaning a protocol
    except (av.FFmpegError, ValueError) as error:
        raise VideoError(str(path), f"cannot be read as a video ({getattr(error, 'strerror', error)})") from None
    if container.format.name in TEXT_FORMATS:
        container.close()
        raise VideoError(str(path), "cannot be read as a video (it is text)")
    return container


def video_stream(path: str, container: InputContainer) -> VideoStream:
    """The first stream of moving pictures, which the cover of a sound file is not; raises VideoError."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            if stream.codec_context is None:
                raise VideoError(path, "is coded in a way that cannot be decoded here")
            return stream
    raise VideoError(path, "holds no video" + (", only sound" if container.streams.audio else ""))


def decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame | Cut]:
    """Every picture that the decoder gives, and a cut in place of each packet that it could not decode."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            yield from packet.decode()
        except av.FFmpegError:
            yield Cut.DECODER_FAULT


def undamaged(events: Iterator[VideoFrame | Cut]) -> Iterator[VideoFrame | Cut]:
    """Leaves out pictures that were decoded wrongly, and marks where the picture changed its size.

    A picture is decoded from those before it: after a fault all are wrong up to the next keyframe, even where the
    decoder conceals it.
    """
    damaged, size = False, None
    for event in events:
        if isinstance(event, Cut) or event.is_corrupt:
            if not damaged:
                yield Cut.DECODER_FAULT
            damaged = True
            continue
        damaged = damaged and not event.key_frame
        if damaged:
            continue
        if size not in (None, (event.width, event.height)):
            yield Cut.PICTURE_CHANGED
        size = event.width, event.height
        yield event


def presentation_time(picture: VideoFrame, stream: VideoStream, last: float | None) -> float:
    """Seconds on the file's clock.

    Decoders give pictures in order of presentation. Raw streams carry no times, and AVI those of decoding, which go
    back and forth: such a picture comes one interval after the last. Going back further means that the clock was set.
    """
    interval = 1 / float(stream.guessed_rate or FPS)
    following = 0.0 if last is None else last + interval
    if picture.pts is None:
        return following
    backwards = -1.0 if last is None else last - picture.time
    return following if -MICROSECOND < backwards < REORDERED else picture.time


def stated_seconds(container: InputContainer, stream: VideoStream) -> float:
    """How long the file says that its video is; 0 when it does not say."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / 1e6  # of the whole file: Matroska states no other
