"""Where the service may listen: beyond this machine only when it knows who calls."""

import structlog

from guard.access.hosts import is_loopback
from guard.config import Settings
from guard.core.errors import SettingsError

log = structlog.get_logger()


def check(settings: Settings) -> None:
    """Raises SettingsError for an address beyond loopback without access; says in the log what is open."""
    guarded = settings.access.jwt_keys is not None or settings.tls.client_ca is not None
    beyond = [name for name in ("http_host", "grpc_host") if not is_loopback(getattr(settings, name))]
    if beyond and not guarded:
        raise SettingsError(
            beyond[0],
            "reaches beyond this machine, and nobody is asked who calls",
            "set access.jwt_keys, or tls.client_ca with a certificate; see docs/access.md",
        )
    if not guarded:
        log.warning("open to this machine only: nobody is asked who calls")
    elif beyond and settings.tls.certificate is None:
        log.warning("tokens travel in the clear: set tls.certificate, or let a proxy on this machine speak TLS")
