"""WHIP (RFC 9725): a browser or encoder posts its offer and sends its video; DELETE ends it.

Senders show a bearer token (section 4.5) where the service asks who calls.

    POST /whip?claim=NAME[&call=NAME][&participant=NAME][&mirrored=1]   application/sdp -> 201, Location, answer
    DELETE /whip/ID                                        200

A participant whose connection broke posts again, and goes on with its evidence.

Candidates travel in the offer and the answer only (no trickle ICE): senders wait until they have gathered theirs.
"""

import asyncio
import secrets

from aiohttp import web

from guard.access.caller import current
from guard.calls import Calls
from guard.core.errors import InputError, SignallingError
from guard.feed import Feed
from guard.peers.description import checked_offer
from guard.peers.ingest import Ingest
from guard.peers.sessions import Sessions
from guard.updates import Event

SDP = "application/sdp"
CORS = {
    "Access-Control-Allow-Origin": "*",  # a page of any origin may publish, with a token of its own; no cookie counts
    "Access-Control-Allow-Methods": "POST, DELETE, PATCH, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Authorization",
    "Access-Control-Expose-Headers": "Location, Retry-After, WWW-Authenticate",
}


class Whip:
    """The endpoint. A stream whose connection broke is kept for `keep_seconds`."""

    def __init__(self, calls: Calls, feed: Feed, ingest: Ingest, keep_seconds: float) -> None:
        self._feed = feed
        self._sessions = Sessions(calls, ingest, keep_seconds)

    @property
    def serving(self) -> set[asyncio.Task[None]]:
        """The connections that are not closed yet."""
        return self._sessions.serving

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
        name, answer = await self._sessions.open(
            offer,
            call=request.query.get("call", ""),
            participant=request.query.get("participant") or f"whip-{secrets.token_hex(4)}",
            claim=request.query.get("claim", ""),
            continuity=yes_or_no(request, "continuity"),
            mirrored=bool(yes_or_no(request, "mirrored")),
        )
        return web.Response(status=201, text=answer, content_type=SDP, headers={"Location": f"/whip/{name}"})

    async def _end(self, request: web.Request) -> web.Response:
        session = self._sessions.named(request.match_info["key"])
        # Another tenant's session is as good as none: whether there is one is nobody else's business.
        if session is None or session.joined.tenant != current.get().tenant:
            raise web.HTTPNotFound(text="there is no such session\n")
        self._sessions.end(session)
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
        left = (Event.LEFT, "whip")
        with self._feed.watch(lambda update: (update.event, update.participant.transport) == left) as watcher:
            async for update in watcher:
                self._sessions.left(update.participant.key)

    async def close(self) -> None:
        """End every session and wait until all are gone."""
        await self._sessions.close()


def yes_or_no(request: web.Request, name: str) -> bool | None:
    """A query's 1 or 0; None when it says nothing. InputError for anything else."""
    value = request.query.get(name)
    if value not in (None, "", "0", "1"):
        raise InputError(name, f"must be 0 or 1, not {value!r}")
    return None if not value else value == "1"


async def body_of(request: web.Request) -> str:
    """The body as text. SignallingError when it is not UTF-8."""
    try:
        return (await request.read()).decode()
    except UnicodeDecodeError:
        raise SignallingError("offer", "is not UTF-8 text") from None
