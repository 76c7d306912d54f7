"""How much one caller may ask for, and how long it waits to claim somebody whom it has failed to be."""

import time
from collections.abc import Callable

from guard.access.buckets import Buckets
from guard.access.caller import Caller
from guard.access.failures import Failing, Failures
from guard.access.settings import FREE, LimitSettings
from guard.core.errors import LockedError, RateError
from guard.core.items import Decision

FIRST_WAIT = 2.0
"""Seconds after the first failure that is not free, doubled with each that follows."""


class Limits:
    """Asked before a stream is opened or somebody enrolled; told of claims that failed or came true."""

    def __init__(self, settings: LimitSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._streams = Buckets(settings.streams_per_minute, clock)
        self._enrolments = Buckets(settings.enrolments_per_minute, clock)
        self._addresses = Buckets(settings.address_per_minute, clock)
        self._failing = Failures(clock)

    def open(self, caller: Caller, claim: str) -> None:
        """A stream that makes a claim, or none. Raises RateError, and LockedError for a claim that has to wait."""
        self._take(self._streams, caller, "streams")
        if claim and (wait := self._failing.wait(caller, claim)) > 0:
            raise LockedError(wait)

    def enrol(self, caller: Caller) -> None:
        """Somebody is to be enrolled. Raises RateError."""
        self._take(self._enrolments, caller, "enrolments")

    def connect(self, address: str) -> None:
        """A connection from this address is to open streams or enrol somebody. Raises RateError."""
        if wait := self._addresses.take(address):
            raise RateError("too many connections from one address", wait)

    def _take(self, buckets: Buckets, caller: Caller, what: str) -> None:
        if wait := buckets.take((caller.tenant, caller.subject)):
            raise RateError(f"too many {what} of one caller", wait)

    def decided(self, caller: Caller, claim: str, stream: str, decision: Decision) -> None:
        """The decision on a stream has changed. Only an impostor counts against its caller: STALE, UNCERTAIN and a
        stream that is lost may be the network's doing."""
        if decision is Decision.VERIFIED:
            self._failing.forget(caller, claim)
        if decision is Decision.IMPOSTOR_SUSPECTED:
            self.failed(caller, claim, stream)

    def failed(self, caller: Caller, claim: str, stream: str) -> None:
        """This stream was judged an impostor's, or claims a name under which nobody is enrolled."""
        now, before = self._clock(), self._failing.of(caller, claim)
        if before is None or now - before.free_at >= self._settings.lock_seconds:
            before = Failing(0, "", now)
        failures = before.failures + (before.stream != stream)
        self._failing.put(caller, claim, Failing(failures, stream, now + self._wait(failures)))

    def _wait(self, failures: int) -> float:
        """Seconds until the next attempt."""
        if failures >= self._settings.failures_to_lock:
            return self._settings.lock_seconds
        if failures <= FREE:
            return 0.0
        return min(FIRST_WAIT * 2.0 ** (failures - FREE - 1), self._settings.lock_seconds)

    def lift(self, tenant: str, claim: str) -> int:
        """Forget the failures of every caller of the tenant at this claim; how many callers had any."""
        return self._failing.lift(tenant, claim)

    def locked(self) -> int:
        """Pairs of caller and claim that have to wait now."""
        return self._failing.waiting()
