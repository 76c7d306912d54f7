"""How a client reaches the service: in the clear on this machine, by TLS elsewhere, and with a token if it has one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import grpc

from guard.access.hosts import is_loopback
from guard.core.errors import SettingsError

Token = str | Callable[[], str]
"""A bearer token, or what returns the present one: it is asked at every call, for tokens run out."""
DEADLINE = 30.0
"""Seconds that a call of one request and one answer takes at most, unless told otherwise."""
OPTIONS = [
    # Bytes: in an export an embedding takes some 5 KB, and three come of every second of enrolled video.
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    # A connection that falls silent under a call is noticed within half a minute.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.ping_timeout_ms", 10_000),  # of those of busy connections, which bar keepalive's; 60 s by default
    ("grpc.http2.max_pings_without_data", 0),  # no bound: a watch may hear nothing for hours
    # Or gRPC's own pauses, up to two minutes, outlast those of guard.reopening, whose attempts then fail unsent.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.min_reconnect_backoff_ms", 5_000),  # in spite of its name, how long a connection may take to be made
]


@dataclass(frozen=True, slots=True)
class ClientTls:
    """PEM files: whom to trust (None: the roots that gRPC brings), and the client's own certificate and key, if any."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def channel(address: str, token: Token | None = None, tls: ClientTls | None = None) -> grpc.aio.Channel:
    """A channel to `address` (HOST:PORT). SettingsError for a token that would travel in the clear, OSError for files.

    Its errors are those of a plain channel.
    """
    if tls is not None:
        parts = [path.read_bytes() if path else None for path in (tls.ca, tls.key, tls.certificate)]
        made = grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(*parts), OPTIONS)
    elif token is None or is_loopback(address.rpartition(":")[0].strip("[]")):
        made = grpc.aio.insecure_channel(address, OPTIONS)
    else:
        raise SettingsError("token", f"would travel in the clear to {address}", "give tls")
    return GuardChannel(made, token)


class GuardChannel:
    """A channel whose every call carries the token, if there is one, and ends by DEADLINE where it is of one answer.

    gRPC's own call credentials need TLS, which a sidecar on the same machine does without.
    """

    def __init__(self, made: grpc.aio.Channel, token: Token | None) -> None:
        self._channel = made
        self._token = token
        self.close = made.close

    def unary_unary(self, *arguments: Any, **options: Any) -> Callable[..., Any]:
        """As grpc.aio.Channel, and so are the following."""
        return partial(self._signed(self._channel.unary_unary(*arguments, **options)), timeout=DEADLINE)

    def unary_stream(self, *arguments: Any, **options: Any) -> Callable[..., Any]:
        return self._signed(self._channel.unary_stream(*arguments, **options))

    def stream_unary(self, *arguments: Any, **options: Any) -> Callable[..., Any]:
        return self._signed(self._channel.stream_unary(*arguments, **options))

    def stream_stream(self, *arguments: Any, **options: Any) -> Callable[..., Any]:
        return self._signed(self._channel.stream_stream(*arguments, **options))

    def _signed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(request: Any, *, metadata: Sequence[tuple[str, str]] = (), **options: Any) -> Any:
            token = self._token() if callable(self._token) else self._token
            shown = () if token is None else (("authorization", f"Bearer {token}"),)
            return method(request, metadata=(*metadata, *shown), **options)

        return call
