"""A WHIP client (RFC 9725): publishes an avatar's pictures over WebRTC in real time."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from urllib.parse import urljoin

import aioice.ice
import av
import numpy as np
from aiohttp import ClientSession
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from numpy.typing import NDArray

from trainer.data.world.video import video_frame

FPS = 25
_CLOCK = 90_000  # RTP's clock for video


class PublishError(Exception):
    """The service did not take the stream; the text says why."""


class PictureTrack(MediaStreamTrack):
    """A video track of pictures (S, S) uint8: one every 40 ms by the event loop's clock, time stamps exact."""

    kind = "video"

    def __init__(self, pictures: Iterator[NDArray[np.uint8]]) -> None:
        super().__init__()
        self.finished = asyncio.Event()
        self._pictures = pictures
        self._started: float | None = None  # when the first picture was due; None before
        self._sent = 0

    async def recv(self) -> av.VideoFrame:
        """The next picture when it is due. MediaStreamError: there are no more."""
        loop = asyncio.get_running_loop()
        self._started = loop.time() if self._started is None else self._started
        await asyncio.sleep(self._started + self._sent / FPS - loop.time())
        picture = next(self._pictures, None)
        if picture is None:
            self.finished.set()
            raise MediaStreamError
        frame = video_frame(picture)
        frame.pts, frame.time_base = self._sent * _CLOCK // FPS, Fraction(1, _CLOCK)
        self._sent += 1
        return frame


async def publish(url: str, pictures: Iterator[NDArray[np.uint8]]) -> None:
    """Publish all pictures to the WHIP endpoint at `url`, then take leave. PublishError: refused or never connected."""
    _gather_loopback()
    track = PictureTrack(pictures)
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTrack(track)
    try:
        await peer.setLocalDescription(await peer.createOffer())
        async with ClientSession() as session:
            resource = await _exchange(session, url, peer)
            try:
                await _until_over(peer, track)
            finally:
                with suppress(OSError):
                    await session.delete(resource)
    finally:
        await peer.close()


async def _exchange(session: ClientSession, url: str, peer: RTCPeerConnection) -> str:
    """Send the offer, take the answer, return the address of the resource that stands for this stream."""
    headers = {"Content-Type": "application/sdp"}
    try:
        async with session.post(url, data=peer.localDescription.sdp, headers=headers) as response:
            text = await response.text()
            if response.status != 201 or "Location" not in response.headers:
                raise PublishError(f"{url} answered {response.status}: {text.strip()[:200]}")
            await peer.setRemoteDescription(RTCSessionDescription(text, "answer"))
            return urljoin(str(response.url), response.headers["Location"])
    except OSError as error:
        raise PublishError(f"{url} cannot be reached: {error}") from None


async def _until_over(peer: RTCPeerConnection, track: PictureTrack) -> None:
    """Wait for the last picture, or for the other side to go."""
    gone = asyncio.Event()

    @peer.on("connectionstatechange")
    def changed() -> None:
        if peer.connectionState in ("failed", "closed"):
            gone.set()

    waits = [asyncio.create_task(event.wait()) for event in (track.finished, gone)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    if gone.is_set():
        raise PublishError("the connection was lost")


def _gather_loopback() -> None:
    """Let ICE offer 127.0.0.1 as well, which aioice leaves out: a machine may have no other address."""
    gathered = aioice.ice.get_host_addresses

    def with_loopback(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return [*gathered(use_ipv4, use_ipv6), *(["127.0.0.1"] if use_ipv4 else [])]

    aioice.ice.get_host_addresses = with_loopback
