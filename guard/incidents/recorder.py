"""Follows the feed and makes incidents of it."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import structlog

from guard.core.decision import ACCUSATIONS
from guard.core.errors import GuardError, ReplacedError
from guard.core.items import SEEN_BEFORE, Decision, Gray, Verdict
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
class _Happening:
    """Something that has happened and is still being followed."""

    kind: str
    # Whose stream it was then, with the verdict; another claim may be made meanwhile.
    one: Participant
    time: float
    moment: datetime
    # The thresholds that held.
    policy: dict[str, float]
    # Verdicts that are still to come.
    left: int = AFTER
    # Of an accusation, where they are kept.
    pictures: list[Picture] = field(default_factory=list)

    @property
    def name(self) -> tuple[str, str]:
        """By which it is the same thing again: an accusation under another name is another one."""
        return self.kind, self.one.claim


@dataclass(slots=True)
class _Trail:
    """The newest verdicts of one stream."""

    verdicts: deque[Verdict] = field(default_factory=lambda: deque(maxlen=BEFORE + AFTER))
    # What is being followed, the oldest first: a recording, and soon after it an accusation.
    open: list[_Happening] = field(default_factory=list)
    # Until when, in stream time, the same thing again is no other one.
    quiet: dict[tuple[str, str], float] = field(default_factory=dict)
    # An accusation that waits for its mirror check; None while none does.
    waiting: _Happening | None = None

    def follow(self, new: _Happening) -> None:
        """Follow what has happened, unless it is the same thing again."""
        if not self.again(new):
            self.open.append(new)

    @property
    def followed(self) -> list[_Happening]:
        """All that is being followed, the accusation that waits too."""
        return self.open if self.waiting is None else [*self.open, self.waiting]

    def ended(self) -> list[_Happening]:
        """All that has happened by the time that the stream ends."""
        if self.waiting is not None:
            self.follow(self.waiting)
        return self.open

    def again(self, new: _Happening) -> bool:
        """Whether that has happened already, or not long ago."""
        return any(new.name == one.name for one in self.open) or new.time < self.quiet.get(new.name, new.time)


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
                for incident in self.take(update):
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

    def take(self, update: Update) -> list[Incident]:
        """Take one update; the incidents that are complete with it."""
        one, verdict = update.participant, update.participant.verdict
        if update.event is Event.LEFT:
            trail = self._trails.pop(one.key, None)
            if trail is None:
                return []
            if not isinstance(update.cause, ReplacedError | None):
                trail.waiting = None  # the network or the service ended it, so nobody got out of the check
            return [_made(each, trail) for each in trail.ended()]
        if verdict is None:
            return []
        trail = self._trails.setdefault(one.key, _Trail())
        before = trail.verdicts[-1] if trail.verdicts else None
        trail.verdicts.append(verdict)
        for each in trail.followed:
            each.left -= 1
        for kind in happened(before, verdict):
            trail.follow(self._happening(kind, one, verdict))
        self._wait(trail, one, verdict)
        self._look_at(trail.followed, one.key, verdict.time)
        return _completed(trail)

    def _happening(self, kind: str, one: Participant, verdict: Verdict) -> _Happening:
        return _Happening(kind, one, verdict.time, datetime.now(UTC), dict(self._policy(one.tenant)))

    def _wait(self, trail: _Trail, one: Participant, verdict: Verdict) -> None:
        """Note an accusation that waits: it has been reached, and nobody is rid of it by leaving or another claim."""
        if trail.waiting is not None and trail.waiting.one.claim != one.claim:
            trail.follow(trail.waiting)
            trail.waiting = None
        if not verdict.mirror_check_pending:
            trail.waiting = None
        elif trail.waiting is None:
            trail.waiting = self._happening(Decision.IMPOSTOR_SUSPECTED, one, verdict)

    def _look_at(self, happenings: Sequence[_Happening], key: str, time: float) -> None:
        """Have pictures taken of accusations, where they may be kept, when they are made and a little later."""
        for each in happenings:
            if self._look is not None and each.kind in ACCUSATIONS and each.left in (AFTER, AFTER - LATER):
                self._look(key, partial(_add, each.pictures, time))


def _completed(trail: _Trail) -> list[Incident]:
    """The incidents that nothing more is to come of; they are followed no longer."""
    done = [one for one in trail.open if one.left <= 0]
    trail.open = [one for one in trail.open if one.left > 0]
    now = trail.verdicts[-1].time
    trail.quiet = {name: until for name, until in trail.quiet.items() if until > now}
    trail.quiet |= {one.name: now + QUIET for one in done}
    return [_made(one, trail) for one in done]


def _made(happening: _Happening, trail: _Trail) -> Incident:
    one = happening.one
    return Incident(
        id=secrets.token_hex(16),
        tenant=one.tenant,
        kind=happening.kind,
        call=one.call,
        participant=one.participant,
        claim=one.claim,
        transport=one.transport,
        opened_at=one.opened_at,
        happened_at=happening.moment,
        time=happening.time,
        policy=happening.policy,
        trace=tuple(trail.verdicts),
        pictures=tuple(happening.pictures),
    )


def _add(pictures: list[Picture], time: float, newest: Gray) -> None:
    pictures += chosen(newest, time)


def happened(before: Verdict | None, verdict: Verdict) -> list[str]:
    """What a verdict tells that the one before did not: an accusation, a recording, or both."""
    accused = verdict.withheld or verdict.decision
    former = None if before is None else before.withheld or before.decision
    shown = None if before is None else before.reason
    kinds = [str(accused)] if accused in ACCUSATIONS and former is not accused else []
    return kinds + [str(verdict.reason)] * (verdict.reason in SEEN_BEFORE and shown is not verdict.reason)
