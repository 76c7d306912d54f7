"""Where aiortc 1.16 is changed: it offers no setting for any of this, and tests hold each of the names used here.

A receiver that `receive_reduced` was called for assembles frames by our rules and decodes them into a handover; every
other one is left as it is. aiortc starts a receiver's thread with the module's `decoder_worker`, on its track's queue.
"""

import asyncio
import queue
import threading
from typing import Any

from aiortc import MediaStreamTrack, RTCDtlsTransport, RTCRtpReceiver, rtcrtpreceiver

from guard.peers.assembly import Assembler
from guard.peers.decoding import Decoding
from guard.peers.handover import Handover

_stock_worker = rtcrtpreceiver.decoder_worker


def receive_reduced(receiver: RTCRtpReceiver, track: MediaStreamTrack, handover: Handover) -> None:
    """Let what the receiver gets go to `handover`; to be called before it has started, which an answer does."""
    assembler = Assembler()
    parts = {
        "jitter_buffer": assembler,
        "nack_generator": assembler.requests,
        "decoder_queue": queue.SimpleQueue(),  # that of aiortc takes its locks in Python, for every frame
    }
    for name, part in parts.items():
        private = f"_RTCRtpReceiver__{name}"
        if not hasattr(receiver, private):
            raise AssertionError(f"this aiortc has no {private}")
        setattr(receiver, private, part)
    track._queue = handover


def unanswered(transport: RTCDtlsTransport) -> bool:
    """Whether the transport has closed because nobody answered on its path, and not by the other side's word.

    Both end in the same states of the connection; but here ICE has given its path up before.
    """
    return transport.state == "closed" and not transport.transport._connection._nominated


def _worker(loop: asyncio.AbstractEventLoop, tasks: "queue.Queue[Any]", out: Any, fault: threading.Event) -> None:
    if isinstance(out, Handover):
        Decoding(out, fault).run(tasks)
    else:
        _stock_worker(loop, tasks, out, fault)


rtcrtpreceiver.decoder_worker = _worker
