"""One WebRTC connection that receives one video track."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog
from aiortc import MediaStreamTrack, RTCConfiguration, RTCDtlsTransport, RTCPeerConnection, RTCSessionDescription

from guard.core.errors import GuardError, LostError, ServiceError, SignallingError
from guard.peers.description import with_bandwidth
from guard.peers.handover import Handover, Sink
from guard.peers.seam import receive_reduced, unanswered

ANSWER_TIMEOUT = 10.0
"""Seconds for making an answer."""
CONNECT_TIMEOUT = 20.0
"""Seconds from the answer to a connection; ICE takes less than one when it works at all."""

log = structlog.get_logger()


class Peer:
    """Answers one offer and reads the first video track into `sink` under `key`, until either side ends it."""

    def __init__(self, key: str, sink: Sink) -> None:
        self._key = key
        self._sink = sink
        # No STUN or TURN server: nobody outside is told of a call. The peer finds us by our own addresses.
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._handover: Handover | None = None  # of the one track that is read
        self._connected = asyncio.Event()
        self._ended = asyncio.Event()
        self.lost: GuardError | None = None  # why it ended, when nobody wanted it to
        self._describing: asyncio.Task[str] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._connection.on("track", self._on_track)
        self._connection.on("connectionstatechange", self._on_state)

    async def answer(self, offer: RTCSessionDescription) -> str:
        """The answer (SDP) with all our candidates in it. SignallingError when the offer cannot be met."""
        return await self._whole(self._answer(offer))

    async def _whole(self, describing: Coroutine[Any, Any, str]) -> str:
        """What `describing` returns. Cancelled, it goes on until `close`: gathering leaves sockets open halfway."""
        self._describing = asyncio.create_task(describing)
        return await asyncio.shield(self._describing)

    async def _answer(self, offer: RTCSessionDescription) -> str:
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
        return await self._whole(self._offer())

    async def _offer(self) -> str:
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
        if track.kind == "video" and self._handover is None:
            self._handover = Handover(self._key, self._sink, self._on_end)
            receiver = next(one for one in self._connection.getReceivers() if one.track is track)
            receive_reduced(receiver, track, self._handover)
            receiver.transport.on("statechange", lambda: self._on_transport(receiver.transport))

    def _on_end(self) -> None:
        if self._handover is not None and self._handover.failed and not self._ended.is_set():
            self.lost = ServiceError()
        self._over()

    def _on_transport(self, transport: RTCDtlsTransport) -> None:
        if unanswered(transport) and not self._ended.is_set():
            self.lost = LostError("the sender does not answer")

    def _on_state(self) -> None:
        state = self._connection.connectionState
        log.debug("connection", stream=self._key, state=state)
        if state == "connected":
            self._connected.set()
            self._sink.connected(self._key)
        elif state in ("failed", "closed"):
            self._over()

    def _over(self) -> None:
        """The connection is over: the other side has ended it, or is not heard of any more."""
        self._ended.set()
        self._connected.set()

    def end(self) -> None:
        """Let `run` come to its end; nothing reaches the sink any more."""
        if self._handover is not None:
            self._handover.closed = True  # what still waits to be decoded need not be
        self._over()

    async def run(self) -> None:
        """Wait until the connection is over: it never came about, the other side ended it, or `end` was called."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await self._connected.wait()
        except TimeoutError:
            log.info("connection never came about", stream=self._key)
            self.lost = LostError("no connection came about")
            return
        await self._ended.wait()

    async def close(self) -> None:
        """Close the connection and stop reading. Cancelled, it goes on: aiortc closes once only, and keeps the rest."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        self.end()
        if self._describing is not None:
            await asyncio.gather(self._describing, return_exceptions=True)
        await self._connection.close()
