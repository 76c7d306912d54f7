"""Who is asking: one caller of one tenant."""

from contextvars import ContextVar
from dataclasses import dataclass

DEFAULT_TENANT = "default"


@dataclass(frozen=True, slots=True)
class Caller:
    """Everything that a caller sees or changes belongs to its `tenant`; `subject` tells callers of one tenant apart."""

    subject: str
    tenant: str


LOCAL = Caller("local", DEFAULT_TENANT)
"""Whoever reaches a service that has no access configured: it listens on loopback only."""

current: ContextVar[Caller] = ContextVar("caller", default=LOCAL)
"""The caller of the request that runs in this context."""
