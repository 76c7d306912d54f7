"""Senders for the tests of WHIP: real aiortc peers with simple moving pictures."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction

import aiohttp
import av
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from guard.core.items import Crop
from tests.core.test_screens import page
from tests.peers.relay import Relay
from tests.test_faces import wide

SDP = {"Content-Type": "application/sdp"}


class MovingPicture(MediaStreamTrack):
    """Blocks that change, dark or bright, 25 square pictures a second; `width` may be changed while it runs."""

    kind = "video"

    def __init__(self, width: int = 320, *, bright: bool = False, pictures: int | None = None) -> None:
        super().__init__()
        self.width = width
        self.bright = bright
        self.sent = 0
        self._pictures = pictures
        self._began: float | None = None

    async def recv(self) -> av.VideoFrame:
        loop = asyncio.get_running_loop()
        self._began = self._began or loop.time()
        if self.sent == self._pictures:
            self.stop()
            raise MediaStreamError
        await asyncio.sleep(self._began + self.sent / 25 - loop.time())
        picture = av.VideoFrame.from_ndarray(self._pixels(self.sent), format="gray").reformat(format="yuv420p")
        picture.pts, picture.time_base = self.sent * 3600, Fraction(1, 90000)
        self.sent += 1
        return picture

    def _pixels(self, number: int) -> np.ndarray:
        blocks = np.random.default_rng(number).integers(0, 60, (8, 8)).astype(np.uint8)
        blocks += np.uint8(180 if self.bright else 30)
        return np.kron(blocks, np.ones((self.width // 8, self.width // 8), np.uint8))


class WidePicture(MovingPicture):
    """A room in dim light that flickers, with a face at `place`, which may be changed; None: nobody is there."""

    def __init__(self, place: Crop | None) -> None:
        super().__init__()
        self.place = place

    def _pixels(self, number: int) -> np.ndarray:
        places = () if self.place is None else (self.place,)
        return wide(*places, size=(640, 360), face=2) // 2 + np.uint8(8 * (number % 3))


class SharedScreen(MovingPicture):
    """A page of letters of which nothing says that it is a shared screen; its cursor blinks."""

    def _pixels(self, number: int) -> np.ndarray:
        shown = page(1280, 720)
        shown[100:120, 100:104] = 255 * (number // 12 % 2)
        return shown


@asynccontextmanager
async def publishing(url: str, *tracks: MediaStreamTrack, relay: Relay | None = None) -> AsyncIterator["Published"]:
    """A peer that sends the tracks to a WHIP endpoint while the block runs, through `relay` if there is one."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    for track in tracks:
        peer.addTrack(track)
    async with aiohttp.ClientSession() as http:
        try:
            await peer.setLocalDescription(await peer.createOffer())
            offer = peer.localDescription.sdp
            data = relay.offered(offer) if relay else offer
            async with http.post(url, data=data, headers=SDP) as response:
                answer = await response.text()
                assert response.status == 201, answer
                location = response.headers["Location"]
            answer = relay.answered(answer) if relay else answer
            await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
            yield Published(peer, str(response.url.join(aiohttp.client.URL(location))), answer)
        finally:
            await peer.close()


class Published:
    """A sender that has been accepted."""

    def __init__(self, peer: RTCPeerConnection, session: str, answer: str) -> None:
        self.peer = peer
        self.session = session
        self.answer = answer


async def offer(*kinds: str) -> str:
    """A complete offer of sections of these kinds, whose peer is gone."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    for kind in kinds:
        peer.addTransceiver(kind, "sendonly" if kind == "audio" else "sendrecv")
    await peer.setLocalDescription(await peer.createOffer())
    text = peer.localDescription.sdp
    await peer.close()
    return text
