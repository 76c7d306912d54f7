"""The participants of one source, across its connections: who is lost keeps stream and evidence for a while."""

import secrets
import time
from collections.abc import Callable

from guard.calls import Calls
from guard.core.errors import CapacityError, SourceError
from guard.core.frames import unmirrored
from guard.core.items import Cut, Frame
from guard.sources.claims import claim_of
from guard.sources.seat import CONNECTED, Seat
from guard.sources.specs import AnySpec, JanusSpec
from guard.sources.states import Interrupted, Seating, SourceReason, SourceState
from guard.streamclock import StreamClock

MOST_SEATS = 256
"""Participants of one source, those that are left alone too; a room that is larger is cut off there."""
LEFT_ALONE = frozenset({SourceReason.SCREEN, SourceReason.CODEC, SourceReason.ENCRYPTED})
"""What does not change until a participant publishes something else."""
DECLARED = LEFT_ALONE | {SourceReason.CAMERA_OFF}
"""What a participant's own client says of its video, which must not rid anybody of an accusation."""


class Seats:
    """The sink of a source's connections. Frames go on to the calls; whose connection is lost is waited for."""

    def __init__(
        self, calls: Calls, spec: AnySpec, keep_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._calls = calls
        self._spec = spec
        self._keep_seconds = keep_seconds
        self._clock = clock
        self._seats: dict[str, Seat] = {}  # by participant
        self._by_handle: dict[str, Seat] = {}
        self.changed: Callable[[Seat], None] = lambda seat: None  # is told of everybody who stands anew

    def seat(self, participant: str, display: str, identity: str = "") -> str:
        """A participant is seen; returns the handle under which its frames are to come, from any connection.

        Who has the name of a former one and another `identity` does not go on with what is known of that one: anybody
        can take a name.
        """
        seat = self._seats.get(participant)
        if seat is None or (seat.display, seat.identity) != (display, identity):
            seat = self._new(participant, display, identity)
        return seat.handle

    def seated(self, display: str, identity: str) -> str | None:
        """The name of that very participant's seat; None when it has none."""
        told = display, identity
        return next((seat.participant for seat in self._seats.values() if (seat.display, seat.identity) == told), None)

    def taken(self, participant: str) -> bool:
        """Whether a stream of the call has this name that came another way."""
        key, seat = self._calls.stream_of(self._spec.tenant, self._spec.call, participant), self._seats.get(participant)
        return key is not None and (seat is None or seat.key != key)

    async def appear(self, handle: str, stop: Callable[[], None] | None = None) -> None:
        """A connection to the participant has come about: open its stream, or go on with the one that waits for it.

        `stop` is called when the stream ends otherwise than by the source. Raises what Calls.join raises.
        """
        seat = self._by_handle.get(handle)
        if seat is not None and (seat.key is None or not self._calls.present(seat.key)):
            await self._join(seat)
        if seat is None or handle not in self._by_handle:
            raise Interrupted(SourceReason.LOST, "it was given up while it came back")
        seat.connect(stop, self._clock())
        if seat.key is not None:
            self._calls.connected(seat.key)

    async def _join(self, seat: Seat) -> None:
        try:
            joined = await self._calls.join(
                call=self._spec.call,
                participant=seat.participant,
                claim=seat.claim,
                transport=self._spec.kind,
                tenant=self._spec.tenant,
                replaces=not isinstance(self._spec, JanusSpec),  # in a room anybody can take any name
            )
        except SourceError as error:
            raise Interrupted(SourceReason.NOT_ADMITTED, str(error)) from None
        if seat.handle not in self._by_handle:  # released while the gallery was asked
            self._calls.leave(joined.key)
            return
        seat.key, seat.clock = joined.key, StreamClock()

    def _new(self, participant: str, display: str, identity: str = "") -> Seat:
        """A seat in place of the one that the participant may have had. CapacityError when none is free."""
        self.release(participant)
        if len(self._seats) >= MOST_SEATS:
            idle = next((one for one in self._seats.values() if one.key is None), None)
            if idle is None:
                raise CapacityError(f"a source has {MOST_SEATS} participants at most", retry_after=60.0)
            self.release(idle.participant)
        claim = claim_of(self._spec, display)
        seat = Seat(secrets.token_hex(8), participant, display, claim, lambda seat: self.changed(seat), identity)
        self._seats[participant] = self._by_handle[seat.handle] = seat
        self.changed(seat)
        return seat

    def leave_alone(
        self, participant: str, display: str, identity: str, reason: SourceReason, detail: str = ""
    ) -> None:
        """The participant is there and is not watched; it is listed with the reason. A stream that it has waits."""
        seat = self._seats.get(participant)
        if seat is not None and seat.key is not None and seat.identity == identity:
            self.lost(participant, reason, detail)
        else:
            self._new(participant, display, identity).stand(SourceState.CONNECTED, reason, detail)

    def lost(self, participant: str, reason: SourceReason = SourceReason.LOST, detail: str = "") -> float:
        """The run is over and the connection gone; the stream waits for another one, but not for ever.

        Returns the seconds for which frames came over it.
        """
        seat = self._seats.get(participant)
        if seat is None:
            return 0.0
        flowed = seat.lose(reason, detail)
        if seat.key is not None:
            self._calls.disconnected(seat.key)
            # Of a connection that brought no frame the time goes on: who only answers is not kept for ever.
            seat.expires = seat.expires or self._clock() + self._keep_seconds
        return flowed

    def lost_all(self, reason: SourceReason, detail: str = "") -> float | None:
        """The way to all participants is lost; who has no stream in a room is forgotten until it is seen there again.

        Returns the seconds for which frames came of whoever fared best; None where nobody had a stream.
        """
        flowed = []
        for seat in list(self._seats.values()):
            if seat.key is not None:
                flowed.append(self.lost(seat.participant, reason, detail))
            elif isinstance(self._spec, JanusSpec) or seat.state is SourceState.ENDED:
                self.release(seat.participant)
            else:  # whoever a source is about is about to be tried again with it
                self.lost(seat.participant, reason, detail)
        return max(flowed, default=None)

    def release(self, participant: str, reason: SourceReason | None = None, detail: str = "") -> None:
        """The participant has left; a `reason` takes the place of the one that it stands with, unless it has ended."""
        seat = self._seats.pop(participant, None)
        if seat is None:
            return
        del self._by_handle[seat.handle]
        if seat.key is not None:
            self._calls.leave(seat.key)
        seat.disconnect()
        if reason is None or seat.state is SourceState.ENDED:
            reason, detail = seat.reason, seat.detail
        seat.stand(SourceState.ENDED, reason, detail)

    def release_all(self, reason: SourceReason | None = None, detail: str = "") -> None:
        """Everybody has left, for that reason if there is one."""
        for participant in list(self._seats):
            self.release(participant, reason, detail)

    async def finish(self, participant: str) -> None:
        """The participant's video has come to its end: what it sent becomes verdicts before it leaves."""
        if (seat := self._seats.get(participant)) and seat.key is not None:
            await self._calls.finish(seat.key)
        self.release(participant)

    def looks(self, key: str) -> bool:
        """Whether a face may be looked for in pictures for the handle `key`: once it is known who is claimed there."""
        seat = self._by_handle.get(key)
        return seat is not None and seat.key is not None and self._calls.looks(seat.key)

    def side(self, handle: str) -> int | None:
        """Pixels a side of the square that the participant's newest frame shows; None where there is none to see."""
        seat = self._by_handle.get(handle)
        return seat.side if seat is not None else None

    def silence(self, handle: str) -> float:
        """Seconds for which the participant's present connection has brought no frame; 0 where there is none."""
        seat = self._by_handle.get(handle)
        return seat.silence(self._clock()) if seat is not None and seat.state in CONNECTED else 0.0

    def connected(self, key: str) -> None:
        """The connection has come about; it is `appear` that opens the stream."""

    def offer(self, key: str, frame: Frame, at: float) -> None:
        """A frame for the handle `key`, which arrived at `at` seconds of the monotonic clock."""
        seat = self._by_handle.get(key)
        if seat is not None and seat.key is not None and seat.state in CONNECTED:  # none behind a connection's end
            shown = seat.flow(frame, at)
            self._calls.offer(seat.key, unmirrored(shown) if self._spec.mirrored else shown, at)

    def cut(self, key: str, cut: Cut, lost: int = 0) -> None:
        """The next frame does not continue the last one."""
        seat = self._by_handle.get(key)
        if seat is not None and seat.key is not None:
            self._calls.cut(seat.key, cut, lost)

    def tick(self) -> None:
        """See who has stalled, who is not coming back, and whose stream was taken."""
        now = self._clock()
        for seat in list(self._seats.values()):
            self._look_for_replaced(seat)
            if seat.expires is not None and now >= seat.expires:
                self._give_up(seat)
            elif seat.key is not None:
                seat.look(now)

    def _give_up(self, seat: Seat) -> None:
        """The stream has waited for long enough, unless it stands accused and its participant is there all the same."""
        there = seat.state in CONNECTED or seat.reason in DECLARED
        if there and seat.key is not None and self._calls.suspected(seat.key):
            seat.expires = self._clock() + self._keep_seconds
            return
        self.release(seat.participant)
        if seat.reason in LEFT_ALONE and isinstance(self._spec, JanusSpec):
            self.leave_alone(seat.participant, seat.display, seat.identity, seat.reason, seat.detail)

    def _look_for_replaced(self, seat: Seat) -> None:
        if seat.key is not None and not self._calls.present(seat.key):
            seat.key = seat.expires = None
            seat.stand(SourceState.ENDED, SourceReason.REPLACED, "the same participant came another way")
            seat.disconnect()

    def replaced(self, participant: str) -> bool:
        """Whether the participant's stream has ended because the participant came another way."""
        seat = self._seats.get(participant)
        if seat is None:
            return False
        self._look_for_replaced(seat)
        return seat.reason is SourceReason.REPLACED

    def state(self) -> SourceState:
        """The best of the participants: flowing if one flows, stalled if one has stalled, else connected."""
        states = {seat.state for seat in self._seats.values() if seat.key is not None}
        best = (one for one in (SourceState.FLOWING, SourceState.STALLED) if one in states)
        return next(best, SourceState.CONNECTED)

    def seatings(self) -> tuple[Seating, ...]:
        """Every participant as it is now."""
        return tuple(seat.seating() for seat in self._seats.values())
