"""One attached source, supervised: connected to again and again, and at any time known where it stands."""

import asyncio
import secrets
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import aiohttp
import structlog

from guard.access.caller import Caller, current
from guard.core.errors import GuardError, InputError, ReplacedError
from guard.metrics import Metrics
from guard.sources.backoff import Backoff
from guard.sources.seat import Seat
from guard.sources.seats import Seats
from guard.sources.specs import AnySpec
from guard.sources.states import (
    Interrupted,
    Seating,
    SourceEvent,
    SourceReason,
    SourceState,
    SourceUpdate,
    Standing,
    refusal,
)

log = structlog.get_logger()


class Adapter(Protocol):
    """One way into a call."""

    async def run(self, seats: Seats, connected: Callable[[], None]) -> None:
        """One attempt: tell `seats` who appears, is lost and leaves, and feed it their frames.

        Returns when the source has come to its end, raises Interrupted or one of our errors when another attempt may
        help. Call `connected` once the other side has accepted; undo everything when cancelled.
        """


class Attached:
    """A source and what is known about it."""

    def __init__(
        self,
        spec: AnySpec,
        adapter: Adapter,
        seats: Seats,
        caller: Caller,
        metrics: Metrics,
        tell: Callable[[SourceUpdate], None],
    ) -> None:
        self.spec = spec
        self.seats = seats
        self._adapter = adapter
        self._caller = caller
        self._metrics = metrics
        self._tell = tell
        self._key = secrets.token_hex(4)  # names the source in the log, where its own name must not stand
        self._state = SourceState.CONNECTING
        self._reason: SourceReason | None = None
        self._detail = ""
        self._attempts = 0
        self._connected_at: float | None = None  # by the loop's clock; None while it is not connected
        self._attached_at = self._changed_at = datetime.now(UTC)
        seats.changed = self._seat_changed

    @property
    def state(self) -> SourceState:
        """Where the source stands."""
        return self._state

    @property
    def ended(self) -> bool:
        """Whether it will not be tried again."""
        return self._state is SourceState.ENDED

    async def run(self) -> None:
        """Attempt after attempt until the source has come to its end, or this is cancelled."""
        current.set(self._caller)  # limits count streams by who attached the source
        backoff = Backoff()
        try:
            while (interruption := await self._attempt()) is not None:
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    raise asyncio.CancelledError  # an error while the attempt was undone has taken its place
                stayed = time.monotonic() - self._connected_at if self._connected_at is not None else 0.0
                self._connected_at = None
                if interruption.final:
                    self.seats.release_all(interruption.reason, interruption.detail)
                    self._stand(SourceState.ENDED, interruption.reason, interruption.detail)
                    return
                flowed = self.seats.lost_all(interruption.reason, interruption.detail)
                self._stand(SourceState.RECONNECTING, interruption.reason, interruption.detail)
                self._metrics.source_reconnects.labels(self.spec.kind).inc()
                # Who brings nothing has not worked, however long it took to find out; an empty room has.
                lasted = stayed if flowed is None else flowed
                await asyncio.sleep(backoff.pause(lasted, interruption.retry_after))
            self._stand(SourceState.ENDED, SourceReason.FINISHED)
        finally:
            self._connected_at = None
            if not self.ended:
                self._stand(SourceState.ENDED, SourceReason.DETACHED)
            self.seats.release_all()

    async def _attempt(self) -> Interrupted | None:
        """How one attempt was interrupted; None when the source has come to its end."""
        self._attempts += 1
        try:
            await self._adapter.run(self.seats, self._connected)
        except Interrupted as interruption:
            return interruption
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            if self._connected_at is not None:
                return Interrupted(SourceReason.LOST, "the connection has ended")
            return Interrupted(SourceReason.UNREACHABLE, why_unreachable(error))
        except ReplacedError as error:
            return Interrupted(SourceReason.REPLACED, str(error), final=True)
        except GuardError as error:
            # What the description of the source is at fault for will be so again.
            return Interrupted(
                refusal(error), str(error), retry_after=error.retry_after, final=isinstance(error, InputError)
            )
        except Exception:
            log.exception("source failed", source=self._key, kind=self.spec.kind)
            return Interrupted(SourceReason.FAULT, "the service has failed at this source; its log says where")
        return None

    def _connected(self) -> None:
        self._connected_at = time.monotonic()
        self._stand(SourceState.CONNECTED)

    def tick(self) -> None:
        """Look at the participants; called about every second."""
        self.seats.tick()
        self._look()

    def _seat_changed(self, seat: Seat) -> None:
        facts = {"seat": seat.handle, "stream": seat.key, "state": seat.state, "reason": seat.reason}
        log.info("source participant", source=self._key, kind=self.spec.kind, **facts)
        self._tell(SourceUpdate(SourceEvent.CHANGED, self._standing(seat.seating())))
        self._look()

    def _look(self) -> None:
        """While it is connected, a source stands as its participants do."""
        if self._connected_at is not None and (state := self.seats.state()) is not self._state:
            self._stand(state)

    def _stand(self, state: SourceState, reason: SourceReason | None = None, detail: str = "") -> None:
        if (state, reason, detail) == (self._state, self._reason, self._detail):
            return
        self._state, self._reason, self._detail = state, reason, detail
        self._changed_at = datetime.now(UTC)
        log.info("source", source=self._key, kind=self.spec.kind, state=state, reason=reason)
        self._tell(SourceUpdate(SourceEvent.CHANGED, self._standing()))

    def standing(self) -> Standing:
        """The source as it stands, and everybody in it."""
        return self._standing(*self.seats.seatings())

    def _standing(self, *participants: Seating) -> Standing:
        return Standing(
            self.spec,
            self._state,
            self._reason,
            self._detail,
            self._attempts,
            self._attached_at,
            self._changed_at,
            participants,
        )


def why_unreachable(error: Exception) -> str:
    """A sentence about a connection that did not come about."""
    causes = error, error.__cause__, getattr(error, "os_error", None), getattr(error, "certificate_error", None)
    tls = next((one for one in reversed(causes) if isinstance(one, ssl.SSLError)), None)
    if isinstance(tls, ssl.SSLCertVerificationError):
        return f"the certificate at the address does not hold: {tls.verify_message}"
    if tls is not None:
        return f"TLS fails at the address ({tls.reason or tls}): does it speak TLS there?"
    return "nobody answers at the address"
