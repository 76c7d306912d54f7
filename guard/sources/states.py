"""Where a source stands, and each participant of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from guard.core.errors import GuardError, InputError
from guard.sources.specs import AnySpec


class SourceState(StrEnum):
    """How far a source, or one participant of it, has come. Connected is not flowing: only frames make it that."""

    CONNECTING = "CONNECTING"
    CONNECTED = "CONNECTED"
    FLOWING = "FLOWING"
    STALLED = "STALLED"
    RECONNECTING = "RECONNECTING"
    ENDED = "ENDED"


class SourceReason(StrEnum):
    """Why a source or a participant is not flowing."""

    UNREACHABLE = "UNREACHABLE"  # nobody answers at the address
    REFUSED = "REFUSED"  # the other side answered, and said no
    LOST = "LOST"  # the connection ended
    CAMERA_OFF = "CAMERA_OFF"  # the participant is there, and publishes no video
    CODEC = "CODEC"  # coded in a way that is not decoded here
    ENCRYPTED = "ENCRYPTED"  # encrypted end to end
    SCREEN = "SCREEN"  # a shared screen has no driver
    SILENT = "SILENT"  # connected, and no frame can be decoded
    NOT_ADMITTED = "NOT_ADMITTED"  # the guard itself has no place for it now
    REPLACED = "REPLACED"  # the same participant came another way
    FINISHED = "FINISHED"  # the file or the stream has come to its end
    DETACHED = "DETACHED"  # somebody asked for that
    FAULT = "FAULT"  # a fault of the guard; its log says which


def refusal(error: GuardError) -> SourceReason:
    """Why an error of the guard's own keeps somebody out: for want of a place, by a mistake, or by a fault."""
    told = isinstance(error, InputError) or error.retry_after is not None
    return SourceReason.NOT_ADMITTED if told else SourceReason.FAULT


@dataclass(frozen=True, slots=True)
class Seating:
    """One participant of a source, and its display name there. `detail` is a sentence for people."""

    participant: str
    display: str
    state: SourceState
    reason: SourceReason | None
    detail: str


@dataclass(frozen=True, slots=True)
class Standing:
    """One source as it stands: `attempts` counts how often it was connected to, times are in UTC."""

    spec: AnySpec
    state: SourceState
    reason: SourceReason | None
    detail: str
    attempts: int
    attached_at: datetime
    changed_at: datetime
    participants: tuple[Seating, ...]


class SourceEvent(StrEnum):
    """What happened to a source."""

    ATTACHED = "ATTACHED"
    CHANGED = "CHANGED"
    DETACHED = "DETACHED"


@dataclass(frozen=True, slots=True)
class SourceUpdate:
    """One event. `standing` holds those participants alone that it is about: of a change, none or one.

    A participant that has left stands ENDED, and is not listed afterwards.
    """

    event: SourceEvent
    standing: Standing

    @property
    def ordinary(self) -> bool:
        """False: no change of state may be missed."""
        return False

    def behind(self, dropped: int) -> "SourceUpdate":
        """The same: nothing is ever dropped."""
        return self


class Interrupted(Exception):
    """An attempt has ended before its source did. `final` when another one would end in the same way."""

    def __init__(
        self, reason: SourceReason, detail: str = "", *, retry_after: float | None = None, final: bool = False
    ) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after
        self.final = final
