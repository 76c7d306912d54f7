"""Sketches of earlier calls of those who are claimed, to recognise recordings by. In memory alone, for a stated time.

Kept are calls that were verified and in which nothing was ever doubtful: the motion of somebody else is not theirs.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from guard.core.errors import GalleryError
from guard.core.recollection import MODES, Rows
from guard.core.sketch import EARLIER
from guard.lookups import Templates

PEOPLE = 500
"""People whose calls are kept; who has not called for longest gives way."""
LOOK = 60.0
"""Seconds between two looks at who is still enrolled, and at what is too old."""

Name = tuple[str, str]
"""Tenant and enrolled name."""


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    """What a call showed, and when it ended, in seconds of the clock."""

    rows: Rows
    ended: float


class Motions:
    """Of each person the newest EARLIER rows, for so many seconds; 0 keeps nothing."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._calls: OrderedDict[Name, list[_Call]] = OrderedDict()

    def keep(self, name: Name, rows: Rows) -> None:
        """The person's call is over, and this is its sketch."""
        if not self._seconds or not len(rows):
            return
        kept = [*self._young(name), _Call(rows, self._clock())]
        while sum(len(call.rows) for call in kept) > EARLIER and len(kept) > 1:
            kept.pop(0)
        self._calls[name] = kept
        self._calls.move_to_end(name)
        if len(self._calls) > PEOPLE:
            self._calls.popitem(last=False)

    def known(self, name: Name) -> Rows:
        """(N, 8) of all that is kept of the person, oldest first; each call begins with a break."""
        found = [call.rows for call in self._young(name)]
        return np.concatenate(found) if found else np.empty((0, MODES), np.int8)

    def forget(self, name: Name) -> None:
        """The person was removed, or opted out."""
        self._calls.pop(name, None)

    def _young(self, name: Name) -> list[_Call]:
        since = self._clock() - self._seconds
        return [call for call in self._calls.get(name, []) if call.ended > since]

    async def follow(self, templates: Templates) -> None:
        """Forget what is too old, and who is not enrolled any more; runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            await self.look(templates)

    async def look(self, templates: Templates) -> None:
        """One such look. A gallery that cannot be read is asked again next time."""
        for name in list(self._calls):
            tenant, claim = name
            try:
                enrolled = await templates.current(claim, tenant) is not None
            except GalleryError:
                return
            if not enrolled or not self._young(name):
                self.forget(name)
