"""Sketches of earlier calls of those who are claimed, to recognise recordings by: on their way to the gallery and back.

Kept are calls that were verified and in which nothing was ever doubtful: the motion of somebody else is not theirs.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

import numpy as np
import structlog

from guard.core.errors import GuardError
from guard.core.recollection import Rows
from guard.lookups import Templates

WAITING = 64
"""Sketches that wait for the gallery, of 180 KB at most; one more is lost behind them, and the log says so."""
AGAIN = 5.0
"""Seconds after which a gallery that could not be written is tried again."""

log = structlog.get_logger()


class MotionsKept(Protocol):
    """Where sketches are; everything may block, and raises GalleryError."""

    def keep(self, tenant: str, name: str, rows: Rows) -> None:
        """Keep the sketch of a call of somebody that ended now."""

    def known(self, tenant: str, name: str, model_id: str) -> Rows:
        """(N, 8) of all that is kept of the person."""


class Motions:
    """`ask` asks the gallery off the loop."""

    def __init__(self, kept: MotionsKept, ask: Callable[[Callable[[], Any]], Awaitable[Any]]) -> None:
        self._kept = kept
        self._ask = ask
        # Tenant, name and sketch of calls that are over, until the gallery has them.
        self._waiting: deque[tuple[str, str, Rows]] = deque()
        self._news = asyncio.Event()
        self._writing = asyncio.Lock()  # the end of the service writes, too

    def keep(self, tenant: str, name: str, rows: Rows) -> None:
        """The person's call is over, and this is its sketch."""
        if len(self._waiting) >= WAITING:
            log.error("sketch of a call lost: the gallery does not take it")
            return
        self._waiting.append((tenant, name, rows))
        self._news.set()

    async def known(self, tenant: str, name: str, templates: Templates) -> Rows:
        """(N, 8) of all that is known of the person; each call begins with a break. Raises GalleryError."""
        rows = await self._ask(partial(self._kept.known, tenant, name, templates.model_id))
        waiting = [one for of, called, one in self._waiting if (of, called) == (tenant, name)]
        return np.concatenate([*waiting, rows])

    async def write(self) -> None:
        """Hand sketches to the gallery; runs until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            if not await self._written():
                await asyncio.sleep(AGAIN)
                self._news.set()

    async def flush(self) -> None:
        """Hand over what waits, at the end; what cannot be kept then is lost, as the log says."""
        if not await self._written():
            log.error("sketches of calls lost: the gallery does not take them", calls=len(self._waiting))

    async def _written(self) -> bool:
        """Whether all that waited is kept. What is being written still waits: who asks meanwhile must find it."""
        try:
            async with self._writing:
                while self._waiting:
                    await self._ask(partial(self._kept.keep, *self._waiting[0]))
                    self._waiting.popleft()
        except GuardError as error:
            log.warning("sketch of a call not kept yet", error=type(error).__name__)
        return not self._waiting
