"""Follows the feed and makes incidents of it."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import structlog

from guard.core.decision import ACCUSATIONS
from guard.core.errors import GuardError
from guard.core.items import SEEN_BEFORE, Gray, Verdict
from guard.feed import Feed
from guard.incidents.items import Incident
from guard.incidents.pictures import Look, Picture, chosen
from guard.metrics import Metrics
from guard.updates import Event, Participant, Update

BEFORE, AFTER = 300, 100
"""Verdicts around what happened: a minute and 20 s at five a second."""
LATER = 25
"""Verdicts after an accusation at which pictures are taken once more, 5 s."""
WAITING = 64
"""Incidents that wait for the gallery; a newer one is lost behind them, and the log says so."""
QUIET = 60.0
"""Seconds of stream time after an incident in which the same thing again is no other one."""

log = structlog.get_logger()


@dataclass(slots=True)
class _Trail:
    """The newest verdicts of one stream."""

    verdicts: deque[Verdict] = field(default_factory=lambda: deque(maxlen=BEFORE + AFTER))
    # What has happened and is still being followed; None when nothing is.
    kind: str | None = None
    time: float = 0.0
    moment: datetime | None = None
    # Verdicts that are still to come.
    left: int = 0
    # Of an accusation, where they are kept.
    pictures: list[Picture] = field(default_factory=list)
    # What happened last, and at which stream time.
    last: tuple[str, float] | None = None


class Recorder:
    """Holds the last minute of every stream; `keep` is given each incident once 20 s more have passed."""

    def __init__(
        self,
        keep: Callable[[Incident], None],
        policy: Callable[[str], Mapping[str, float]],
        metrics: Metrics,
        look: Look | None = None,
    ) -> None:
        self._keep = keep
        self._policy = policy
        self._metrics = metrics
        self._look = look  # at the pictures of an accusation; None: they are nobody's to see
        self._trails: dict[str, _Trail] = {}
        self._waiting: asyncio.Queue[Incident] = asyncio.Queue(WAITING)

    async def follow(self, feed: Feed) -> None:
        """Watch the feed; runs until cancelled or the feed ends."""
        with feed.watch(lambda update: update.event in (Event.VERDICT, Event.LEFT)) as watcher:
            async for update in watcher:
                if (incident := self.take(update)) is not None:
                    self._queue(incident)

    def _queue(self, incident: Incident) -> None:
        self._metrics.incidents.labels(incident.kind).inc()
        try:
            self._waiting.put_nowait(incident)
        except asyncio.QueueFull:
            log.error("incident lost: the gallery does not take it", incident=incident.id)

    async def write(self) -> None:
        """Hand incidents on, off the loop; runs until cancelled. One that cannot be kept is lost, as the log says."""
        while True:
            incident = await self._waiting.get()
            try:
                await asyncio.to_thread(self._keep, incident)
            except GuardError as error:
                log.error("incident lost", incident=incident.id, error=str(error))

    def take(self, update: Update) -> Incident | None:
        """Take one update; an incident when one is complete with it."""
        one, verdict = update.participant, update.participant.verdict
        if update.event is Event.LEFT:
            trail = self._trails.pop(one.key, None)
            return None if trail is None or trail.kind is None else self._made(one, trail)
        if verdict is None:
            return None
        trail = self._trails.setdefault(one.key, _Trail())
        before = trail.verdicts[-1] if trail.verdicts else None
        trail.verdicts.append(verdict)
        trail.left -= 1
        kind = happened(before, verdict)
        if trail.kind is None and kind is not None and not _again(trail, kind, verdict.time):
            trail.kind, trail.time, trail.moment, trail.left = kind, verdict.time, datetime.now(UTC), AFTER
            trail.pictures = []
        if self._look is not None and trail.kind in ACCUSATIONS and trail.left in (AFTER, AFTER - LATER):
            self._look(one.key, partial(_add, trail.pictures, verdict.time))
        if trail.kind is None or trail.left > 0:
            return None
        return self._made(one, trail)

    def _made(self, one: Participant, trail: _Trail) -> Incident:
        assert trail.kind is not None
        assert trail.moment is not None
        incident = Incident(
            id=secrets.token_hex(16),
            tenant=one.tenant,
            kind=trail.kind,
            call=one.call,
            participant=one.participant,
            claim=one.claim,
            transport=one.transport,
            opened_at=one.opened_at,
            happened_at=trail.moment,
            time=trail.time,
            policy=dict(self._policy(one.tenant)),
            trace=tuple(trail.verdicts),
            pictures=tuple(trail.pictures),
        )
        trail.last, trail.kind = (trail.kind, trail.verdicts[-1].time), None
        return incident


def _add(pictures: list[Picture], time: float, newest: Gray) -> None:
    pictures += chosen(newest, time)


def happened(before: Verdict | None, verdict: Verdict) -> str | None:
    """What a verdict tells that the one before did not: an accusation, or a recording."""
    accused = verdict.withheld or verdict.decision
    former = None if before is None else before.withheld or before.decision
    if accused in ACCUSATIONS and former is not accused:
        return str(accused)
    shown = None if before is None else before.reason
    return str(verdict.reason) if verdict.reason in SEEN_BEFORE and shown is not verdict.reason else None


def _again(trail: _Trail, kind: str, time: float) -> bool:
    return trail.last is not None and trail.last[0] == kind and time - trail.last[1] < QUIET
