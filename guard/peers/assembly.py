"""Whole encoded frames out of RTP packets, in order and without holes: what is lost ends the run.

aiortc's own buffer waits for a lost packet until 512 others have come, and then goes on with frames that refer to what
is missing: a decoder draws them without complaint, and the motion in such pictures is nobody's.
"""

import time
from collections.abc import Callable

from aiortc.jitterbuffer import JitterFrame
from aiortc.rtp import RtpPacket
from aiortc.utils import uint16_add, uint16_gt

from guard.core.items import Cut
from guard.peers.requests import MOST_MISSING, Requests, ahead

STALL = 0.8
"""Seconds without a whole frame, while packets arrive, after which what is missing is given up."""
KEYFRAME_AGAIN = 0.5
"""Seconds after which a keyframe that has not come is asked for again."""
MOST_WAITING = 512
"""Packets that wait for a missing one at most: some five seconds of 640x360."""
RESTARTED = 100
"""Packets in a row that are older than what was delivered: no retransmission, the sender counts anew."""


class EncodedFrame:
    """One whole frame: its bytes, its RTP time since the stream's first frame, and when its last packet came.

    `time` is in units of 1/90000 s and does not wrap around; `at` is in seconds of the monotonic clock. `cut` says why
    the frame does not continue the one before it; None when it does.
    """

    __slots__ = ("at", "cut", "data", "time")

    def __init__(self, data: bytes, time: int, at: float, cut: Cut | None) -> None:
        self.data = data
        self.time = time
        self.at = at
        self.cut = cut


class Whole(JitterFrame):
    """What one packet completed, oldest first; aiortc passes it on to the decoder as if it were one frame."""

    def __init__(self, frames: list[EncodedFrame]) -> None:
        super().__init__(b"", 0)
        self.frames = frames


class Assembler:
    """Takes the place of aiortc's JitterBuffer: packets come in through `add`. Times are of `clock`, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.requests = Requests(clock)
        self._clock = clock
        self._packets: dict[int, RtpPacket] = {}  # by sequence number, none before `_first`
        self._ssrc: int | None = None  # the sender's number; another one counts packets anew
        self._first = 0  # number of the packet that the next frame begins with
        self._newest = 0
        self._old = 0  # packets in a row that came too late
        self._framed_at = 0.0  # when the newest frame was whole, or the present wait began
        self._keyless = True  # nothing can be decoded before a keyframe
        self._asked_at = float("-inf")  # when a keyframe was last asked for, or began to come
        self._cut: Cut | None = None  # to be told with the next frame
        self._clocking = Unwrapped()

    def add(self, packet: RtpPacket) -> tuple[bool, Whole | None]:
        """Take a packet. Returns whether to ask the sender for a keyframe, and the frames that are whole by now."""
        now = self._clock()
        if not self._belongs(packet, now):
            return False, None
        self._packets[packet.sequence_number] = packet
        if self._keyless and self._begins_keyframe(packet):
            self._skip_to(packet.sequence_number)
            self._asked_at = now
        frames = self._take(now)
        if not frames and (now - self._framed_at > STALL or len(self._packets) > MOST_WAITING):
            self._give_up(now)
            frames = self._take(now)
        ask = self._keyless and now - self._asked_at >= KEYFRAME_AGAIN
        if ask:
            self._asked_at = now
        return ask, Whole(frames) if frames else None

    def _belongs(self, packet: RtpPacket, now: float) -> bool:
        """Whether the packet does not come too late; begins anew where the sender has, and behind too large a hole."""
        number = packet.sequence_number
        gap = ahead(number, self._newest)
        self._old = self._old + 1 if uint16_gt(self._first, number) else 0
        if packet.ssrc != self._ssrc or gap > MOST_MISSING + 1 or self._old >= RESTARTED:
            self._ssrc, self._newest, self._old = packet.ssrc, number, 0
            self._lose(now)
            self._skip_to(number)
        elif gap > 0:
            self._newest = number
        return not self._old

    def _begins_keyframe(self, packet: RtpPacket) -> bool:
        """Whether a keyframe begins here, and not with an earlier packet that has come."""
        if not is_keyframe(packet._data or b""):
            return False
        first = self._packets.get(self._first, packet)
        begun = first.timestamp == packet.timestamp and is_keyframe(first._data or b"")
        return first is packet or not begun

    def _give_up(self, now: float) -> None:
        """Wait no longer for what is missing before the packets that are here."""
        self._lose(now)
        if len(self._packets) > MOST_WAITING:
            self._packets.clear()
        self._skip_to(min(self._packets, key=lambda number: ahead(number, self._first), default=self._newest))

    def _lose(self, now: float) -> None:
        """Something is missing: only a keyframe can be decoded behind it."""
        if not self._keyless:
            self._cut = Cut.GAP
        self._keyless = True
        self._framed_at = now

    def _skip_to(self, number: int) -> None:
        self._first = number
        self._packets = {key: one for key, one in self._packets.items() if 0 <= ahead(key, number) <= MOST_WAITING}
        self.requests.forget(number)

    def _take(self, now: float) -> list[EncodedFrame]:
        """All whole frames, less those that cannot be decoded for want of a keyframe."""
        frames = []
        while packets := self._next_whole():
            self._framed_at = now
            data = b"".join(packet._data or b"" for packet in packets)
            stamp = self._clocking.map(packets[0].timestamp)
            if data and not (self._keyless and not is_keyframe(data)):  # no data: packets that only pad
                frames.append(EncodedFrame(data, stamp, now, self._cut))
                self._keyless, self._cut = False, None
        return frames

    def _next_whole(self) -> list[RtpPacket]:
        """Take out the packets of the next frame if all are there; it ends with a marker, or before another time."""
        number = self._first
        packets: list[RtpPacket] = []
        while (packet := self._packets.get(number)) is not None:
            if packets and packet.timestamp != packets[0].timestamp:
                break
            packets.append(packet)
            number = uint16_add(number, 1)
            if packet.marker:
                break
        else:
            return []
        for one in packets:
            del self._packets[one.sequence_number]
        self._first = number
        return packets


class Unwrapped:
    """RTP time stamps of 32 bits, which start anywhere, as a time that starts at 0 and does not wrap around."""

    def __init__(self) -> None:
        self._newest: int | None = None
        self._time = 0

    def map(self, stamp: int) -> int:
        """The time in the same units; it goes back where the sender's does."""
        step = 0 if self._newest is None else (stamp - self._newest) % 2**32
        self._time += step - 2**32 if step >= 2**31 else step
        self._newest = stamp
        return self._time


def is_keyframe(data: bytes) -> bool:
    """Whether a frame of VP8 or H.264 begins here that refers to no other.

    VP8 (RFC 6386 section 9.1): an even first byte and a start code. H.264: a parameter set or an IDR slice comes first,
    behind the four bytes that begin each unit.
    """
    if data[3:6] == b"\x9d\x01\x2a":
        return not data[0] & 1
    start = 0
    while data[start : start + 4] == b"\x00\x00\x00\x01" and len(data) > start + 4:
        kind = data[start + 4] & 0x1F
        if kind in (5, 7):
            return True
        if kind not in (6, 9):  # information that may come before: enhancement, delimiter
            return False
        start = data.find(b"\x00\x00\x00\x01", start + 4)
        if start < 0:
            return False
    return False
