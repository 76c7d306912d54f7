"""The avatar as a participant: a real peer connection to a WHIP endpoint made of aiohttp and aiortc."""

import asyncio
import itertools

import aioice.ice
import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from trainer.data.world.publish import PictureTrack, PublishError, publish

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch):
    """A machine without any network but 127.0.0.1; also puts back what `publish` changes in aioice."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [])


class Endpoint:
    """A WHIP endpoint that keeps the pictures it receives."""

    def __init__(self) -> None:
        self.frames, self.calls = [], []
        self.peer = RTCPeerConnection()
        app = web.Application()
        app.add_routes([web.post("/whip", self.offered), web.delete("/whip/1", self.ended)])
        self.server = TestServer(app)

    async def offered(self, request):
        self.calls.append(("POST", request.content_type, dict(request.query)))
        self.peer.on("track", lambda track: setattr(self, "reading", asyncio.ensure_future(self.read(track))))
        await self.peer.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        await self.peer.setLocalDescription(await self.peer.createAnswer())
        return web.Response(
            status=201,
            text=self.peer.localDescription.sdp,
            content_type="application/sdp",
            headers={"Location": "whip/1"},
        )

    async def read(self, track):
        while True:
            self.frames.append(await track.recv())

    async def ended(self, request):
        self.calls.append(("DELETE", request.path))
        return web.Response()


async def test_pictures_arrive_and_the_stream_is_ended():
    endpoint = Endpoint()
    pictures = (np.full((64, 64), 40 + 2 * number, np.uint8) for number in range(50))
    async with endpoint.server:
        await publish(str(endpoint.server.make_url("/whip?claim=Ann")), pictures)
        endpoint.reading.cancel()
        await endpoint.peer.close()
    assert endpoint.calls == [("POST", "application/sdp", {"claim": "Ann"}), ("DELETE", "/whip/1")]
    assert len(endpoint.frames) > 20
    assert (endpoint.frames[0].width, endpoint.frames[0].height) == (64, 64)


async def test_time_stamps_are_exactly_a_25th_of_a_second_apart():
    track = PictureTrack(iter(np.zeros((3, 64, 64), np.uint8)))
    stamps = [(await track.recv()).pts for _ in range(3)]
    assert stamps == [0, 3600, 7200]
    with pytest.raises(MediaStreamError):
        await track.recv()
    assert track.finished.is_set()


@pytest.mark.parametrize("status", [404, 409, 503])
async def test_a_refusal_is_told_with_its_reason(status):
    async def refuse(request):
        return web.Response(status=status, text="no room for you")

    app = web.Application()
    app.add_routes([web.post("/whip", refuse)])
    async with TestServer(app) as server:
        with pytest.raises(PublishError, match=f"{status}: no room for you"):
            await publish(str(server.make_url("/whip")), itertools.repeat(np.zeros((64, 64), np.uint8)))


async def test_nobody_listening_is_told():
    with pytest.raises(PublishError, match="cannot be reached"):
        await publish("http://127.0.0.1:9/whip", iter(()))
