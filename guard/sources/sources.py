"""What is attached, by tenant and name: attached, detached, listed, and all ended together."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Iterable

import structlog

from guard.access.caller import Caller
from guard.audit.audit import Audit
from guard.calls import Calls
from guard.core.errors import CapacityError, GuardError, SettingsError, SourceError, UnknownSourceError
from guard.feed import Feed
from guard.members import usable
from guard.metrics import Metrics
from guard.sources.attached import Adapter, Attached
from guard.sources.seats import Seats
from guard.sources.specs import AnySpec, JanusSpec
from guard.sources.states import SourceEvent, SourceState, SourceUpdate, Standing

MOST = 64
"""Sources at once. Those that have ended stay listed until their place is needed."""
PERIOD = 1.0
"""Seconds between looks at every source."""

log = structlog.get_logger()


class Sources:
    """All sources of this process. `adapter_of` raises SourceError for what the service may not reach."""

    def __init__(
        self,
        calls: Calls,
        metrics: Metrics,
        audit: Audit,
        adapter_of: Callable[[AnySpec], Adapter],
        keep_seconds: float,
    ) -> None:
        self._calls = calls
        self._metrics = metrics
        self._audit = audit
        self._adapter_of = adapter_of
        self._keep_seconds = keep_seconds
        self._attached: dict[tuple[str, str], Attached] = {}  # by tenant and name, the oldest first
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._leaving: set[tuple[str, str]] = set()  # detached, and not at their end yet: their names are still taken
        self.feed: Feed[SourceUpdate] = Feed(metrics)

    def attach(self, spec: AnySpec, caller: Caller) -> Standing:
        """Begin to fetch a source. SourceError, ClaimError, CapacityError, DrainingError."""
        self._calls.check_open()
        name = usable("name", spec.name) if spec.name else f"{spec.kind}-{secrets.token_hex(4)}"
        key = spec.tenant, name
        if key in self._attached and not self._attached[key].ended:
            raise SourceError("name", "is attached already", "detach it first, or give another name")
        for field in ("call", "claim", "participant"):
            if given := getattr(spec, field, ""):  # a room's participants name themselves
                usable(field, given)
        # Rooms have people of the same names, who are not the same people.
        call = spec.call or (name if isinstance(spec, JanusSpec) else "")
        spec = spec.model_copy(update={"name": name, "call": call})
        adapter = self._adapter_of(spec)
        self._make_room(key)
        seats = Seats(self._calls, spec, self._keep_seconds)
        attached = self._attached[key] = Attached(spec, adapter, seats, caller, self._metrics, self.feed.publish)
        self.feed.publish(SourceUpdate(SourceEvent.ATTACHED, attached.standing()))
        task = self._running[key] = asyncio.create_task(attached.run())
        task.add_done_callback(lambda _: self._forget(key, task))
        self._audit.note("source.attached", caller, source=name, kind=spec.kind, call=spec.call)
        return attached.standing()

    def _make_room(self, key: tuple[str, str]) -> None:
        """Take an ended source out, of the same name or, when all places are taken, the oldest."""
        while key in self._attached or len(self._attached) >= MOST:
            ended = next((one for one, source in self._attached.items() if source.ended), None)
            ended = key if key in self._attached else ended
            if ended is None:
                raise CapacityError(f"all {MOST} places for sources are taken", retry_after=60.0)
            self._take_out(ended)

    def _take_out(self, key: tuple[str, str]) -> None:
        self._leaving.discard(key)
        self.feed.publish(SourceUpdate(SourceEvent.DETACHED, self._attached.pop(key).standing()))

    def _forget(self, key: tuple[str, str], task: asyncio.Task[None]) -> None:
        if self._running.get(key) is task:
            del self._running[key]
            if key in self._leaving:  # told here, as whoever detached it may have stopped waiting
                self._take_out(key)

    async def detach(self, name: str, caller: Caller) -> None:
        """End a source and all its participants. UnknownSourceError when the caller's tenant has none of that name."""
        key = caller.tenant, name
        if key not in self._attached:
            raise UnknownSourceError("name", "is not attached")
        task = self._running.get(key)
        if key not in self._leaving:
            self._audit.note("source.detached", caller, source=name)
            self._leaving.add(key)
            if task is not None:
                task.cancel()  # once: another would end what it does at its end
        if task is None or task.done():
            self._running.pop(key, None)
            self._take_out(key)
        else:
            await asyncio.wait([task])

    def listed(self, tenant: str) -> list[Standing]:
        """The tenant's sources in the order in which they were attached."""
        return [source.standing() for (of, _), source in self._attached.items() if of == tenant]

    def restore(self, specs: Iterable[AnySpec]) -> None:
        """Attach what the configuration names. SettingsError for the first that cannot be."""
        for number, spec in enumerate(specs):
            try:
                if (spec.tenant, spec.name) in self._attached:
                    raise SourceError("name", "is that of a source before it", "give each a name of its own")
                self.attach(spec, Caller("configuration", spec.tenant))
            except GuardError as error:
                raise SettingsError(f"sources.{number}", str(error)) from None

    async def supervise(self) -> None:
        """Look at every source again and again; runs until cancelled."""
        while True:
            await asyncio.sleep(PERIOD)
            for source in self._attached.values():
                source.tick()
            count = Counter(source.state for source in self._attached.values())
            for state in SourceState:
                self._metrics.sources.labels(state).set(count[state])
            seatings = (one for source in self._attached.values() for one in source.seats.seatings())
            self._metrics.count_seats((one.state, one.reason) for one in seatings)

    async def close(self) -> None:
        """End every source, and then the watches."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.feed.end()
