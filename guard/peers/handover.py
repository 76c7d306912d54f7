"""From the thread that decodes a track to the event loop: at most 16 reduced frames wait, and runs stay whole."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from guard.core.frames import unmirrored
from guard.core.items import Cut, Frame
from guard.runqueue import RunQueue
from guard.streamclock import StreamClock


class Sink(Protocol):
    """Where a source of frames puts them: all that crosses between receiving video and scoring it.

    `key` names the stream. Between processes the same calls travel as messages of some 16 KiB.
    """

    def connected(self, key: str) -> None:
        """The connection has come about."""

    def offer(self, key: str, frame: Frame, at: float) -> None:
        """The next frame, which arrived at `at` seconds of the monotonic clock."""

    def cut(self, key: str, cut: Cut, lost: int = 0) -> None:
        """The next frame does not continue the last one; `lost` frames came in between."""

    def looks(self, key: str) -> bool:
        """Whether a face may be looked for in the stream's pictures; asked with each, from any thread."""


class Unmirrored:
    """Turns back the pictures of a sender who mirrors them, on their way to `sink`."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.connected, self.cut, self.looks = sink.connected, sink.cut, sink.looks

    def offer(self, key: str, frame: Frame, at: float) -> None:
        """The next frame, which arrived at `at` seconds of the monotonic clock."""
        self._sink.offer(key, unmirrored(frame), at)


class OnOneClock:
    """Puts the frames of one of a stream's connections on the stream's `clock`, on their way to `sink`."""

    def __init__(self, sink: Sink, clock: StreamClock) -> None:
        self._sink = sink
        self._clock = clock
        self.connected, self.cut, self.looks = sink.connected, sink.cut, sink.looks

    def offer(self, key: str, frame: Frame, at: float) -> None:
        """The next frame, which arrived at `at` seconds of the monotonic clock."""
        self._sink.offer(key, self._clock.timed(frame, at), at)


class Handover:
    """`put`, `cut`, `looks` and `end` are for the decoder's thread; the sink is called, and `ended`, on the loop."""

    def __init__(self, key: str, sink: Sink, ended: Callable[[], None]) -> None:
        self.closed = False  # set on the loop: what still comes is not wanted any more
        self.failed = False  # set by the decoder's thread before the end: a fault of ours is its cause
        self._key = key
        self._sink = sink
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()  # holds for what follows
        self._waiting: RunQueue[tuple[Frame, float]] = RunQueue()
        self._lost = 0  # frames that the sink has not been told of
        self._called = False  # the loop has been asked to deliver

    def put(self, frame: Frame, at: float) -> None:
        """The next frame and when it came."""
        with self._lock:
            self._lost += self._waiting.put((frame, at))
            called, self._called = self._called, True
        if not called:
            self._call(self._deliver)

    def cut(self, cut: Cut, lost: int = 0) -> None:
        """The next frame does not continue the last one; `lost` frames came in between."""
        with self._lock:
            self._waiting.cut(cut)
            self._lost += lost

    def looks(self) -> bool:
        """Whether a face may be looked for in the next picture."""
        return self._sink.looks(self._key)

    def end(self) -> None:
        """Nothing comes any more."""
        self._call(self._ended)

    def _call(self, callback: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(callback)

    def _deliver(self) -> None:
        with self._lock:
            waiting = [self._waiting.take() for _ in range(len(self._waiting))]
            lost = self._lost if any(cut for cut, _ in waiting) else 0
            self._lost -= lost
            self._called = False
        if self.closed:
            return
        for cut, (frame, at) in waiting:
            if cut is not None:
                self._sink.cut(self._key, cut, lost)
                lost = 0
            self._sink.offer(self._key, frame, at)
