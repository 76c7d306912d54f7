"""WHIP (RFC 9725): a browser or encoder posts its offer and sends its video; DELETE ends it.

Senders show a bearer token (section 4.5) where the service asks who calls.

    POST /whip?claim=NAME[&call=NAME][&participant=NAME]   application/sdp -> 201, Location, answer
    DELETE /whip/ID                                        200

Candidates travel in the offer and the answer only (no trickle ICE): senders wait until they have gathered theirs.
"""

import asyncio
import secrets

from aiohttp import web

from guard.access.caller import current
from guard.calls import Calls
from guard.core.errors import GuardError, SignallingError
from guard.feed import Feed
from guard.peers.description import checked_offer
from guard.peers.ingest import AnyPeer, Ingest
from guard.updates import Event

SDP = "application/sdp"
CORS = {
    "Access-Control-Allow-Origin": "*",  # a page of any origin may publish, with a token of its own; no cookie counts
    "Access-Control-Allow-Methods": "POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Authorization",
    "Access-Control-Expose-Headers": "Location, Retry-After, WWW-Authenticate",
}


class Whip:
    """The endpoint and the peers that came through it."""

    def __init__(self, calls: Calls, feed: Feed, ingest: Ingest) -> None:
        self._calls = calls
        self._ingest = ingest
        self._feed = feed
        self._peers: dict[str, AnyPeer] = {}
        self.serving: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """What to add to the HTTP application."""
        return [
            web.post("/whip", self._publish),
            web.options("/whip", self._options),
            web.delete("/whip/{key}", self._end),
            web.options("/whip/{key}", self._options),
            web.patch("/whip/{key}", self._trickle),
        ]

    async def _publish(self, request: web.Request) -> web.Response:
        if request.content_type != SDP:
            raise web.HTTPUnsupportedMediaType(text=f"Content-Type: must be {SDP}, not {request.content_type}\n")
        offer = checked_offer(await body_of(request))
        joined = await self._calls.join(
            call=request.query.get("call", ""),
            participant=request.query.get("participant") or f"whip-{secrets.token_hex(4)}",
            claim=request.query.get("claim", ""),
            transport="whip",
            tenant=current.get().tenant,
        )
        try:
            peer = self._peers[joined.key] = self._ingest.open(joined.key, self._calls)
        except GuardError as error:
            self._calls.leave(joined.key, error)
            raise
        self._start(joined.key, peer)
        try:
            answer = await peer.answer(offer)
        except BaseException:  # a sender that hangs up while it waits cancels this
            peer.end()
            raise
        return web.Response(status=201, text=answer, content_type=SDP, headers={"Location": f"/whip/{joined.key}"})

    def _start(self, key: str, peer: AnyPeer) -> None:
        serving = asyncio.create_task(self._serve(key, peer))
        self.serving.add(serving)
        serving.add_done_callback(self.serving.discard)

    async def _serve(self, key: str, peer: AnyPeer) -> None:
        """Keep the peer until it is over, and leave nothing of it behind."""
        try:
            await peer.run()
        finally:
            self._calls.leave(key, peer.lost)
            del self._peers[key]
            await peer.close()

    async def _end(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        peer = self._peers.get(key)
        # Another tenant's session is as good as none: whether there is one is nobody else's business.
        if peer is None or key not in {one.key for one in self._calls.participants(tenant=current.get().tenant)}:
            raise web.HTTPNotFound(text="there is no such session\n")
        peer.end()
        return web.Response()

    async def _options(self, request: web.Request) -> web.Response:
        return web.Response(status=204, headers={"Accept-Post": SDP})

    async def allow_browsers(self, request: web.Request, response: web.StreamResponse) -> None:
        """Let pages of any origin publish; a signal for aiohttp, so that refusals can be read by them too."""
        if request.path.startswith("/whip"):
            response.headers.update(CORS)

    async def _trickle(self, request: web.Request) -> web.Response:
        raise web.HTTPMethodNotAllowed(
            "PATCH", ["DELETE", "OPTIONS"], text="trickle ICE is not supported: send all candidates in the offer\n"
        )

    async def follow(self) -> None:
        """End the peers of participants that left for another reason than their own; runs until cancelled."""
        with self._feed.watch(lambda update: update.participant.transport == "whip") as watcher:
            async for update in watcher:
                peer = self._peers.get(update.participant.key)
                if update.event is Event.LEFT and peer is not None:
                    peer.end()

    async def close(self) -> None:
        """End every peer and wait until all are gone."""
        for peer in self._peers.values():
            peer.end()
        await asyncio.gather(*self.serving, return_exceptions=True)


async def body_of(request: web.Request) -> str:
    """The body as text. SignallingError when it is not UTF-8."""
    try:
        return (await request.read()).decode()
    except UnicodeDecodeError:
        raise SignallingError("offer", "is not UTF-8 text") from None
