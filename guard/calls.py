"""Who takes part in which call: joins, leaves, and the clock of silent streams."""

import asyncio
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import structlog

from guard.access.caller import DEFAULT_TENANT, current
from guard.access.limits import Limits
from guard.access.settings import LimitSettings
from guard.claims import Claims
from guard.core.errors import CapacityError, DrainingError, GuardError, InputError, ReplacedError, SourceError
from guard.core.items import Cut, Floats, Frame, Verdict
from guard.feed import Feed
from guard.lookups import Templates, TemplateSource
from guard.members import ASKING, Member, usable
from guard.metrics import Metrics
from guard.motions import Motions
from guard.recalibration.thresholds import TenantThresholds
from guard.updates import Event, Link, Participant, Update
from guard.worker import Worker

DEFAULT_CALL = "default"
SILENCE = 1.0
"""Seconds without a frame after which the stream is told that time passes."""
FLUSH = 2.0
"""Seconds that a closing stream's waiting frames may take to become verdicts."""

log = structlog.get_logger()


class Calls:
    """The registry of participants. Once joined, a source of frames needs no more than `offer`, `cut` and `leave`.
    With `look`, faces are looked for in pictures whose sender does not say where they are."""

    def __init__(
        self,
        worker: Worker,
        gallery: TemplateSource,
        feed: Feed,
        metrics: Metrics,
        *,
        model_id: str,
        max_streams: int | None,
        look: bool = True,
        limits: Limits | None = None,
        continuity: bool = False,
        motions: Motions,
        tenants: TenantThresholds | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._worker = worker
        self._feed = feed
        self._metrics = metrics
        self.templates = Templates(gallery, model_id, metrics)
        self._max_streams = max_streams
        self._look = look
        self._limits = limits or Limits(LimitSettings(), clock)
        self._continuity = continuity
        self._clock = clock
        self._members: dict[str, Member] = {}
        self.motions = motions
        self.learned: Callable[[Participant, Floats], None] = lambda participant, embeddings: None
        tenants = tenants or TenantThresholds(model_id, None)
        self.claims = Claims(self._members, worker, self.templates, tenants, motions, self._limits)
        self.draining = asyncio.Event()  # set once nothing new is taken

    async def join(
        self,
        *,
        call: str,
        participant: str,
        claim: str,
        transport: str,
        tenant: str = DEFAULT_TENANT,
        continuity: bool | None = None,
        replaces: bool = True,
    ) -> Participant:
        """A new stream of a participant. One of the same name in the same call is replaced: it is the same, come back.

        Not so without `replaces`, for who is known by a name that anybody can take: SourceError then.
        `continuity` compares the call with its own opening while nobody is claimed; None: as the policy says.
        Raises InputError when the model cannot do that, ClaimError for a name that cannot be used, RateError,
        LockedError, CapacityError, DrainingError, GalleryError.
        """
        call = usable("call", call or DEFAULT_CALL)
        participant = usable("participant", participant)
        claim = usable("claim", claim) if claim else ""
        followed = self._continuity if continuity is None else continuity
        if continuity and not self._worker.follows:
            raise InputError("continuity", "is beyond the service's model", "leave it out")
        caller = current.get()
        try:
            self._limits.open(caller, claim if transport in ASKING else "")
            known = await self.claims.known(claim, tenant)
            self._admit(tenant, call, participant, replaces=replaces)
        except GuardError as error:
            self._metrics.count_refusal(error)
            raise
        key = secrets.token_hex(8)
        names = (call, participant, claim)
        joined = Participant(key, *names, transport, datetime.now(UTC), tenant=tenant, subject=caller.subject)
        alone, thresholds = followed and not claim, self.claims.tenants.of(tenant)
        self._worker.open(key, known.enrolled, opted_out=known.opted_out, continuity=alone, thresholds=thresholds)
        self._worker.set_missing(key, known.missing)
        self._worker.remember(key, known.earlier)
        member = Member(joined, known.enrolled, known.opted_out, thresholds, known.missing, followed)
        self._members[key] = member
        self.claims.note_failed(member, known)
        self._metrics.streams_open.labels(transport).inc()
        self._tell(Update(Event.JOINED, joined))
        log.info("stream opened", stream=key, transport=transport, enrolled=known.enrolled is not None)
        return joined

    def _admit(self, tenant: str, call: str, participant: str, *, replaces: bool) -> None:
        """Make room for the participant, or raise."""
        self.check_open()
        former = self.stream_of(tenant, call, participant)
        if former is not None and not replaces:
            raise SourceError("participant", "has the name of another stream of the call")
        if former is not None:
            self.leave(former, ReplacedError())
        admitted = self._worker.duty.capacity.admitted
        if self._max_streams is not None:
            admitted = min(admitted, self._max_streams)
        if len(self._members) >= admitted:
            raise CapacityError(f"all {admitted} streams are taken", retry_after=5.0)

    def check_open(self) -> None:
        """Raises DrainingError once nothing new is taken."""
        if self.draining.is_set():
            raise DrainingError

    def stream_of(self, tenant: str, call: str, participant: str) -> str | None:
        """The key of the stream that the participant has in the call; None when there is none. ClaimError."""
        names = tenant, usable("call", call or DEFAULT_CALL), usable("participant", participant)
        for key, member in self._members.items():
            one = member.participant
            if (one.tenant, one.call, one.participant) == names:
                return key
        return None

    def present(self, key: str) -> bool:
        """Whether the stream has not left."""
        return key in self._members

    def newest(self, key: str) -> Verdict | None:
        """The stream's last verdict; None before the first, and of one that has left."""
        member = self._members.get(key)
        return member.participant.verdict if member is not None else None

    def suspected(self, key: str) -> bool:
        """Whether the stream's participant stands accused, be it that nothing can be measured now."""
        member = self._members.get(key)
        return member is not None and member.suspected

    def enrolled(self, key: str) -> bool:
        """Whether the stream's claimed person has a template."""
        member = self._members.get(key)
        return member is not None and member.enrolled is not None

    def looks(self, key: str) -> bool:
        """Whether a face may be looked for in the stream's pictures: not of who opted out. From any thread."""
        member = self._members.get(key)
        return self._look and member is not None and not member.opted_out

    def offer(self, key: str, frame: Frame, at: float) -> None:
        """A frame came for this stream at `at` seconds of the monotonic clock; never waits.

        Frames of a stream that has left are counted and dropped, and so are those that come while all streams end.
        """
        if self.draining.is_set():
            self._metrics.frames_dropped.labels("closed").inc()
            return
        if member := self._members.get(key):
            member.newest = frame.time, at
            self._stand(member, Link.FLOWING)
            self._metrics.frames_received.labels(member.participant.transport).inc()
        self._worker.offer(key, frame, at)

    def cut(self, key: str, cut: Cut, lost: int = 0) -> None:
        """The next frame does not continue the last one; `lost` frames between them were dropped at the source."""
        if member := self._members.get(key):
            self._metrics.frames_received.labels(member.participant.transport).inc(lost)
            self._metrics.frames_dropped.labels("overflow").inc(lost)
        self._worker.cut(key, cut)

    def connected(self, key: str) -> None:
        """The stream's connection has come about; no frame has come over it yet."""
        if member := self._members.get(key):
            self._stand(member, Link.CONNECTED)

    def disconnected(self, key: str) -> None:
        """The stream's connection is lost, which ends the run, and it is waited for another one."""
        if member := self._members.get(key):
            self._worker.cut(key, Cut.GAP)
            self._stand(member, Link.RECONNECTING)

    def _stand(self, member: Member, link: Link) -> None:
        if member.stand(link):
            self._tell(Update(Event.LINK, member.participant))

    async def room(self, key: str) -> None:
        """Hold back a sender that can be held back until the stream takes another frame, but not for ever."""
        await self._worker.room(key)

    def leave(self, key: str, cause: GuardError | None = None) -> None:
        """The stream is over; `cause` when that was not its own wish. Leaving twice is nothing."""
        member = self._members.pop(key, None)
        if member is None:
            return
        member.end_claim(self._limits)
        # A stream that was made to leave teaches nothing.
        learned = partial(self.learned, member.participant) if cause is None else None
        name = member.participant.tenant, member.participant.claim
        self._worker.close(key, learned, partial(self.motions.keep, *name) if member.proven else None)
        member.stand(Link.ENDED)
        self._metrics.streams_open.labels(member.participant.transport).dec()
        self._tell(Update(Event.LEFT, member.participant, cause))
        log.info("stream closed", stream=key, cause=type(cause).__name__ if cause else None)

    async def finish(self, key: str, cause: GuardError | None = None) -> None:
        """Leave once the frames that wait have become verdicts; `cause` when that was not the stream's own wish."""
        await self._flush(FLUSH, key)
        self.leave(key, cause)

    async def drain(self, seconds: float) -> None:
        """Take nobody and no frame any more, let what has arrived become verdicts in time, and close every stream."""
        self.draining.set()
        await self._flush(seconds, *self._members)
        self.close_all(DrainingError())

    def close_all(self, cause: GuardError) -> None:
        """Close every stream now."""
        self.draining.set()
        for key in list(self._members):
            self.leave(key, cause)

    async def _flush(self, seconds: float, *keys: str) -> None:
        try:
            await asyncio.wait_for(self._worker.rest(*keys), seconds)
        except TimeoutError:
            log.warning("streams closed before all their frames were scored", streams=len(keys))

    def publish(self, key: str, verdict: Verdict) -> None:
        """A verdict of the worker, for all who watch."""
        member = self._members.get(key)
        if member is not None and not member.reclaims:  # else it is of the person who was claimed before
            member.see(verdict)
            if verdict.decision_changed and member.asks:
                self._limits.decided(member.caller, member.participant.claim, member.attempt, verdict.decision)
            self._tell(Update(Event.VERDICT, member.participant))

    def _tell(self, update: Update) -> None:
        if not update.ordinary:
            self._metrics.count_participants(member.decision for member in self._members.values())
            self._metrics.count_links(member.participant.link for member in self._members.values())
        self._feed.publish(update)

    def participants(self, call: str = "", tenant: str = DEFAULT_TENANT) -> list[Participant]:
        """The tenant's participants of `call`, or of all its calls, in the order in which they joined."""
        present = [member.participant for member in self._members.values() if member.participant.tenant == tenant]
        return [participant for participant in present if call in ("", participant.call)]

    async def keep_time(self) -> None:
        """Tell silent streams that time passes; runs until cancelled."""
        while True:
            await asyncio.sleep(SILENCE)
            self.tick()

    def tick(self) -> None:
        """Tell each stream that has been silent which stream time it is by now."""
        now = self._clock()
        for key, member in self._members.items():
            if member.newest is not None and now - member.newest[1] >= SILENCE:
                time, at = member.newest
                if member.participant.link is Link.FLOWING:
                    self._stand(member, Link.STALLED)
                self._worker.elapse(key, time + now - at)
