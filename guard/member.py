"""A participant as the registry holds it."""

from dataclasses import dataclass, replace

import structlog

from guard.core.items import Floats
from guard.updates import Link, Participant

log = structlog.get_logger()


@dataclass(slots=True)
class Member:
    """A participant and what the clock needs to know of it."""

    participant: Participant
    # As last handed to the worker.
    template: Floats | None
    opted_out: bool
    # Presentation time of the newest frame and when it came; None before the first.
    newest: tuple[float, float] | None = None

    def stand(self, link: Link) -> bool:
        """Say how the video reaches the service; True when that is news."""
        former = self.participant.link
        if link is former:
            return False
        self.participant = replace(self.participant, link=link)
        log.info("link", stream=self.participant.key, link=link, former=former)
        return True
