"""A video file in real time, or a live stream that FFmpeg reads, as one participant."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, nullcontext

import av
from av.container import InputContainer

from guard import video
from guard.core.errors import VideoError
from guard.core.items import Cut, Frame
from guard.daemoncalls import DaemonCalls
from guard.sources.fetching import FOR_FFMPEG, Fetching
from guard.sources.reach import Reach
from guard.sources.seats import Seats
from guard.sources.specs import FileSpec
from guard.sources.states import Interrupted, SourceReason

TIMEOUTS = (10.0, 10.0)
"""Seconds within which a live stream has to open, and each packet of it has to come."""
HELD_BACK = 10.0
"""Seconds after which a frame that nobody takes ends the attempt."""
PROBING = "2000000"
"""Microseconds of a live stream that FFmpeg looks at before it hands out the first picture."""
BEHIND = 0.5
"""Seconds of delay that are made up for at once; after a longer one the pace begins anew, as bursts would be cut."""
NESTED = {
    "rtsp": "rtsp,rtp,udp,tcp",
    "rtsps": "rtsp,rtsps,rtp,srtp,udp,tcp,tls,crypto",
    "rtmp": "rtmp,tcp",
    "rtmps": "rtmp,rtmps,tcp,tls,crypto",
    "http": "http,tcp,tls,https,crypto",
    "https": "https,tcp,tls,crypto",
}
"""What FFmpeg may open beneath an address: never a file, whatever a playlist from outside says."""

FORMATS = "mov,mp4,matroska,webm,flv,live_flv,avi,mpegts,mpeg,hls,rtsp,ogg,h264,mjpeg,mpjpeg,aac,ac3,eac3,mp3,webvtt"
"""What a live address may be read as. Others open connections of their own before anybody is asked: a name with `%d` is
a row of pictures to FFmpeg, which looks for the first of them by itself, wherever a redirect leads."""


class FileSource:
    """Reads the file or stream in a thread of its own, one frame at a time."""

    def __init__(self, spec: FileSpec, reach: Reach, threads: DaemonCalls) -> None:
        """Raises SourceError for what may not be reached."""
        self._spec = spec
        self._reach = reach
        self._threads = threads
        self.live = "://" in spec.url and not spec.url.startswith("file://")
        self._scheme = spec.url.partition(":")[0].lower()
        self._fetched = reach.limited and self._scheme in ("http", "https")  # FFmpeg would follow a playlist anywhere
        if self.live:
            reach.check_url("file", spec.url)
            if not self._fetched:
                reach.check_uncontrolled(spec.url)
        else:
            self._path = reach.file(spec.url.removeprefix("file://"))

    async def run(self, seats: Seats, connected: Callable[[], None]) -> None:
        """Return when a file has come to its end; that of a live stream is an interruption."""
        participant = self._spec.participant or self._spec.name
        handle = seats.seat(participant, participant)
        stop = threading.Event()
        loop = asyncio.get_running_loop()

        def hand(event: Frame | Cut) -> None:
            done: Future[None] = Future()
            loop.call_soon_threadsafe(give, seats, handle, event, done)
            done.result(HELD_BACK)  # one frame at a time is on its way

        try:
            async with Fetching(self._reach) if self._fetched else nullcontext() as fetching:
                container = await self._threads.run(lambda: self._opened(fetching))
                await seats.appear(handle, stop.set)
                connected()
                await self._threads.run(lambda: play(container, hand, stop, lambda: seats.looks(handle)))
        except VideoError as error:
            raise self._interrupted(error) from None
        finally:
            stop.set()
        if seats.replaced(participant):
            raise Interrupted(SourceReason.REPLACED, final=True)
        if self.live:
            raise Interrupted(SourceReason.LOST, "the stream has ended")
        await seats.finish(participant)

    def _opened(self, fetching: Fetching | None) -> InputContainer:
        """The open file or stream, over HTTP what `fetching` reads. VideoError, which says nothing of where it is."""
        if not self.live:
            return video.opened(self._path)
        options = {
            "protocol_whitelist": NESTED[self._scheme],
            "format_whitelist": FORMATS,
            "analyzeduration": PROBING,
        }
        if self._scheme.startswith("rtsp"):
            options["rtsp_transport"] = "tcp"  # over UDP a firewall between is silence
        try:
            if fetching is not None:
                opened = av.open(self._spec.url, options=options | FOR_FFMPEG, timeout=TIMEOUTS, io_open=fetching.open)
                fetching.deadline = None
                return opened
            return av.open(self._spec.url, options=options, timeout=TIMEOUTS)
        except (av.FFmpegError, ValueError) as error:
            raise VideoError("url", f"cannot be opened ({getattr(error, 'strerror', error)})") from None

    def _interrupted(self, error: VideoError) -> Interrupted:
        """What cannot be decoded now may be later if it is live; a file stays as it is."""
        reason = SourceReason.CODEC if "decoded" in error.problem else SourceReason.UNREACHABLE
        return Interrupted(reason, error.problem, final=not self.live)


def play(
    container: InputContainer,
    hand: Callable[[Frame | Cut], None],
    stop: threading.Event,
    looks: Callable[[], bool],
) -> None:
    """Hand on each frame and cut when it is due, until there are no more or `stop` is set; closes the container.

    `looks` says of each picture whether a face may be looked for in it.

    Live streams are paced too: HLS comes in pieces of some seconds, which no stream's queue could hold.
    """
    with closing(container):
        pace(video.events_of(container, "the source", lambda _: None, looks=looks), hand, stop)


def pace(
    events: Iterator[Frame | Cut],
    hand: Callable[[Frame | Cut], None],
    stop: threading.Event,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Hand on each event when it is due."""
    origin: float | None = None  # when a frame of time 0 is due, by the monotonic clock
    for event in events:
        if isinstance(event, Frame):
            now = clock()
            if origin is None or not -BEHIND <= origin + event.time - now <= TIMEOUTS[1]:
                origin = now - event.time
            if stop.wait(max(0.0, origin + event.time - now)):
                return
        if stop.is_set():
            return
        hand(event)


def give(seats: Seats, handle: str, event: Frame | Cut, done: "Future[None]") -> None:
    """Give the event to the stream, on the loop."""
    if isinstance(event, Cut):
        seats.cut(handle, event)
    else:
        seats.offer(handle, event, time.monotonic())
    done.set_result(None)
