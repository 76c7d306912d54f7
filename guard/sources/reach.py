"""What a caller may make the service open: files of named folders, and addresses of named schemes and hosts.

Whoever attaches a source lets the service speak to an address of his choice, from where the service stands.
"""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from guard.access.hosts import is_literal, is_public
from guard.core.errors import SourceError
from guard.sources.resolving import PRIVATE, REMEDY, CheckedConnector, PublicResolver
from guard.sources.specs import AnySpec, AttachSettings

SCHEMES = {
    "file": frozenset({"http", "https", "rtsp", "rtsps", "rtmp", "rtmps"}),
    "whep": frozenset({"http", "https"}),
    "janus": frozenset({"ws", "wss"}),
}
"""Schemes that each kind of source speaks."""


class Reach:
    """Checks addresses and paths by the settings.

    Where no hosts are named, all may be reached by callers of this machine; where callers are asked who they are,
    they may come from anywhere and are let out to the internet alone (`public_only`), and to where `configured`
    sources are.
    """

    def __init__(
        self, settings: AttachSettings, configured: Iterable[AnySpec] = (), *, public_only: bool = False
    ) -> None:
        self._schemes = frozenset(scheme.lower() for scheme in settings.schemes)
        self._hosts = frozenset(map(in_one_spelling, settings.hosts))
        self._configured = frozenset(in_one_spelling(urlsplit(spec.url).hostname or "") for spec in configured)
        self._public_only = public_only and not self._hosts
        self._folders = tuple(folder.resolve() for folder in settings.folders)

    def check_url(self, kind: str, url: str) -> None:
        """Raises SourceError for an address that this kind of source must not be at."""
        if not url.isprintable() or " " in url:  # libraries differ in what they make of them
            raise SourceError("url", "holds a space or another character that no address has", "write it as %20 or so")
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise SourceError("url", "is no address that can be read") from None
        if parts.scheme not in SCHEMES[kind]:
            raise SourceError("url", f"a {kind} source is not at {parts.scheme or 'a path'}", one_of(SCHEMES[kind]))
        self._check(parts.scheme, host or "")

    def _check(self, scheme: str, host: str) -> None:
        """Raises SourceError for what no source may be at."""
        host = in_one_spelling(host)
        if scheme not in self._schemes:
            raise SourceError("url", f"{scheme} is not allowed here", "see attach.schemes")
        if not host:
            raise SourceError("url", "names no host")
        if self._hosts and host not in self._hosts:
            raise SourceError("url", "is at a host that is not allowed here", "see attach.hosts")
        if not self._free(host) and is_literal(host) and not is_public(host):
            raise SourceError("url", PRIVATE, REMEDY)

    def check_uncontrolled(self, url: str) -> None:
        """Raises SourceError unless whoever answers at the address is trusted to lead a reader of its own anywhere.

        FFmpeg looks names of RTSP and RTMP up by itself, another time, and follows redirects of RTSP.
        """
        if not self._free(urlsplit(url).hostname or ""):
            raise SourceError("url", "is of a kind that is read only from hosts that are named", REMEDY)

    @property
    def limited(self) -> bool:
        """Whether some hosts may not be reached."""
        return bool(self._hosts) or self._public_only

    def connector(self) -> aiohttp.TCPConnector:
        """For aiohttp: connects to no address, and to no name that leads, where the service may not."""
        resolver = PublicResolver(self._free) if self._public_only else None
        return CheckedConnector(lambda url: self._check(url.scheme, url.raw_host or ""), resolver)

    def _free(self, host: str) -> bool:
        """Whether a host may be anywhere."""
        return not self._public_only or in_one_spelling(host) in self._configured

    def file(self, path: str) -> Path:
        """The file, with links followed. SourceError unless it lies below an allowed folder, there or not."""
        if "\0" not in path:
            real = Path(path).resolve()  # a link inside an allowed folder may lead out of it
            if any(real.is_relative_to(folder) for folder in self._folders):
                return real
        raise SourceError("url", "lies in no folder that may be read", "see attach.folders")


def in_one_spelling(host: str) -> str:
    """A host as aiohttp spells it: in lower case, names in ASCII, addresses in their short form."""
    try:
        return URL.build(scheme="http", host=host).raw_host or ""
    except ValueError:
        return host.lower()


def one_of(words: frozenset[str]) -> str:
    """What to do about a wrong scheme."""
    return f"use {', '.join(sorted(words))}"
