"""Enrols people for another model from the pictures that are kept of their references, without asking them again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

import structlog

from guard.access.caller import NOBODY, Caller
from guard.audit.audit import Audit
from guard.core.errors import GuardError
from guard.core.items import Cut, Frame
from guard.core.scoring import directions
from guard.enrolment.clips import Clip, Windows
from guard.gallery.items import Crops, Person, Reference
from guard.model import Model

Ask = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs something that may block, off the loop."""

log = structlog.get_logger()


class Source(Protocol):
    """What this needs of the gallery. Everything may block, and raises GalleryError."""

    def to_reembed(self, model_id: str) -> list[tuple[str, str]]:
        """Tenant and name of everybody whose pictures are kept, and who has no template for this model."""

    def crops(self, name: str, tenant: str) -> list[Crops]:
        """The pictures that are kept of a person, clip by clip."""

    def reembed(self, tenant: str, name: str, model_id: str, references: Sequence[Reference]) -> Person:
        """Add a template for this model."""


class Reembedding:
    """Runs beside live streams: `beside` steps the engine when they leave it room, `ask` asks the gallery."""

    def __init__(self, gallery: Source, beside: Ask, ask: Ask, audit: Audit) -> None:
        self._gallery = gallery
        self._beside = beside
        self._ask = ask
        self._audit = audit
        self._running: asyncio.Task[None] | None = None

    def begin(self, model: Model) -> None:
        """Go through everybody for this model, in place of the one before."""
        self.stop()
        self._running = asyncio.create_task(self.run(model))

    def stop(self) -> None:
        """Leave the rest until the next time."""
        if self._running is not None:
            self._running.cancel()

    async def run(self, model: Model) -> None:
        """Enrol everybody who can be; one whose turn fails is passed over until the next time."""
        done = 0
        try:
            for tenant, name in await self._ask(partial(self._gallery.to_reembed, model.settings.model_id)):
                done += await self._one(tenant, name, model)
        except GuardError as error:
            log.warning("people not enrolled for this model", error=type(error).__name__)
        if done:
            log.info("people enrolled from kept pictures", people=done, model_id=model.settings.model_id)

    async def _one(self, tenant: str, name: str, model: Model) -> bool:
        try:
            clips = await self._ask(partial(self._gallery.crops, name, tenant))
            references = [one for one in [await self._reference(clip, model) for clip in clips] if one is not None]
            if references:
                await self._ask(partial(self._keep, tenant, name, model, references))
        except GuardError as error:
            log.warning("somebody not enrolled for this model", error=type(error).__name__)
            return False
        return bool(references)

    def _keep(self, tenant: str, name: str, model: Model, references: Sequence[Reference]) -> None:
        with self._audit.change("person.reembed", Caller(NOBODY.subject, tenant), person=name):
            self._gallery.reembed(tenant, name, model.settings.model_id, references)

    async def _reference(self, crops: Crops, model: Model) -> Reference | None:
        """What the model makes of a clip; None when nothing in it can be used."""
        windows, clip = Windows(model.engine, model.settings), Clip("kept", crops.session)
        for frame in frames_of(crops):
            if isinstance(frame, Cut):
                windows.cut(frame)
            else:
                clip.windows += await self._beside(partial(windows.take, frame))
        if not clip.usable:
            return None
        embeddings = directions(clip.embeddings, model.settings.centre)
        return Reference(embeddings, clip.seconds, clip.session, motion=windows.motion)


def frames_of(crops: Crops) -> Iterator[Frame | Cut]:
    """The frames and cuts as they came."""
    for number, (pixels, time) in enumerate(zip(crops.pixels, crops.times, strict=True)):
        if number in crops.cuts:
            yield Cut.GAP
        yield Frame(pixels, time)
