"""Which packets are missing, and when to ask the sender for them again."""

from collections.abc import Callable

from aiortc.rtcrtpreceiver import NackGenerator
from aiortc.rtp import RtpPacket
from aiortc.utils import uint16_add, uint16_gt

MOST_MISSING = 32
"""Packets missing in a row that are worth asking for again; more are given up at once for a new keyframe."""
ASK_AGAIN = 0.1
"""Seconds after which missing packets are asked for again."""


class Requests(NackGenerator):
    """Which packets to ask for again; aiortc asks once, and then not before the next loss."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._ssrc: int | None = None
        self._asked_at = float("-inf")

    def add(self, packet: RtpPacket) -> bool:
        """Take note of a packet; True when `missing` is to be asked for now."""
        fresh = self.max_seq is None or packet.ssrc != self._ssrc
        if fresh or ahead(packet.sequence_number, self.max_seq) > MOST_MISSING + 1:
            self.missing.clear()
            self.max_seq, self._ssrc = packet.sequence_number, packet.ssrc
        missed = super().add(packet)
        now = self._clock()
        due = missed or (bool(self.missing) and now - self._asked_at >= ASK_AGAIN)
        if due:
            self._asked_at = now
        return due

    def forget(self, first: int) -> None:
        """Ask for nothing before the packet numbered `first`."""
        self.missing = {number for number in self.missing if not uint16_gt(first, number)}


def ahead(number: int, other: int) -> int:
    """By how much a sequence number lies ahead of another; negative when it lies behind."""
    distance = uint16_add(number, -other)
    return distance - 2**16 if distance >= 2**15 else distance
