"""What FFmpeg reads over HTTP where not all hosts may be reached: fetched for it, each address of a playlist too."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from time import monotonic
from typing import Any, Self, TypeVar

import aiohttp

from guard.core.errors import SourceError, VideoError
from guard.sources.reach import Reach
from guard.sources.resolving import ASKED_AGAIN
from guard.sources.states import Interrupted, SourceReason

WITHIN = 10.0
"""Seconds within which an address has to answer, and each piece of it has to come."""
TIMEOUT = aiohttp.ClientTimeout(total=None, connect=WITHIN, sock_read=WITHIN)
FOR_FFMPEG = {"protocol_whitelist": "http,https", "http_persistent": "0", "http_multiple": "0"}
"""Options with which FFmpeg opens no connection itself (that takes tcp), nor looks for one of its own in ours."""

Result = TypeVar("Result")


class Fetching:
    """Opens addresses for FFmpeg's thread by a client on the loop that made this, which is checked at every hop."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._loop = asyncio.get_running_loop()
        self.deadline: float | None = monotonic() + WITHIN  # of opening: FFmpeg's own does not see what we read for it
        self._responses: set[aiohttp.ClientResponse] = set()  # FFmpeg does not close what it gives up while opening it
        self._http = aiohttp.ClientSession(
            connector=reach.connector(), timeout=TIMEOUT, headers={"Accept-Encoding": "identity"}
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for response in [*self._responses]:
            self._close(response)
        await self._http.close()

    def open(self, url: str, flags: int, options: dict[str, str]) -> "Fetched":
        """What PyAV calls for each address. VideoError, and Interrupted where it may not be; neither says where."""
        if url.startswith("crypto"):  # FFmpeg's way to say so, with the segment's address behind it
            raise VideoError("url", "has encrypted segments, which are not read where hosts are limited")
        try:
            self._reach.check_url("file", url)
            response = self.wait(self._get(url, wanted(options)))
        except SourceError as error:
            detail = f"an address that it leads to {error.problem}; {error.remedy}"
            raise Interrupted(SourceReason.NOT_ADMITTED, detail, retry_after=ASKED_AGAIN) from None
        except (aiohttp.ClientError, OSError, RuntimeError, ValueError) as error:
            raise VideoError("url", f"cannot be opened ({type(error).__name__})") from None
        return Fetched(self, response)

    async def _get(self, url: str, headers: dict[str, str]) -> aiohttp.ClientResponse:
        response = await self._http.get(url, headers=headers)
        if response.status not in ((206,) if headers else (200, 206)):  # 200 is all of it, where a piece was asked for
            response.close()
            raise VideoError("url", f"cannot be opened (the host answered {response.status})")
        self._responses.add(response)
        return response

    def wait(self, question: Coroutine[Any, Any, Result]) -> Result:
        """What the loop answers; called from another thread. VideoError where opening takes too long, TimeoutError."""
        if self.deadline is not None and monotonic() > self.deadline:
            question.close()
            raise VideoError("url", f"brings nothing to open within {WITHIN:g} s")
        answer = asyncio.run_coroutine_threadsafe(question, self._loop)
        try:
            return answer.result(2 * WITHIN)
        except TimeoutError:
            answer.cancel()
            raise

    def let_go(self, response: aiohttp.ClientResponse) -> None:
        """Close a response, unless the loop has ended; called from another thread."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._close, response)

    def _close(self, response: aiohttp.ClientResponse) -> None:
        """Close a response, on the loop."""
        response.close()
        self._responses.discard(response)


class Fetched:
    """One answer, as a file that PyAV reads. There is no way back in it."""

    def __init__(self, fetching: Fetching, response: aiohttp.ClientResponse) -> None:
        self._fetching = fetching
        self._response = response

    def read(self, size: int) -> bytes:
        """The next bytes; none at the end, be it one of the connection."""
        try:
            return self._fetching.wait(self._response.content.read(size))
        except (aiohttp.ClientError, OSError, RuntimeError):
            return b""

    def close(self) -> None:
        """Let the connection go."""
        self._fetching.let_go(self._response)


def wanted(options: dict[str, str]) -> dict[str, str]:
    """The header that asks for the piece which a playlist names; none where it is the whole."""
    first, behind = int(options.get("offset", 0)), int(options.get("end_offset", 0))
    if not first and not behind:
        return {}
    return {"Range": f"bytes={first}-{behind - 1 if behind else ''}"}
