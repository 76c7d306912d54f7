"""What the gallery has of those who are claimed, kept up to date while streams run, for one model or the next."""

import asyncio

import structlog

from guard.core.capacity import Capacity
from guard.core.errors import GalleryError
from guard.core.verifier import Verifier
from guard.gallery.items import Enrolled
from guard.lookups import Templates
from guard.members import Member, same
from guard.worker import Worker

REFRESH = 5.0
"""Seconds between looks into the gallery for templates that were enrolled or removed meanwhile."""

log = structlog.get_logger()


class Claims:
    """Looks after the members of all calls, which Calls adds and removes."""

    def __init__(self, members: dict[str, Member], worker: Worker, templates: Templates) -> None:
        self._members = members
        self._worker = worker
        self._templates = templates

    async def follow(self) -> None:
        """Look until cancelled. Not by the clock of silent streams, which must not wait for a gallery."""
        while True:
            await asyncio.sleep(REFRESH)
            await self.refresh()

    async def refresh(self) -> None:
        """Hand what has changed to the streams. A gallery that cannot be read leaves them as they are."""
        try:
            await self._templates.probe()
            for key, member in list(self._members.items()):
                await self._refresh_opt_out(key, member)
                await self._refresh_template(key, member)
                await self._ask_whether_to_learn(key, member)
        except GalleryError:
            return  # noted, and looked at again next time

    async def _refresh_template(self, key: str, member: Member) -> None:
        claim, tenant = member.participant.claim, member.participant.tenant
        enrolled = await self._templates.current(claim, tenant)
        if claim != member.participant.claim:
            return  # another one was set meanwhile, with what is known of that
        if not same(enrolled, member.enrolled):
            member.enrolled = enrolled
            self._worker.set_template(key, enrolled)
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

    async def change_model(self, model_id: str, verifier: Verifier, capacity: Capacity) -> None:
        """Let another bundle judge everyone: newcomers at once, streams that run once its engine has seen their window.

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
            member.enrolled = templates[key]
        self._templates.model_id = model_id
        swapped = self._worker.swap(verifier, capacity, templates)
        await self.refresh()  # who has to be enrolled again is told so from the first verdict on
        await swapped
