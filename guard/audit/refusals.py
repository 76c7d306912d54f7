"""Callers that were refused, for the audit log: a flood of them fills neither the disk nor the view."""

import time
from collections.abc import Callable

from guard.access.buckets import Buckets
from guard.access.caller import NOBODY, Caller
from guard.audit.audit import Audit
from guard.core.errors import GuardError

EACH, ALL = 1, 60
"""Refusals that are recorded in a minute: of one address, and of all."""


class Refusals:
    """Notes who was refused what; those in between are counted into the next line."""

    def __init__(self, audit: Audit, clock: Callable[[], float] = time.monotonic) -> None:
        self._audit = audit
        self._each = Buckets(EACH, clock)
        self._all = Buckets(ALL, clock)
        self._passed_over = 0

    def note(self, method: str, address: str, error: GuardError, caller: Caller = NOBODY) -> None:
        """A caller at `address` was refused `method`; `caller` is known when only its roles did not do."""
        if self._each.take(address) or self._all.take(None):
            self._passed_over += 1
            return
        facts = {"method": method, "address": address, "error": type(error).__name__}
        self._audit.note("caller.refused", caller, **facts, passed_over=self._passed_over)
        self._passed_over = 0
