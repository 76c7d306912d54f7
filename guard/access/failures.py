"""Which claims of which callers have failed, and until when each has to wait."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from guard.access.caller import Caller

MOST_CLAIMS = 16384
"""Pairs of caller and claim that are remembered of a tenant: more names than one caller may fail at, with 600 streams a
minute, before the 15 minutes are over in which failures are forgotten by themselves."""


@dataclass(slots=True)
class Failing:
    """What is remembered of a caller and a claim."""

    failures: int
    stream: str  # which failed last: its decision may come and go, and counts once
    free_at: float  # by the clock; when the next attempt may be made


Claims = OrderedDict[str, Failing]
"""Of one caller, the one that failed last at the end."""


class Failures:
    """Bounded for each tenant. Where that is too little, whoever has failed at most names loses the oldest of them that
    does not wait: nobody gets rid of a wait by failing elsewhere, nor does another caller or tenant rid them of it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tenants: dict[str, dict[str, Claims]] = {}  # callers that have failed, by tenant and subject

    def of(self, caller: Caller, claim: str) -> Failing | None:
        """What is remembered of this pair."""
        return self._tenants.get(caller.tenant, {}).get(caller.subject, Claims()).get(claim)

    def wait(self, caller: Caller, claim: str) -> float:
        """Seconds until the caller may make this claim; 0 or less: now.

        While a tenant is full of pairs that wait, every claim does of which nothing can be remembered: until the first
        of them need not any more.
        """
        now = self._clock()
        if (known := self.of(caller, claim)) is not None:
            return known.free_at - now
        if self._count(caller.tenant) < MOST_CLAIMS:
            return 0.0
        return min(failing.free_at for _, _, failing in self._pairs(caller.tenant)) - now

    def put(self, caller: Caller, claim: str, failing: Failing) -> None:
        """Remember this; not where everything else waits that is."""
        self.forget(caller, claim)
        if self._count(caller.tenant) >= MOST_CLAIMS and not self._made_room(caller.tenant):
            return
        self._tenants.setdefault(caller.tenant, {}).setdefault(caller.subject, Claims())[claim] = failing

    def _made_room(self, tenant: str) -> bool:
        now = self._clock()
        callers = self._tenants[tenant]
        for subject in sorted(callers, key=lambda subject: len(callers[subject]), reverse=True):
            for claim, failing in callers[subject].items():
                if failing.free_at <= now:
                    self.forget(Caller(subject, tenant), claim)
                    return True
        return False

    def forget(self, caller: Caller, claim: str) -> None:
        """This pair has not failed."""
        callers = self._tenants.get(caller.tenant, {})
        callers.get(caller.subject, Claims()).pop(claim, None)
        if not callers.get(caller.subject):
            callers.pop(caller.subject, None)
        if not callers:
            self._tenants.pop(caller.tenant, None)

    def lift(self, tenant: str, claim: str) -> int:
        """Forget the failures of every caller of the tenant at this claim; how many callers had any."""
        subjects = [subject for subject, claims in self._tenants.get(tenant, {}).items() if claim in claims]
        for subject in subjects:
            self.forget(Caller(subject, tenant), claim)
        return len(subjects)

    def waiting(self) -> int:
        """Pairs that have to wait now."""
        now = self._clock()
        return sum(failing.free_at > now for tenant in self._tenants for _, _, failing in self._pairs(tenant))

    def _count(self, tenant: str) -> int:
        return sum(map(len, self._tenants.get(tenant, {}).values()))

    def _pairs(self, tenant: str) -> Iterator[tuple[str, str, Failing]]:
        for subject, claims in self._tenants.get(tenant, {}).items():
            for claim, failing in claims.items():
                yield subject, claim, failing
