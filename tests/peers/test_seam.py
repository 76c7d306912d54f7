"""The places where aiortc is changed are there, and receivers that are not ours are left as they are."""

import asyncio
import queue
import threading

import pytest
from aiortc import RTCPeerConnection, rtcrtpreceiver

from guard.peers import seam
from guard.peers.assembly import Assembler
from guard.peers.handover import Handover


@pytest.fixture
async def connection() -> RTCPeerConnection:
    made = RTCPeerConnection()
    yield made
    await made.close()


async def test_a_receiver_assembles_and_asks_by_our_rules(connection: RTCPeerConnection) -> None:
    receiver = connection.addTransceiver("video").receiver
    receiver._track = rtcrtpreceiver.RemoteStreamTrack("video")
    handover = Handover("key", None, lambda: None)
    seam.receive_reduced(receiver, receiver.track, handover)
    assembler = receiver._RTCRtpReceiver__jitter_buffer
    assert isinstance(assembler, Assembler)
    assert receiver._RTCRtpReceiver__nack_generator is assembler.requests
    assert isinstance(receiver._RTCRtpReceiver__decoder_queue, queue.SimpleQueue)
    assert receiver.track._queue is handover


async def test_another_aiortc_is_noticed(connection: RTCPeerConnection) -> None:
    receiver = connection.addTransceiver("video").receiver
    del receiver._RTCRtpReceiver__nack_generator
    with pytest.raises(AssertionError, match="nack_generator"):
        seam.receive_reduced(receiver, rtcrtpreceiver.RemoteStreamTrack("video"), None)


async def test_other_receivers_decode_as_ever() -> None:
    assert rtcrtpreceiver.decoder_worker is seam._worker
    tasks: queue.Queue = queue.Queue()
    tasks.put(None)
    out: asyncio.Queue = asyncio.Queue()
    rtcrtpreceiver.decoder_worker(asyncio.get_running_loop(), tasks, out, threading.Event())
    assert await asyncio.wait_for(out.get(), 5) is None
