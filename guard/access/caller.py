"""Who is asking: one caller of one tenant."""

from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

DEFAULT_TENANT = "default"


class Role(StrEnum):
    """What a caller may do within its tenant; guard.access.methods says which method asks for which."""

    VIEWER = "viewer"  # sees calls and verdicts
    OPERATOR = "operator"  # opens and ends streams, and sees them
    ENROLLER = "enroller"  # manages people
    ADMIN = "admin"  # all of it


@dataclass(frozen=True, slots=True)
class Caller:
    """Everything that a caller sees or changes belongs to its `tenant`; `subject` tells callers of one tenant apart."""

    subject: str
    tenant: str
    roles: frozenset[Role] = frozenset()


LOCAL = Caller("local", DEFAULT_TENANT, frozenset(Role))
"""Whoever reaches a service that has no access configured: it listens on loopback only."""
NOBODY = Caller("", "")
"""Whoever asks for what is open to all, health for one; it belongs to no tenant."""

current: ContextVar[Caller] = ContextVar("caller", default=LOCAL)
"""The caller of the request that runs in this context."""
