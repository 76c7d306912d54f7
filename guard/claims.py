"""Who is claimed to take part: what the gallery has of them, kept up to date while streams run, and another claim."""

import asyncio
from dataclasses import dataclass, replace

import structlog

from guard.access.limits import Limits
from guard.core.capacity import Capacity
from guard.core.errors import GalleryError, UnknownSourceError
from guard.core.items import Reason
from guard.core.recollection import Rows, nothing_moved
from guard.core.verifier import Verifier
from guard.gallery.items import Enrolled
from guard.lookups import Templates
from guard.members import Member, same, usable
from guard.motions import Motions
from guard.recalibration.thresholds import TenantThresholds
from guard.updates import Participant
from guard.worker import Worker

REFRESH = 5.0
"""Seconds between looks into the gallery for templates that were enrolled or removed meanwhile."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, eq=False)
class Claimed:
    """What the gallery has of who is claimed: see Member. `earlier` (N, 8) is how their calls and clips moved."""

    opted_out: bool
    enrolled: Enrolled | None
    missing: Reason
    earlier: Rows

    @property
    def nobody(self) -> bool:
        """Whether a name is not enrolled at all, of somebody who has not opted out either."""
        return self.enrolled is None and self.missing is Reason.NOT_ENROLLED and not self.opted_out


class Claims:
    """Looks after the members of all calls, which Calls adds and removes."""

    def __init__(
        self,
        members: dict[str, Member],
        worker: Worker,
        templates: Templates,
        tenants: TenantThresholds,
        motions: Motions,
        limits: Limits,
    ) -> None:
        self._members = members
        self._worker = worker
        self._templates = templates
        # Whose thresholds are not the model's; changed once everybody is judged by another model.
        self.tenants = tenants
        self._motions = motions
        self._limits = limits

    async def follow(self) -> None:
        """Look until cancelled. Not by the clock of silent streams, which must not wait for a gallery."""
        while True:
            await asyncio.sleep(REFRESH)
            await self.refresh()

    async def refresh(self) -> None:
        """Hand what has changed to the streams. A gallery that cannot be read leaves them as they are."""
        try:
            await self._templates.probe()
            await self.tenants.refresh()
            self._refresh_thresholds()
            for key, member in list(self._members.items()):
                await self._refresh_opt_out(key, member)
                await self._refresh_template(key, member)
                await self._ask_whether_to_learn(key, member)
        except GalleryError:
            return  # noted, and looked at again next time

    def _refresh_thresholds(self) -> None:
        for key, member in self._members.items():
            thresholds = self.tenants.of(member.participant.tenant)
            if thresholds != member.thresholds:
                member.thresholds = thresholds
                self._worker.set_thresholds(key, thresholds)

    async def _refresh_template(self, key: str, member: Member) -> None:
        claim, tenant = member.participant.claim, member.participant.tenant
        enrolled = await self._templates.current(claim, tenant)
        if claim != member.participant.claim:
            return  # another one was set meanwhile, with what is known of that
        if not same(enrolled, member.enrolled):
            member.enrolled = enrolled
            self._worker.set_template(key, enrolled)
            await self._remember(key, member)
            log.info("template changed", stream=key, enrolled=enrolled is not None)
        missing = member.missing if enrolled is not None else await self._templates.missing(claim, tenant)
        if missing is not member.missing:
            member.missing = missing
            self._worker.set_missing(key, missing)

    async def _ask_whether_to_learn(self, key: str, member: Member) -> None:
        if member.enrolled is not None and not member.asked:
            if await self._templates.adapts(member.participant.claim, member.participant.tenant):
                self._worker.learn(key)
            member.asked = True

    async def _refresh_opt_out(self, key: str, member: Member) -> None:
        opted_out = await self._templates.opted_out(member.participant.claim, member.participant.tenant)
        if opted_out != member.opted_out:
            member.opted_out = opted_out
            self._worker.set_opted_out(key, opted_out)
            log.info("opt-out changed", stream=key, opted_out=opted_out)
            await self._remember(key, member)

    async def known(self, claim: str, tenant: str) -> Claimed:
        """All that a stream is to know of who is claimed, "" for nobody. Raises GalleryError."""
        templates = self._templates
        opted_out, enrolled = await templates.opted_out(claim, tenant), await templates.current(claim, tenant)
        missing = Reason.NOT_ENROLLED if enrolled is not None else await templates.missing(claim, tenant)
        return Claimed(opted_out, enrolled, missing, await self._earlier(claim, tenant))

    async def set_claim(self, key: str, claim: str) -> Participant:
        """The participant claims this from now on: what is known of the person claimed before does not count.

        Raises ClaimError, GalleryError, RateError, LockedError; UnknownSourceError when it has left.
        """
        claim = usable("claim", claim) if claim else ""
        member = self._members.get(key)
        if claim and member is not None and member.asks:
            self._limits.open(member.caller, claim)
        known = await self.known(claim, member.participant.tenant if member is not None else "")
        if (member := self._members.get(key)) is None:
            raise UnknownSourceError("participant", "has left")
        member.end_claim(self._limits)
        member.participant = replace(member.participant, claim=claim, verdict=None)
        member.enrolled, member.opted_out, member.missing = known.enrolled, known.opted_out, known.missing
        member.asked = member.suspected = False
        member.reclaims, member.claims = member.reclaims + 1, member.claims + 1
        self.note_failed(member, known)
        member.proven = False  # what this call shows is of more than one claim
        self._worker.set_missing(key, known.missing)
        alone, done = member.continuity and not claim, member.reclaimed
        self._worker.reclaim(key, known.enrolled, opted_out=known.opted_out, continuity=alone, done=done)
        self._worker.remember(key, known.earlier)
        return member.participant

    def note_failed(self, member: Member, known: Claimed) -> None:
        """Count the present claim against the caller who makes it, if it is of nobody."""
        if member.participant.claim and known.nobody and member.asks:
            self._limits.failed(member.caller, member.participant.claim, member.attempt)

    async def _earlier(self, claim: str, tenant: str) -> Rows:
        return await self._motions.known(tenant, claim, self._templates) if claim else nothing_moved()

    async def _remember(self, key: str, member: Member) -> None:
        """Compare with what is known of the claimed person's motion by now, unless they claim another one meanwhile."""
        claim = member.participant.claim
        earlier = await self._earlier(claim, member.participant.tenant)
        if claim == member.participant.claim:
            self._worker.remember(key, earlier)

    async def change_model(
        self, model_id: str, verifier: Verifier, capacity: Capacity, tenants: TenantThresholds
    ) -> None:
        """Let another bundle judge everyone: newcomers at once, streams that run once its engine has seen their window.

        `tenants` are the thresholds of its model.
        Raises GalleryError, with nothing changed, when the templates of its model cannot be read.
        """
        templates: dict[str, Enrolled | None] = {}
        while missing := self._members.keys() - templates.keys():
            for key in missing:
                member = self._members.get(key)
                claim, tenant = (member.participant.claim, member.participant.tenant) if member else ("", "")
                templates[key] = await self._templates.of_model(model_id, claim, tenant)
        templates = {key: templates[key] for key in self._members}
        for key, member in self._members.items():
            member.enrolled, member.thresholds = templates[key], tenants.of(member.participant.tenant)
        self._templates.model_id, self.tenants = model_id, tenants
        thresholds = {key: member.thresholds for key, member in self._members.items()}
        swapped = self._worker.swap(verifier, capacity, templates, thresholds)
        await self.refresh()  # who has to be enrolled again is told so from the first verdict on
        await swapped
