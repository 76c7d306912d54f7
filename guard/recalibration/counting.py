"""Counts for how long each tenant's participants are scored, and how many false accusations that lets expect."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import structlog

from guard.core.decision import ACCUSATIONS
from guard.core.errors import GuardError
from guard.core.items import Verdict
from guard.core.recalibration import Rates
from guard.feed import Feed
from guard.recalibration.items import Exposure
from guard.updates import Event, Update

EVERY = 60.0
"""Seconds between two times at which what was counted is kept: as much is lost with a process that dies."""
BRIDGED = 1.0
"""Seconds of stream time between two scored verdicts that count as scored; a verdict is due every 0.2 s."""

log = structlog.get_logger()


class Counting:
    """Follows the feed. `add` keeps what was counted, and may block; `rates` are a tenant's, by what holds now."""

    def __init__(
        self,
        add: Callable[[Sequence[Exposure]], None],
        rates: Callable[[str], Rates | None],
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._add = add
        self._rates = rates
        self._today = today
        # Stream time of the newest verdict of each stream that was scored and accused of nothing.
        self._last: dict[str, float] = {}
        # Seconds and expected accusations that are not kept yet, by tenant, model and day: bounded by these.
        self._counted: dict[tuple[str, str, date], tuple[float, float]] = {}

    async def follow(self, feed: Feed) -> None:
        """Watch the feed; runs until cancelled or the feed ends."""
        with feed.watch(lambda update: update.event is not Event.JOINED) as watcher:
            async for update in watcher:
                self.take(update)

    def take(self, update: Update) -> None:
        """Take one update."""
        one, verdict = update.participant, update.participant.verdict
        if update.event is Event.LEFT or verdict is None or not _counts(verdict):
            self._last.pop(one.key, None)
            return
        passed = min(BRIDGED, verdict.time - self._last.get(one.key, verdict.time))
        self._last[one.key] = verdict.time
        rates = self._rates(one.tenant)
        if rates is None or passed <= 0:
            return
        rate = rates.followed if verdict.llr is None else rates.claimed
        key = one.tenant, verdict.model_id, self._today()
        seconds, expected = self._counted.get(key, (0.0, 0.0))
        self._counted[key] = seconds + passed, expected + passed / 3600 * rate

    async def write(self) -> None:
        """Keep what was counted, now and then and off the loop; runs until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await asyncio.to_thread(self.flush)

    def flush(self) -> None:
        """Keep what was counted so far. What cannot be kept waits for the next time."""
        counted, self._counted = self._counted, {}
        if not counted:
            return
        try:
            self._add([Exposure(*key, seconds, expected) for key, (seconds, expected) in counted.items()])
        except GuardError as error:
            log.warning("participant-hours not kept yet", error=type(error).__name__)
            for key, (seconds, expected) in counted.items():
                now = self._counted.get(key, (0.0, 0.0))
                self._counted[key] = now[0] + seconds, now[1] + expected


def _counts(verdict: Verdict) -> bool:
    """Whether the stream was scored, and could still be accused: who is accused cannot be a second time."""
    return verdict.score is not None and (verdict.withheld or verdict.decision) not in ACCUSATIONS
