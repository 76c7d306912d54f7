"""Another bundle for streams that run: each changes over once the new engine has seen its window."""

import asyncio
from collections import deque
from functools import partial

from guard.core.items import Thresholds
from guard.core.takeover import Takeover
from guard.core.verifier import Verifier
from guard.enginethreads import EngineThreads
from guard.gallery.items import Enrolled
from guard.lane import Lane, compared_with

PORTION = 8
"""Frames that the new engine is shown at a time: some 15 ms between two steps of live frames."""
PACE = 0.1
"""Seconds after which live frames let a portion through: three times as many frames as arrive meanwhile."""


class Swap:
    """A bundle on its way in. `done` resolves when every stream has changed over."""

    def __init__(
        self, verifier: Verifier, templates: dict[str, Enrolled | None], thresholds: dict[str, Thresholds | None]
    ) -> None:
        self._verifier = verifier
        # The new model's templates of the streams that have not changed over, by key.
        self.templates = templates
        # And the thresholds by which they are judged; None: the new model's.
        self.thresholds = thresholds
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line = deque(templates)
        self._takeover: Takeover | None = None  # of the first in line
        self._shown_at = float("-inf")

    async def run(self, engine: EngineThreads, lanes: dict[str, Lane], now: float, *, idle: bool) -> bool:
        """Go on if it is the new engine's turn: nothing else waits, or it was kept waiting. True once all is done."""
        if not (idle or now - self._shown_at >= PACE):
            return False
        self._shown_at = now
        takeover = self._advance(lanes)
        if takeover is not None:
            await engine.run([partial(takeover.catch_up, PORTION)])
        return takeover is None

    def _advance(self, lanes: dict[str, Lane]) -> Takeover | None:
        """Change over whoever is ready; the takeover that is to catch up next, None when all have changed over."""
        while self._line:
            lane = lanes.get(self._line[0])
            if lane is not None and self._takeover is None:
                self._takeover = Takeover(lane.stream, self._verifier)
            if lane is not None and self._takeover is not None:
                if self._takeover.behind:
                    return self._takeover
                lane.stream = self._takeover.finish(*compared_with(self.templates[self._line[0]]))
                lane.verifier = self._verifier
                self._verifier.set_thresholds(lane.stream, self.thresholds.get(self._line[0]))
            del self.templates[self._line.popleft()]
            self._takeover = None
        if not self.done.done():
            self.done.set_result(None)
        return None
