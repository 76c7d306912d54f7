"""Where the service may listen: beyond this machine only when it knows who calls."""

import structlog

from guard.access.hosts import is_loopback
from guard.config import Settings
from guard.core.errors import SettingsError

log = structlog.get_logger()


def check(settings: Settings) -> None:
    """Raises SettingsError for an address beyond loopback without access."""
    beyond = _beyond(settings)
    if beyond and not _guarded(settings):
        raise SettingsError(
            beyond[0],
            "reaches beyond this machine, and nobody is asked who calls",
            "set access.jwt_keys, or tls.client_ca with a certificate; see docs/access.md",
        )


def say_what_is_open(settings: Settings) -> None:
    """Warn in the log of what whoever set the service up may not expect."""
    if not _guarded(settings):
        log.warning("open to this machine only: nobody is asked who calls")
    elif _beyond(settings) and settings.tls.certificate is None:
        log.warning("tokens travel in the clear: set tls.certificate, or let a proxy on this machine speak TLS")


def _guarded(settings: Settings) -> bool:
    return settings.access.jwt_keys is not None or settings.tls.client_ca is not None


def _beyond(settings: Settings) -> list[str]:
    return [name for name in ("http_host", "grpc_host") if not is_loopback(getattr(settings, name))]
