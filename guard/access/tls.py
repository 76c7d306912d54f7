"""TLS of both ports (1.2 or newer), from files that are read again when they change: a renewal needs no restart."""

import ssl
from collections.abc import Callable
from pathlib import Path

import grpc
import structlog

from guard.access.files import Stamp, stamp
from guard.access.settings import TlsSettings
from guard.core.errors import SettingsError

log = structlog.get_logger()


class Tls:
    """What the service shows and asks for in a handshake."""

    def __init__(self, settings: TlsSettings) -> None:
        """Raises SettingsError when a file is missing, cannot be read, or does not fit the others."""
        self.certificate, self.key = needed(settings)
        self.client_ca = settings.client_ca
        self._context = self._read()
        self._stamps = self._now()
        self._shown_by_rpc = self._stamps  # what gRPC was handed last

    def http(self) -> ssl.SSLContext:
        """For the HTTP port: a context that hands each handshake to the newest one."""

        def newest(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
            connection.context = self._refreshed()

        outer = self._read()
        outer.sni_callback = newest  # called for every handshake, whether it names a host or not
        return outer

    def rpc(self) -> grpc.ServerCredentials:
        """For the gRPC port."""
        fetch: Callable[[], grpc.ServerCertificateConfiguration | None] = self._changed
        return grpc.dynamic_ssl_server_credentials(self._configuration(), fetch, self.client_ca is not None)

    def _changed(self) -> grpc.ServerCertificateConfiguration | None:
        """What gRPC asks before each handshake: None keeps what it has."""
        self._refreshed()
        if self._stamps == self._shown_by_rpc:
            return None
        self._shown_by_rpc = self._stamps
        return self._configuration()

    def _configuration(self) -> grpc.ServerCertificateConfiguration:
        ca = self.client_ca.read_bytes() if self.client_ca else None
        return grpc.ssl_server_certificate_configuration([(self.key.read_bytes(), self.certificate.read_bytes())], ca)

    def _refreshed(self) -> ssl.SSLContext:
        """The context of the files as they are now; the former one while they do not fit, as in mid-renewal."""
        now = self._now()
        if now != self._stamps:
            try:
                self._context, self._stamps = self._read(), now
                log.info("certificate read again")
            except SettingsError as error:
                log.error("certificate not read again; the former one is shown", setting=error.field)
        return self._context

    def _now(self) -> list[Stamp | None]:
        return [stamp(path) for path in (self.certificate, self.key, self.client_ca) if path is not None]

    def _read(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(self.certificate, self.key, password=no_password)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise SettingsError("tls.certificate", f"cannot be used with tls.key: {error}") from None
        if self.client_ca is not None:
            try:
                context.load_verify_locations(self.client_ca)
            except OSError as error:
                raise SettingsError("tls.client_ca", f"cannot be used: {error}") from None
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def needed(settings: TlsSettings) -> tuple[Path, Path]:
    """Certificate and key. SettingsError when one is missing."""
    if settings.certificate is None:
        raise SettingsError("tls.certificate", "is missing", "tls.key and tls.client_ca are of no use without it")
    if settings.key is None:
        raise SettingsError("tls.key", "is missing", "name the private key of tls.certificate")
    return settings.certificate, settings.key


def no_password() -> str:
    """OpenSSL would ask for one at the terminal."""
    raise ValueError("the key is encrypted")


def tls_of(settings: TlsSettings) -> Tls | None:
    """TLS as configured; None when nothing is."""
    return None if settings == TlsSettings() else Tls(settings)
