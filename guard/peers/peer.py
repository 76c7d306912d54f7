"""One WebRTC connection that receives one video track."""

import asyncio
from concurrent.futures import Executor

import structlog
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from guard.core.errors import SignallingError
from guard.peers.description import with_bandwidth
from guard.peers.track import Sink, TrackReader

ANSWER_TIMEOUT = 10.0
"""Seconds for making an answer."""
CONNECT_TIMEOUT = 20.0
"""Seconds from the answer to a connection; ICE takes less than one when it works at all."""

log = structlog.get_logger()


class Peer:
    """Answers one offer and reads the first video track into `sink` under `key`, until either side ends it."""

    def __init__(self, key: str, sink: Sink, pool: Executor) -> None:
        self._key = key
        self._sink = sink
        self._pool = pool
        # No STUN or TURN server: nobody outside is told of a call. The peer finds us by our own addresses.
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._reading: asyncio.Task[None] | None = None  # the one track that is read
        self._connected = asyncio.Event()
        self._ended = asyncio.Event()
        self._connection.on("track", self._on_track)
        self._connection.on("connectionstatechange", self._on_state)

    async def answer(self, offer: RTCSessionDescription) -> str:
        """The answer (SDP) with all our candidates in it. SignallingError when the offer cannot be met."""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                await self._connection.setRemoteDescription(offer)
                self._refuse_others()
                await self._connection.setLocalDescription(await self._connection.createAnswer())
        except Exception as error:  # aiortc has no error of its own for most of what an offer can get wrong
            log.info("offer refused", stream=self._key, error=type(error).__name__)
            raise SignallingError("offer", "cannot be met", " ".join(str(error).split())) from None
        return with_bandwidth(self._connection.localDescription.sdp)

    async def offer(self) -> str:
        """An offer (SDP) to receive one video, with all our candidates in it."""
        self._connection.addTransceiver("video", direction="recvonly")
        await self._connection.setLocalDescription(await self._connection.createOffer())
        return str(self._connection.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        """Take the answer (SDP) to our offer. SignallingError when it cannot be understood or fulfilled."""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        except Exception as error:  # aiortc has no error of its own for most of what an answer can get wrong
            log.info("answer refused", stream=self._key, error=type(error).__name__)
            raise SignallingError("answer", "cannot be met", " ".join(str(error).split())) from None

    def _refuse_others(self) -> None:
        """Receive nothing but the track that is read: what nobody drains would pile up."""
        wanted = next((t for t in self._connection.getTransceivers() if t.kind == "video" and t.receiver.track), None)
        for transceiver in self._connection.getTransceivers():
            transceiver.direction = "recvonly" if transceiver is wanted else "inactive"

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "video" and self._reading is None:
            self._reading = asyncio.create_task(TrackReader(self._key, track, self._sink, self._pool).run())
            self._reading.add_done_callback(self._on_read)

    def _on_read(self, reading: asyncio.Task[None]) -> None:
        if not reading.cancelled() and (fault := reading.exception()):
            log.error("reading failed", stream=self._key, exc_info=fault)
        self.end()

    def _on_state(self) -> None:
        state = self._connection.connectionState
        log.debug("connection", stream=self._key, state=state)
        if state == "connected":
            self._connected.set()
        elif state in ("failed", "closed"):
            self.end()

    def end(self) -> None:
        """Let `run` come to its end."""
        self._ended.set()
        self._connected.set()

    async def run(self) -> None:
        """Wait until the connection is over: it never came about, the other side ended it, or `end` was called."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await self._connected.wait()
        except TimeoutError:
            log.info("connection never came about", stream=self._key)
            return
        await self._ended.wait()

    async def close(self) -> None:
        """Close the connection and stop reading."""
        await self._connection.close()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
