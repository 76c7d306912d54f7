"""From a track of decoded pictures to the reduced frames of a stream: always drained, never thinned."""

import asyncio
import time
from concurrent.futures import Executor
from typing import Protocol

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from guard.core.errors import FrameError
from guard.core.items import Cut, Frame
from guard.picture import Reducer
from guard.runqueue import RunQueue


class Sink(Protocol):
    """Where a source of frames puts them: all that crosses between receiving video and scoring it.

    `key` names the stream. Between processes the same three calls travel as messages of some 16 KiB.
    """

    def offer(self, key: str, frame: Frame, at: float) -> None:
        """The next frame, which arrived at `at` seconds of the monotonic clock."""

    def cut(self, key: str, cut: Cut, lost: int = 0) -> None:
        """The next frame does not continue the last one; `lost` frames came in between."""

    def leave(self, key: str) -> None:
        """The stream is over."""


class TrackReader:
    """Reads one track to its end. Pictures are reduced by `pool`, off the event loop."""

    def __init__(self, key: str, track: MediaStreamTrack, sink: Sink, pool: Executor) -> None:
        self._key = key
        self._track = track
        self._sink = sink
        self._pool = pool
        self._reducer = Reducer()
        self._waiting: RunQueue[tuple[av.VideoFrame, float]] = RunQueue()  # decoded pictures and when they came
        self._lost = 0  # pictures that the queue dropped and the sink has not been told of
        self._news = asyncio.Event()
        self._shape: tuple[int, int, int] | None = None  # width, height and rotation of the newest picture

    async def run(self) -> None:
        """Return when the track has ended."""
        async with asyncio.TaskGroup() as group:  # a fault of either ends both
            reducing = group.create_task(self._reduce_all())
            await self._drain()
            reducing.cancel()

    async def _drain(self) -> None:
        """Take pictures as they come, whatever becomes of them: aiortc's own queue has no bound."""
        while True:
            try:
                picture = await self._track.recv()
            except MediaStreamError:
                return
            if isinstance(picture, av.VideoFrame):
                self._lost += self._waiting.put((picture, time.monotonic()))
                self._news.set()

    async def _reduce_all(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                cut, (picture, at) = self._waiting.take()
                if cut is not None:
                    self._sink.cut(self._key, cut, self._lost)
                    self._lost = 0
                await self._reduce(picture, at)

    async def _reduce(self, picture: av.VideoFrame, at: float) -> None:
        shape = picture.width, picture.height, picture.rotation
        if self._shape not in (None, shape):
            self._sink.cut(self._key, Cut.PICTURE_CHANGED)
        self._shape = shape
        try:
            pixels = await asyncio.get_running_loop().run_in_executor(self._pool, self._reducer.reduce, picture)
        except (FrameError, av.FFmpegError):
            self._sink.cut(self._key, Cut.DECODER_FAULT, lost=1)
        else:
            self._sink.offer(self._key, Frame(pixels, picture.time), at)
