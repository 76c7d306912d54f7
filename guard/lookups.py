"""What a service reads of its gallery: templates of the present model, and whether it can be read at all."""

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

import structlog

from guard.access.caller import DEFAULT_TENANT
from guard.core.errors import GalleryError, SettingsError
from guard.core.items import Reason
from guard.daemoncalls import DaemonCalls
from guard.gallery.items import Enrolled
from guard.metrics import Metrics

ANSWERS_WITHIN = 10.0
"""Seconds after which a gallery that has not answered counts as one that cannot be read."""
PLACES = 4
"""Questions to the gallery at once."""
PROBE = "probe"
"""A name to look up when nobody claims one, to see whether a gallery that could not be read is back."""

Answer = TypeVar("Answer")
log = structlog.get_logger()


class TemplateSource(Protocol):
    """What a service needs of the gallery."""

    def enrolled(self, name: str, model_id: str, tenant: str) -> Enrolled | None:
        """The template that a tenant enrolled under `name` for this model, or None. May block; off the loop."""

    def outdated(self, name: str, model_id: str, tenant: str) -> bool:
        """Whether the tenant's person of this name has a template for other models only. May block; off the loop."""

    def adapts(self, name: str, tenant: str) -> bool:
        """Whether the person has agreed that calls change their template. May block; off the loop."""

    def opted_out(self, name: str, tenant: str) -> bool:
        """Whether the person does not want to be verified. May block; off the loop."""


class Templates:
    """Reads a gallery off the loop. `up` is whether it could be read last time: a state with a way back.

    Methods raise GalleryError when it cannot be read or does not answer.
    """

    def __init__(self, gallery: TemplateSource, model_id: str, metrics: Metrics) -> None:
        self._gallery = gallery
        self._metrics = metrics
        self.calls = DaemonCalls(PLACES)
        # Whose templates `current` reads; changed once everybody is judged by another model.
        self.model_id = model_id
        self.up = True

    async def current(self, claim: str, tenant: str) -> Enrolled | None:
        """The template of the present model, also when that changes while the gallery is read."""
        while True:
            model_id = self.model_id
            enrolled = await self.of_model(model_id, claim, tenant)
            if model_id == self.model_id:
                return enrolled

    async def of_model(self, model_id: str, claim: str, tenant: str) -> Enrolled | None:
        """The template of the named model; None when there is none, and of who claims nothing."""
        return await self._ask(self._gallery.enrolled, claim, model_id, tenant) if claim else None

    async def missing(self, claim: str, tenant: str) -> Reason:
        """Why there is no template of the present model: nobody is enrolled under this name, or for another model."""
        outdated = bool(claim) and await self._ask(self._gallery.outdated, claim, self.model_id, tenant)
        return Reason.NEEDS_REENROLMENT if outdated else Reason.NOT_ENROLLED

    async def adapts(self, claim: str, tenant: str) -> bool:
        """Whether the claimed person's template may follow how they change."""
        return await self._ask(self._gallery.adapts, claim, tenant)

    async def opted_out(self, claim: str, tenant: str) -> bool:
        """Whether the claimed person does not want to be verified; False for who claims nothing."""
        return bool(claim) and await self._ask(self._gallery.opted_out, claim, tenant)

    async def _ask(self, question: Callable[..., Answer], *about: str) -> Answer:
        try:
            answer = await answer_in_time(self.calls, lambda: question(*about))
        except GalleryError:
            self._note(up=False)
            raise
        self._note(up=True)
        return answer

    def close(self) -> None:
        """End the threads that read."""
        self.calls.close()

    async def probe(self) -> None:
        """See whether a gallery that could not be read is back, though nobody asks for a template."""
        if not self.up:
            await self.of_model(self.model_id, PROBE, DEFAULT_TENANT)

    def _note(self, *, up: bool) -> None:
        if up is not self.up:
            log.warning("gallery can be read again" if up else "gallery cannot be read")
        self.up = up
        self._metrics.gallery_up.set(up)


async def answer_in_time(calls: DaemonCalls, question: Callable[[], Answer]) -> Answer:
    """What the gallery answers to `question`, which may block for ever. What was asked may be done all the same.

    Raises what the question raises, and GalleryError when no answer comes within ANSWERS_WITHIN.
    """
    try:
        async with asyncio.timeout(ANSWERS_WITHIN):  # wait_for would lose a cancellation that comes with the answer
            return await calls.run(question)
    except TimeoutError:
        raise GalleryError(f"gallery: does not answer within {ANSWERS_WITHIN:g} s") from None
    except SettingsError as error:  # of a source of keys that has gone
        raise GalleryError(str(error)) from error
