"""How many may do something costly at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from guard.core.errors import CapacityError

COME_BACK = 15.0
"""Seconds after which another attempt is worth it: an enrolment takes about as long as what is filmed for it."""


class Places:
    """One place for each tenant, and `most` for all of them together."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._tenants: set[str] = set()

    @contextmanager
    def taken(self, tenant: str) -> Iterator[None]:
        """Take the tenant's place while the block runs. Raises CapacityError."""
        if tenant in self._tenants:
            raise CapacityError("somebody else of your tenant is being enrolled", COME_BACK)
        if len(self._tenants) >= self._most:
            raise CapacityError(f"all {self._most} places are taken", COME_BACK)
        self._tenants.add(tenant)
        try:
            yield
        finally:
            self._tenants.remove(tenant)
