"""One participant's seat in a source: what it keeps while connections come and go."""

from collections.abc import Callable
from dataclasses import dataclass, field

from guard.core.items import Frame, Reason
from guard.sources.states import Seating, SourceReason, SourceState
from guard.streamclock import StreamClock

STALL = 2.0
"""Seconds without a frame after which a stream has stalled."""
SILENT = 10.0
"""Seconds without any frame after which a connection is said to be silent: no keyframe takes that long."""
UNDECODED = "connected, and no picture can be decoded: the camera may be off, or the video encrypted end to end"
SHARED = "a shared screen by the look of it: it is not scored"
CONNECTED = frozenset({SourceState.CONNECTED, SourceState.FLOWING, SourceState.STALLED})


@dataclass(slots=True)
class Seat:
    """One participant. `handle` names it towards the connections that feed it; `changed` is told where it stands."""

    handle: str
    participant: str
    display: str
    claim: str
    changed: Callable[["Seat"], None] = lambda seat: None
    # What signalling tells participants apart by; "" where there is one.
    identity: str = ""
    state: SourceState = SourceState.CONNECTING
    reason: SourceReason | None = None
    detail: str = ""
    # Names its stream in the service; None while none is open.
    key: str | None = None
    # Ends the connection that feeds the stream; None while there is none.
    stop: Callable[[], None] | None = None
    # When the present connection came about, by the clock.
    since: float = 0.0
    # The stream's own; another one with each stream.
    clock: StreamClock = field(default_factory=StreamClock)
    # Side of the square that the newest frame shows, in pixels of the video; None where there is nothing to see.
    side: int | None = None
    # When the present connection's first frame came; None before it, and while there is no connection.
    flowing_since: float | None = None
    # When the stream is given up, by the clock; None unless its connection is lost and no frame has come since.
    expires: float | None = None

    def stand(self, state: SourceState, reason: SourceReason | None = None, detail: str = "") -> None:
        """Say where the participant stands."""
        if (state, reason, detail) != (self.state, self.reason, self.detail):
            self.state, self.reason, self.detail = state, reason, detail
            self.changed(self)

    def connect(self, stop: Callable[[], None] | None, now: float) -> None:
        """Another connection feeds the stream from now on."""
        self.stand(SourceState.CONNECTED)
        self.stop, self.since, self.side, self.flowing_since = stop, now, None, None
        self.clock.connect()

    def flow(self, frame: Frame, at: float) -> Frame:
        """The frame on the stream's own clock, which goes on where a connection's may have begun anywhere."""
        if self.clock.offset is None:
            self.flowing_since = at
        self.side, self.expires = frame.side, None
        if frame.obstacle is Reason.SCREEN:
            self.stand(SourceState.FLOWING, SourceReason.SCREEN, SHARED)
        else:
            self.stand(SourceState.FLOWING)
        return self.clock.timed(frame, at)

    def look(self, now: float) -> None:
        """See whether frames come."""
        if self.state not in CONNECTED:
            return
        silence = self.silence(now)
        if silence >= SILENT:
            self.stand(SourceState.STALLED, SourceReason.SILENT, UNDECODED)
        elif self.clock.offset is not None and silence >= STALL:
            self.stand(SourceState.STALLED)

    def silence(self, now: float) -> float:
        """Seconds for which the present connection has brought no frame."""
        newest = self.clock.newest if self.clock.offset is not None else None
        return now - (self.since if newest is None else newest[1])

    def lose(self, reason: SourceReason, detail: str) -> float:
        """The connection is lost, if there was one; returns for how many seconds frames came over it."""
        self.stand(SourceState.RECONNECTING, reason, detail)
        since, self.flowing_since, self.stop = self.flowing_since, None, None
        return 0.0 if since is None or self.clock.newest is None else self.clock.newest[1] - since

    def disconnect(self) -> None:
        """End the connection, if there is one."""
        stop, self.stop = self.stop, None
        if stop is not None:
            stop()

    def seating(self) -> Seating:
        """The participant as others may know it."""
        return Seating(self.participant, self.display, self.state, self.reason, self.detail)
