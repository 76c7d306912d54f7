"""The sink of an ingest process: what its peers receive goes out as messages, and in whole runs or not at all."""

import asyncio
from collections import Counter
from typing import Any

from guard.core.items import Cut, Frame
from guard.peers import wire

MOST_UNSENT = 64 * 2**14
"""Bytes, 64 frames, that wait to be sent; then frames are dropped until half of them are gone."""
GATHER = 0.02
"""Seconds for which frames are gathered: what arrives together is stepped together, and a frame of a batch of eight
costs the model a quarter less than one alone."""


class Outbox:
    """Sends frames and cuts of all streams of a process. Nothing waits here for a service that does not read."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._gathered: list[tuple[Any, ...]] = []  # calls of the sink, less than GATHER old
        self._dropped: Counter[str] = Counter()  # frames by key, of streams whose run was cut here
        self._looking: frozenset[str] = frozenset()  # keys of streams in whose pictures a face may be looked for

    def connected(self, key: str) -> None:
        """The connection has come about."""
        self._gather("connected", key)

    def offer(self, key: str, frame: Frame, at: float) -> None:
        """The next frame, which arrived at `at` seconds of the monotonic clock; dropped while too much waits."""
        limit = MOST_UNSENT // 2 if key in self._dropped else MOST_UNSENT
        if self._writer.transport.get_write_buffer_size() > limit:
            self._dropped[key] += 1
            return
        if lost := self._dropped.pop(key, 0):
            self.cut(key, Cut.OVERFLOW, lost)
        self._gather("offer", key, frame.pixels.tobytes(), frame.time, frame.obstacle, frame.side, at)

    def cut(self, key: str, cut: Cut, lost: int = 0) -> None:
        """The next frame does not continue the last one; `lost` frames came in between."""
        self._gather("cut", key, cut, lost)

    def look(self, key: str, looks: bool) -> None:
        """The service says whether a face may be looked for in the stream's pictures."""
        self._looking = self._looking | {key} if looks else self._looking - {key}

    def looks(self, key: str) -> bool:
        """What the service has said last; nothing is looked for before it has."""
        return key in self._looking

    def _gather(self, *call: Any) -> None:
        if not self._gathered:
            asyncio.get_running_loop().call_later(GATHER, self.flush)
        self._gathered.append(call)

    def flush(self) -> None:
        """Send what has been gathered."""
        gathered, self._gathered = self._gathered, []
        if gathered:
            wire.send(self._writer, "gathered", "", gathered)

    def forget(self, key: str) -> None:
        """The stream is over."""
        self._dropped.pop(key, None)
        self.look(key, False)
