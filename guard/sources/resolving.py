"""What names resolve to, where only hosts of the internet may be reached."""

import socket
from collections.abc import Callable

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from guard.access.hosts import is_public
from guard.core.errors import SourceError

PRIVATE = "is at an address of this machine or of a private network"
REMEDY = "name the host in attach.hosts"


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
        """The addresses of `host`; OSError when one of them is not public."""
        found = await self._resolver.resolve(host, port, family)
        if not self._free(host) and not all(is_public(one["host"]) for one in found):
            raise OSError(None, f"{PRIVATE}; {REMEDY}")
        return found

    async def close(self) -> None:
        """Let go of what resolving needs."""
        await self._resolver.close()


def check_public(host: str) -> None:
    """Look up a name now. SourceError when an address of it is not public; unknown names are found out later."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return
    if not all(is_public(str(one[4][0])) for one in found):
        raise SourceError("url", PRIVATE, REMEDY)
