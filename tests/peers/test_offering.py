"""Who offers to receive gets the sender's frames, in this process and through another one."""

import asyncio

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from prometheus_client import CollectorRegistry

from guard.core.errors import SignallingError
from guard.core.items import Cut, Frame
from guard.metrics import Metrics
from guard.peers.ingest import Ingest
from guard.peers.loopback import allow_loopback
from tests.peers.senders import MovingPicture
from tests.service_fakes import until

pytestmark = pytest.mark.slow


class Record:
    """A sink that counts."""

    def __init__(self) -> None:
        self.frames = 0
        self.connections = 0

    def connected(self, key: str) -> None:
        self.connections += 1

    def offer(self, key: str, frame: Frame, at: float) -> None:
        assert key == "key"
        self.frames += 1

    def looks(self, key: str) -> bool:
        return False

    def cut(self, key: str, cut: Cut, lost: int = 0) -> None:
        raise AssertionError(f"{cut} on a network that loses nothing")


@pytest.mark.parametrize("processes", [0, 1])
async def test_an_offer_to_receive_is_answered_by_a_sender(processes: int) -> None:
    allow_loopback(always=True)
    ingest = Ingest(processes, Metrics(CollectorRegistry(), "fake"), "info", loopback=True)
    running = asyncio.create_task(ingest.run())
    await until(lambda: len(ingest.running) == processes)
    sender = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    sink = Record()
    peer = ingest.open("key", sink)
    try:
        sender.addTrack(MovingPicture())
        await sender.setRemoteDescription(RTCSessionDescription(await peer.offer(), "offer"))
        await sender.setLocalDescription(await sender.createAnswer())
        with pytest.raises(SignallingError, match="answer: "):
            await peer.accept("v=0\r\nm=nonsense\r\n")
        await peer.accept(sender.localDescription.sdp)
        await until(lambda: sink.frames > 5)
        assert sink.connections == 1
        await sender.close()
        await asyncio.wait_for(peer.run(), 10)
        assert peer.lost is None
    finally:
        await sender.close()
        await peer.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
