"""Who is asking: one caller of one tenant, with roles."""

from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

DEFAULT_TENANT = "default"


class Role(StrEnum):
    """What a caller may be. Roles do not contain each other: a token names each that it grants."""

    VIEWER = "viewer"
    """Sees calls and verdicts, and who is enrolled."""
    OPERATOR = "operator"
    """Sends streams to be verified, attaches and detaches sources."""
    ENROLLER = "enroller"
    """Enrols, renews and erases people, and records opt-outs."""
    ADMIN = "admin"
    """Exports people's data, reads the audit trail, changes bundle and keys."""


@dataclass(frozen=True, slots=True)
class Caller:
    """`subject` names the caller in the audit trail; everything that it sees or changes belongs to `tenant`."""

    subject: str
    tenant: str
    roles: frozenset[Role]


LOCAL = Caller("local", DEFAULT_TENANT, frozenset(Role))
"""Whoever reaches a service that has no access configured: it listens on loopback only."""

current: ContextVar[Caller] = ContextVar("caller", default=LOCAL)
"""The caller of the request that runs in this context; set by the gRPC interceptor and the HTTP middleware alone."""
