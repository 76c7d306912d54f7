"""Lets the template of who has opted in follow how they change, by what calls show that were verified for long."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

import structlog

from guard.access.caller import Caller
from guard.audit.audit import Audit
from guard.core.errors import GuardError
from guard.core.items import FPS, Floats
from guard.core.scoring import directions
from guard.core.verifier import Settings
from guard.gallery.items import Reference
from guard.updates import Participant

log = structlog.get_logger()


class Adapter(Protocol):
    """What this needs of the gallery. May block, and raises GalleryError."""

    def adapt(self, name: str, model_id: str, reference: Reference, tenant: str, *, least: float) -> bool:
        """Add what may be added of the reference; whether anything was."""


class Adapting:
    """Takes what streams have learned when they leave. `ask` asks the gallery off the loop."""

    def __init__(
        self,
        gallery: Adapter,
        ask: Callable[[Callable[[], Any]], Awaitable[Any]],
        audit: Audit,
        model: Callable[[], Settings],
    ) -> None:
        self._gallery = gallery
        self._ask = ask
        self._audit = audit
        self._model = model
        self._running: set[asyncio.Task[None]] = set()  # bounded by how many streams leave within a few seconds

    def take(self, participant: Participant, embeddings: Floats) -> None:
        """Embeddings (N, 256) of a call that is over; those of a former model are of no use."""
        settings = self._model()
        if participant.verdict is None or participant.verdict.model_id != settings.model_id:
            return
        task = asyncio.create_task(self._add(participant, embeddings, settings))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _add(self, participant: Participant, embeddings: Floats, settings: Settings) -> None:
        horizon = max(settings.horizons)
        session = f"call of {datetime.now(UTC):%Y-%m-%d}"
        reference = Reference(directions(embeddings, settings.centre), len(embeddings) * horizon / FPS, session)
        try:
            added = await self._ask(partial(self._change, participant, settings, reference))
        except GuardError as error:
            log.warning("template not adapted", error=type(error).__name__)
            return
        log.info("template adapted" if added else "nothing to adapt")

    def _change(self, participant: Participant, settings: Settings, reference: Reference) -> bool:
        calibration = settings.calibration[max(settings.horizons)]
        least = -calibration.offset / calibration.slope  # the score that speaks for neither
        with self._audit.change("person.adapt", Caller("", participant.tenant), person=participant.claim):
            return self._gallery.adapt(participant.claim, settings.model_id, reference, participant.tenant, least=least)
