"""What the service tells about its participants, whoever listens."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from guard.access.caller import DEFAULT_TENANT
from guard.core.errors import GuardError
from guard.core.items import Verdict


class Link(StrEnum):
    """How a participant's video reaches the service now. Connected is not flowing: only frames make it that."""

    CONNECTING = "CONNECTING"
    CONNECTED = "CONNECTED"
    FLOWING = "FLOWING"
    STALLED = "STALLED"
    RECONNECTING = "RECONNECTING"
    ENDED = "ENDED"


class Event(StrEnum):
    """What happened to a participant."""

    JOINED = "JOINED"
    VERDICT = "VERDICT"
    LINK = "LINK"
    LEFT = "LEFT"


@dataclass(frozen=True, slots=True)
class Participant:
    """One participant of one call as it is now.

    `key` is random and names the stream inside the service; logs may hold it, and none of the names. `claim` is empty
    when nobody is claimed. `transport` is "grpc" or "whip", or the kind of a source. `opened_at` is in UTC.
    `verdict` is None before the first.
    Nobody sees, replaces or ends a participant of another `tenant`. `subject` is the caller who opened the stream.
    """

    key: str
    call: str
    participant: str
    claim: str
    transport: str
    opened_at: datetime
    verdict: Verdict | None = None
    link: Link = Link.CONNECTING
    tenant: str = DEFAULT_TENANT
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """One event.

    `cause` says why a participant left against its will; `dropped` counts the verdicts that this watcher missed so far.
    """

    event: Event
    participant: Participant
    cause: GuardError | None = None
    dropped: int = 0

    @property
    def ordinary(self) -> bool:
        """True for a verdict that changes no decision: the only kind that a slow reader may miss."""
        verdict = self.participant.verdict
        return self.event is Event.VERDICT and verdict is not None and not verdict.decision_changed

    def behind(self, dropped: int) -> "Update":
        """The same for a watcher that has missed so many verdicts so far."""
        return replace(self, dropped=dropped)
