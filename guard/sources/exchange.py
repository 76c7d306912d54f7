"""The HTTP side of WHEP (draft-ietf-wish-whep), by which one stream of an endpoint is played.

POST offer  -> 201, Location, answer                    the usual way
            -> 406, Location, offer; PATCH answer       a server that offers something else
POST empty  -> 201, Location, offer; PATCH answer       a server that always offers, as earlier drafts had it
DELETE Location                                         at the end
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NoReturn

import aiohttp
import structlog
from yarl import URL

from guard.core.errors import SignallingError
from guard.sources.media import ReceivingPeer, check_answer, usable_offer
from guard.sources.reach import Reach
from guard.sources.states import Interrupted, SourceReason

log = structlog.get_logger()

SDP = "application/sdp"
GOODBYE = aiohttp.ClientTimeout(total=3)
"""For the end of a session, for which a caller or the end of the service waits."""
LARGEST = 64 * 1024
"""Bytes of a description."""
COUNTER_OFFER = 406
NO_CLIENT_OFFERS = frozenset({400, 405, 406, 415, 422})
"""Statuses of servers that want to make the offer themselves."""
REDIRECTS, MOST_REDIRECTS = frozenset({307, 308}), 3
Answer = tuple[int, str, float | None]
"""Status, body and Retry-After."""


class Exchange:
    """The HTTP side of one session."""

    def __init__(self, http: aiohttp.ClientSession, reach: Reach, url: str, token: str) -> None:
        self._http = http
        self._reach = reach
        self._url = URL(url)
        self._token = token
        self._sessions: list[URL] = []  # addresses of sessions that the endpoint named; the last is the one in use

    @asynccontextmanager
    async def playing(self, make_peer: Callable[[], ReceivingPeer]) -> AsyncIterator[ReceivingPeer]:
        """A peer that has been negotiated; closed, and the session deleted, in any case."""
        peer = make_peer()
        try:
            counter_offer = await self._offer(peer)
            if counter_offer is not None:
                await peer.close()
                peer = make_peer()
                await self._answer(peer, counter_offer)
            yield peer
        finally:
            await peer.close()
            await self._delete()

    async def _offer(self, peer: ReceivingPeer) -> str | None:
        """Post our offer. Returns the server's own offer when it makes one instead of answering."""
        status, body, retry_after = await self._post(await peer.offer())
        if status == COUNTER_OFFER and is_description(body):
            return body
        if status in NO_CLIENT_OFFERS:
            status, body, retry_after = await self._post("")
            if status == 201 and is_description(body):
                return body
        if status != 201:
            refused(status, retry_after)
        try:
            check_answer(body)
            await peer.accept(body)
        except SignallingError as error:
            raise Interrupted(SourceReason.CODEC, str(error)) from None
        return None

    async def _answer(self, peer: ReceivingPeer, offer: str) -> None:
        """Answer the server's offer."""
        try:
            answer = await peer.answer(usable_offer(offer))
        except SignallingError as error:
            raise Interrupted(SourceReason.CODEC, str(error)) from None
        if not self._sessions:
            raise Interrupted(SourceReason.REFUSED, "the endpoint made an offer without a Location")
        session = self._sessions[-1]
        headers = self._headers(session) | {"Content-Type": SDP}
        async with self._http.patch(session, data=answer, headers=headers, allow_redirects=False) as response:
            if response.status not in (200, 201, 204):
                refused(response.status, None)

    async def _post(self, offer: str) -> Answer:
        """What is answered. Who is cancelled waits a while for it all the same: it may name a session to delete."""
        asking = asyncio.create_task(self._ask(offer))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            await asyncio.wait({asking}, timeout=GOODBYE.total)
            raise
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def _ask(self, offer: str) -> Answer:
        """Redirects are followed to where the service may reach."""
        for _ in range(MOST_REDIRECTS + 1):
            headers = self._headers(self._url) | {"Content-Type": SDP, "Accept": SDP}
            async with self._http.post(self._url, data=offer, headers=headers, allow_redirects=False) as response:
                location = response.headers.get("Location", "")
                if response.status not in REDIRECTS:
                    if location and response.status in (201, COUNTER_OFFER):
                        session = joined(self._url, location)
                        self._reach.check_url("whep", str(session))
                        self._sessions.append(session)
                    return response.status, await body_of(response), seconds(response.headers.get("Retry-After", ""))
                following = joined(self._url, location)
                self._reach.check_url("whep", str(following))
                self._token = self._token if following.origin() == self._url.origin() else ""
                self._url = following
        raise Interrupted(SourceReason.REFUSED, f"the endpoint redirects more than {MOST_REDIRECTS} times")

    def _headers(self, url: URL) -> dict[str, str]:
        """The token goes to the endpoint's own origin only, whatever address its Location names."""
        ours = self._token and url.origin() == self._url.origin()
        return {"Authorization": f"Bearer {self._token}"} if ours else {}

    async def _delete(self) -> None:
        sessions, self._sessions = dict.fromkeys(self._sessions), []
        await asyncio.gather(*map(self._delete_one, sessions))

    async def _delete_one(self, session: URL) -> None:
        headers = self._headers(session)
        try:
            async with self._http.delete(session, headers=headers, allow_redirects=False, timeout=GOODBYE):
                pass
        except Exception as error:  # must not take the place of a cancellation; the server will notice the end itself
            log.info("session not deleted", error=type(error).__name__)


def joined(base: URL, location: str) -> URL:
    """Where a Location leads. Interrupted for one that is no address."""
    try:
        there = base.join(URL(location))
        _ = there.port  # what is no host or port is found out here at the earliest
        (there.raw_host or "").encode("idna")  # nor is a name that cannot be looked up, such as one with a long label
    except ValueError:
        raise Interrupted(SourceReason.REFUSED, "the endpoint gave a Location that is no address") from None
    return there


async def body_of(response: aiohttp.ClientResponse) -> str:
    """The body as text, cut off behind LARGEST."""
    body = b""
    async for part in response.content.iter_any():
        body += part
        if len(body) > LARGEST:
            break
    return body[:LARGEST].decode("utf-8", "replace")


def is_description(body: str) -> bool:
    """Whether the body may be a session description."""
    return body.lstrip().startswith("v=0")


def seconds(retry_after: str) -> float | None:
    """A Retry-After of seconds; None for a date or nothing, half an hour at most."""
    return min(float(retry_after), 1800.0) if retry_after.isascii() and retry_after.isdigit() else None


def refused(status: int, retry_after: float | None) -> NoReturn:
    """The endpoint does not play. It is asked again: publishers come late, and tokens change."""
    said = {401: "it asks for a token", 403: "the token does not suffice", 404: "nothing is played there"}
    said[409] = "nobody publishes there yet"
    detail = f"the endpoint answered {status}" + (f": {said[status]}" if status in said else "")
    raise Interrupted(SourceReason.REFUSED, detail, retry_after=retry_after)
