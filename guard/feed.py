"""Hands every update to all who watch; a slow reader loses ordinary verdicts, never a change of anything."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, Self, TypeVar

from guard.core.errors import CapacityError
from guard.metrics import Metrics


class News(Protocol):
    """What is told. An `ordinary` one is overtaken by the next; none of the others may be missed."""

    @property
    def ordinary(self) -> bool: ...

    def behind(self, dropped: int) -> Self:
        """The same for a watcher that has missed so many ordinary ones so far."""


Told = TypeVar("Told", bound=News)

ORDINARY_LIMIT = 64
"""Ordinary verdicts that wait for one watcher before the oldest gives way."""
LASTING_LIMIT = 1024
"""All others that wait. None is dropped: a watcher this far behind is ended instead."""


class Watcher(Generic[Told]):
    """One reader's two queues, read in the order in which the updates came."""

    def __init__(self, wants: Callable[[Told], bool], metrics: Metrics) -> None:
        self._wants = wants
        self._metrics = metrics
        self._ordinary: deque[tuple[int, Told]] = deque()
        self._lasting: deque[tuple[int, Told]] = deque()
        self._order = 0  # counts updates, so that the two queues can be merged
        self._dropped = 0  # ordinary verdicts that this watcher missed
        self._ended = False  # nothing comes after what waits
        self._overrun = False  # the lasting queue was full
        self._news = asyncio.Event()

    def offer(self, update: Told) -> None:
        """Queue the update if this watcher wants it."""
        if self._ended or not self._wants(update):
            return
        self._order += 1
        if update.ordinary:
            self._offer_ordinary(update)
        elif len(self._lasting) < LASTING_LIMIT:
            self._lasting.append((self._order, update))
        else:
            self._overrun = self._ended = True
        self._news.set()

    def _offer_ordinary(self, update: Told) -> None:
        if len(self._ordinary) >= ORDINARY_LIMIT:
            self._ordinary.popleft()
            self._dropped += 1
            self._metrics.verdicts_dropped.inc()
        self._ordinary.append((self._order, update))

    def end(self) -> None:
        """Let the reader finish what waits and then stop."""
        self._ended = True
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[Told]:
        """Updates in order until `end`. CapacityError when the reader is so far behind that a lasting one was lost."""
        while not self._overrun:
            if self._ordinary or self._lasting:
                yield self._next().behind(self._dropped)
            elif self._ended:
                return
            else:
                self._news.clear()
                await self._news.wait()
        raise CapacityError("the watcher reads too slowly", retry_after=1.0)

    def _next(self) -> Told:
        queues = [queue for queue in (self._ordinary, self._lasting) if queue]
        return min(queues, key=lambda queue: queue[0][0]).popleft()[1]


class Feed(Generic[Told]):
    """All watchers of this process."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._watchers: set[Watcher[Told]] = set()

    def publish(self, update: Told) -> None:
        """Hand the update to everyone who wants it; never waits."""
        for watcher in self._watchers:
            watcher.offer(update)

    @contextmanager
    def watch(self, wants: Callable[[Told], bool]) -> Iterator[Watcher[Told]]:
        """A watcher of the updates that `wants` accepts, for as long as the block runs."""
        watcher = Watcher(wants, self._metrics)
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    def end(self) -> None:
        """Let every watcher finish what it has and stop."""
        for watcher in self._watchers:
            watcher.end()
