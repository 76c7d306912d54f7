"""Where the service may listen: beyond this machine only when it knows who calls."""

import structlog

from guard.access.hosts import is_loopback
from guard.config import Settings
from guard.core.errors import SettingsError

log = structlog.get_logger()


def check(settings: Settings) -> None:
    """Raises SettingsError for an address beyond loopback without access."""
    if not guarded(settings) and (names := beyond(settings)):
        raise SettingsError(
            names[0],
            "reaches beyond this machine, and nobody is asked who calls",
            "set access.jwt_keys, or tls.client_ca with a certificate; see docs/access.md",
        )


def announce(settings: Settings) -> None:
    """Say in the log to whom the service is open."""
    if not guarded(settings):
        log.warning("open to this machine only: nobody is asked who calls")
    elif beyond(settings) and settings.tls.certificate is None:
        log.warning("tokens travel in the clear: set tls.certificate, or let a proxy on this machine speak TLS")


def guarded(settings: Settings) -> bool:
    """Whether callers are asked who they are."""
    return settings.access.jwt_keys is not None or settings.tls.client_ca is not None


def beyond(settings: Settings) -> list[str]:
    """The settings whose address other machines may reach."""
    return [name for name in ("http_host", "grpc_host") if not is_loopback(getattr(settings, name))]
