"""How commands reach a running service, and what they say when it cannot be reached."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guard.cli.output import FAILED, MISTAKE, fail
from guard.core.errors import SettingsError

if TYPE_CHECKING:
    from guard.client_sync import SyncGuardClient

ServiceOption = Annotated[str, typer.Option(envvar="AVATAR_GUARD_SERVICE", help="The service's gRPC address.")]
TokenOption = Annotated[
    str | None,
    typer.Option("--token", envvar="AVATAR_GUARD_TOKEN", help="Bearer token for the service.", show_default="none"),
]
CaOption = Annotated[
    Path | None,
    typer.Option("--ca", envvar="AVATAR_GUARD_CA", help="PEM to trust; the service speaks TLS.", show_default="none"),
]
CertificateOption = Annotated[
    Path | None,
    typer.Option(
        "--certificate",
        envvar="AVATAR_GUARD_CLIENT_CERTIFICATE",
        help="PEM of our own certificate, for a service that asks for one.",
        show_default="none",
    ),
]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key", envvar="AVATAR_GUARD_CLIENT_KEY", help="PEM of its private key.", show_default="none"),
]
SERVICE = "127.0.0.1:50051"
Reach = tuple[str, str | None, Path | None, Path | None, Path | None]
"""The five options above, in their order."""


@contextmanager
def client(
    service: str, token: str | None, ca: Path | None, certificate: Path | None, key: Path | None
) -> "Iterator[SyncGuardClient]":
    """A client of the service; a refusal becomes the one line of this command."""
    import grpc

    from guard.client import ClientTls
    from guard.client_sync import SyncGuardClient

    if (certificate is None) is not (key is None):
        raise SettingsError("--certificate", "and --key go together", "give both")
    for option, path in (("--ca", ca), ("--certificate", certificate), ("--key", key)):
        if path is not None and not path.is_file():
            raise SettingsError(option, f"there is no file {path}")
    tls = ClientTls(ca, certificate, key) if ca or certificate else None
    try:
        with SyncGuardClient(service, token=token, tls=tls) as guard:
            yield guard
    except grpc.aio.AioRpcError as error:
        said = error.details() or error.code().name
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            said = away(service, said)
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            said = f"{service} has not answered in time; what was asked may be done all the same"
        fail(said, MISTAKE if error.code() is grpc.StatusCode.INVALID_ARGUMENT else FAILED)


def away(service: str, said: str) -> str:
    """What to say of a service that is UNAVAILABLE, by what it said itself, or gRPC instead of it."""
    if "andshake failed" in said:
        cause = re.search(r"OPENSSL_internal:(\w+)", said)
        why = f" ({cause[1]})" if cause else ""
        return f"the service at {service} and this command do not agree on TLS{why}; look at --ca"
    if "Socket closed" in said and "connect" in said:
        return f"{service} closes the connection; a service with TLS needs --ca, and perhaps --certificate and --key"
    if "connect" in said or "resolving" in said:
        return f"no service answers at {service}; is `guard serve` running?"
    return said
