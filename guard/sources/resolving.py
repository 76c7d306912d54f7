"""Connections of aiohttp that lead nowhere else than they may, whatever names, redirects and other sides say."""

import socket
from collections.abc import Callable

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from aiohttp.resolver import DefaultResolver
from aiohttp.tracing import Trace
from yarl import URL

from guard.access.hosts import is_public
from guard.sources.states import Interrupted, SourceReason

PRIVATE = "is at an address of this machine or of a private network"
REMEDY = "name the host in attach.hosts"
ASKED_AGAIN = 30.0
"""Seconds before a name is asked for again that led into a private network."""


class CheckedConnector(aiohttp.TCPConnector):
    """Connects for requests whose address `check` lets pass; it raises what `check` raises.

    Every hop of a redirect passes here, and IP addresses do, for which aiohttp asks no resolver.
    """

    def __init__(self, check: Callable[[URL], None], resolver: AbstractResolver | None) -> None:
        super().__init__(resolver=resolver)
        self._check = check

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's own
    ) -> Connection:
        """A connection, new or kept, for a request that may be sent."""
        self._check(req.url)
        return await super().connect(req, traces, timeout)


class PublicResolver(AbstractResolver):
    """Resolves names as ever, and refuses one that leads into a private network; `free` says of whom it may.

    What it returns is what is connected to: a name that resolves otherwise the next time gains nothing.
    """

    def __init__(self, free: Callable[[str], bool]) -> None:
        self._free = free
        self._resolver = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host`; Interrupted when one of them is not public."""
        found = await self._resolver.resolve(host, port, family)
        if not self._free(host) and not all(is_public(one["host"]) for one in found):
            # No OSError: aiohttp would make a host out of it that does not answer.
            raise Interrupted(SourceReason.NOT_ADMITTED, f"the host {PRIVATE}; {REMEDY}", retry_after=ASKED_AGAIN)
        return found

    async def close(self) -> None:
        """Let go of what resolving needs."""
        await self._resolver.close()
