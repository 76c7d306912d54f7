"""A WHEP endpoint for tests: its HTTP side, and players that send a video through aiortc."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from aiohttp import web
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from tests.peers.senders import MovingPicture

SDP = "application/sdp"
TOKEN = "let-me-in"


class Player(Protocol):
    """The sending side of one session."""

    async def answer(self, offer: str) -> str: ...
    async def offer(self) -> str: ...
    async def accept(self, answer: str) -> None: ...
    async def close(self) -> None: ...


class MovingPlayer:
    """Sends a moving picture."""

    def __init__(self, *, bright: bool = False) -> None:
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.peer.addTrack(MovingPicture(bright=bright))

    async def answer(self, offer: str) -> str:
        await self.peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await self.peer.setLocalDescription(await self.peer.createAnswer())
        return str(self.peer.localDescription.sdp)

    async def offer(self) -> str:
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return str(self.peer.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        await self.peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def close(self) -> None:
        await self.peer.close()


class Endpoint:
    """Plays one video for each session. `mode` is how it negotiates: answers, counters, offers.

    Or mumbles: it begins a session for an offer, says nothing that can be read, and makes an offer of its own if asked.
    """

    def __init__(self, make: Callable[[], Player], mode: str = "answers") -> None:
        self._make = make
        self.mode = mode
        self.refusal: web.Response | None = None  # what every POST is answered, while it is set
        self.declared: Callable[[str], str] = lambda description: description  # what the player's client makes of it
        self.sessions: dict[str, Player] = {}
        self.requests: list[str] = []  # method and path, in order
        self.tokens: list[str] = []
        self.url = ""

    async def post(self, request: web.Request) -> web.Response:
        self._note(request)
        offer = await request.text()
        if self.refusal is not None:
            return web.Response(status=self.refusal.status, headers=self.refusal.headers)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        if self.mode == "offers" and offer:
            return web.Response(status=400, text="send an empty body")
        player, name = self._make(), str(len(self.sessions))
        self.sessions[name] = player
        text = await (player.answer(offer) if self.mode == "answers" else player.offer())
        mumbled = self.mode == "mumbles" and offer
        status = 406 if self.mode == "counters" or mumbled else 201
        text = "not like that" if mumbled else self.declared(text)
        return web.Response(status=status, text=text, content_type=SDP, headers={"Location": f"/session/{name}"})

    async def patch(self, request: web.Request) -> web.Response:
        self._note(request)
        await self.sessions[request.match_info["name"]].accept(await request.text())
        return web.Response(status=204)

    async def delete(self, request: web.Request) -> web.Response:
        self._note(request)
        await self.sessions.pop(request.match_info["name"]).close()
        return web.Response()

    async def moved(self, request: web.Request) -> web.Response:
        self._note(request)
        return web.Response(status=307, headers={"Location": request.query["to"]})

    def _note(self, request: web.Request) -> None:
        self.requests.append(f"{request.method} {request.path}")
        self.tokens.append(request.headers.get("Authorization", ""))


@asynccontextmanager
async def playing(endpoint: Endpoint) -> AsyncIterator[Endpoint]:
    """Serve the endpoint on a free port of this machine; what is still played at the end stops."""
    app = web.Application()
    app.add_routes(
        [
            web.post("/whep", endpoint.post),
            web.post("/moved", endpoint.moved),
            web.patch("/session/{name}", endpoint.patch),
            web.delete("/session/{name}", endpoint.delete),
        ]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoint.url = f"http://127.0.0.1:{runner.addresses[0][1]}/whep"
    try:
        yield endpoint
    finally:
        for player in list(endpoint.sessions.values()):
            await player.close()
        await runner.cleanup()
