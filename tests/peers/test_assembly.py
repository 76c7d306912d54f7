"""Packets become whole frames, in order; what is lost ends the run, and nothing that refers to it is let through."""

import random
from itertools import chain

import pytest
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import RtpPacket
from hypothesis import given
from hypothesis import strategies as some

from guard.core.items import Cut
from guard.peers.assembly import (
    KEYFRAME_AGAIN,
    MOST_WAITING,
    RESTARTED,
    STALL,
    Assembler,
    EncodedFrame,
    Unwrapped,
    is_keyframe,
)
from tests.peers.packets import H264, STEP, VP8, sent
from tests.service_fakes import Clock

KEY, DELTA = b"\x10\x00\x00\x9d\x01\x2a" + bytes(10), b"\x11" + bytes(20)


def packet(number: int, stamp: int, data: bytes = DELTA, *, marker: bool = True, ssrc: int = 7) -> RtpPacket:
    made = RtpPacket(96, int(marker), number % 2**16, stamp % 2**32, ssrc, data)
    made._data = data
    return made


class Taking:
    """An assembler, and what it has given so far."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.assembler = Assembler(self.clock)
        self.frames: list[EncodedFrame] = []
        self.asked = 0

    def take(self, *packets: RtpPacket, after: float = 0.0) -> None:
        self.clock.now += after
        for one in packets:
            ask, whole = self.assembler.add(one)
            self.asked += ask
            self.frames += whole.frames if whole else []

    def stream(self, numbers: range, key: int | None = None, after: float = 0.04) -> None:
        """One packet a frame, 25 a second; that of number `key` is a keyframe."""
        for number in numbers:
            self.take(packet(number, number * STEP, KEY if number == key else DELTA), after=after)

    @property
    def steps(self) -> list[int]:
        return [frame.time // STEP for frame in self.frames]

    @property
    def cuts(self) -> list[Cut | None]:
        return [frame.cut for frame in self.frames]


@pytest.mark.parametrize("codec", [VP8, H264], ids=lambda codec: codec.name)
def test_frames_come_out_as_they_were_encoded_and_times_do_not_wrap(codec: RTCRtpCodecParameters) -> None:
    taking, packets = Taking(), sent(6, codec)
    taking.take(*chain(*packets))
    assert [frame.data for frame in taking.frames] == [b"".join(one._data for one in frame) for frame in packets]
    assert taking.steps == list(range(6))
    assert taking.cuts == [None] * 6
    assert taking.asked == 0


def test_a_frame_is_whole_with_its_last_packet_and_says_when_that_came() -> None:
    taking = Taking()
    taking.take(packet(1, 0, KEY, marker=False))
    taking.take(packet(2, 0), after=0.03)
    assert [frame.at for frame in taking.frames] == [taking.clock.now]


def test_without_markers_a_frame_ends_where_another_time_begins() -> None:
    taking = Taking()
    taking.take(packet(1, 0, KEY, marker=False), packet(2, 0, marker=False), packet(3, STEP, marker=False))
    assert [frame.data for frame in taking.frames] == [KEY + DELTA]


@pytest.mark.parametrize("seed", range(5))
def test_packets_out_of_order_make_the_same_frames(seed: int) -> None:
    packets = list(chain(*sent(12)))
    first, *rest = packets
    order = random.Random(seed)
    places = {one.sequence_number: place + order.uniform(0, 8) for place, one in enumerate(rest)}
    mixed = sorted(rest, key=lambda one: places[one.sequence_number])
    taking = Taking()
    taking.take(first, *mixed)
    assert taking.steps == list(range(12))
    assert taking.cuts == [None] * 12


def test_what_waited_for_a_lost_packet_comes_out_at_once_when_it_is_sent_again() -> None:
    taking = Taking()
    taking.take(packet(1, 0, KEY), *(packet(number, number * STEP) for number in (3, 4, 5)))
    assert taking.steps == [0]
    taking.take(packet(2, 2 * STEP), after=0.1)
    assert len(taking.frames) == 5
    assert taking.cuts == [None] * 5


def test_a_stream_that_begins_without_a_keyframe_asks_for_one_again_and_again() -> None:
    taking = Taking()
    taking.stream(range(1, 40))
    assert (taking.frames, taking.asked) == ([], 1 + int(1.52 / (KEYFRAME_AGAIN + 0.02)))  # packets come every 0.04 s
    taking.stream(range(40, 42), key=40)
    assert taking.cuts == [None, None]


def test_a_packet_that_never_comes_is_given_up_and_a_keyframe_asked_for() -> None:
    taking = Taking()
    taking.stream(range(10), key=0)
    taking.stream(range(11, 11 + int(STALL / 0.04)))
    assert (len(taking.frames), taking.asked) == (10, 0)
    taking.stream(range(31, 34))
    assert (len(taking.frames), taking.asked) == (10, 1)
    taking.stream(range(34, 36), key=34)
    assert taking.steps[-2:] == [34, 35]
    assert taking.cuts == [None] * 10 + [Cut.GAP, None]


def test_after_a_blackout_a_keyframe_is_asked_for_with_the_first_packet() -> None:
    taking = Taking()
    taking.stream(range(10), key=0)
    taking.take(packet(85, 85 * STEP), after=3.0)
    assert taking.asked == 1
    assert not taking.assembler.requests.missing
    taking.stream(range(86, 90), key=87)
    assert taking.steps[10:] == [87, 88, 89]
    assert taking.cuts[10] is Cut.GAP


def test_a_keyframe_is_taken_without_waiting_for_what_is_missing_before_it() -> None:
    taking = Taking()
    taking.take(packet(3, 0), packet(5, STEP), packet(7, 3 * STEP, KEY, marker=False), packet(8, 3 * STEP))
    assert [frame.data for frame in taking.frames] == [KEY + DELTA]


def test_a_keyframe_in_several_units_is_not_begun_twice() -> None:
    parameters, slice_ = b"\x00\x00\x00\x01\x67ab", b"\x00\x00\x00\x01\x65cd"
    taking = Taking()
    taking.take(packet(1, 0, parameters, marker=False), packet(2, 0, slice_))
    assert [frame.data for frame in taking.frames] == [parameters + slice_]


def test_a_sender_that_counts_anew_is_followed() -> None:
    taking = Taking()
    taking.stream(range(1000, 1010), key=1000)
    taking.stream(range(500, 500 + RESTARTED))
    taking.stream(range(500 + RESTARTED, 610), key=605)
    assert len(taking.frames) == 10 + 5
    assert taking.cuts[10] is Cut.GAP


def test_another_sender_on_the_same_track_is_followed_at_once() -> None:
    taking = Taking()
    taking.stream(range(1000, 1010), key=1000)
    taking.take(packet(995, 0, KEY, ssrc=8), packet(996, STEP, ssrc=8))
    assert taking.cuts[10:] == [Cut.GAP, None]


def test_packets_that_came_too_late_or_only_pad_change_nothing() -> None:
    taking = Taking()
    taking.stream(range(10), key=0)
    taking.take(packet(4, 4 * STEP), packet(10, 9 * STEP, b"", marker=False), packet(11, 9 * STEP, b"", marker=False))
    taking.stream(range(12, 15))
    assert taking.steps == [*range(10), 12, 13, 14]
    assert set(taking.cuts) == {None}


def test_what_waits_is_bounded() -> None:
    taking = Taking()
    taking.stream(range(10), key=0)
    for number in range(11, 4 * MOST_WAITING):
        taking.take(packet(number, 11 * STEP, marker=False), after=0.001)
        assert len(taking.assembler._packets) <= MOST_WAITING + 1
    assert taking.asked


@pytest.mark.slow
@given(some.integers(0, 2**32 - 1), some.lists(some.integers(-(2**31) + 1, 2**31 - 1)))
def test_time_stamps_wrap_around_unseen(start: int, steps: list[int]) -> None:
    unwrapped, stamp, time = Unwrapped(), start, 0
    assert unwrapped.map(start) == 0
    for step in steps:
        stamp, time = (stamp + step) % 2**32, time + step
        assert unwrapped.map(stamp) == time


@given(some.binary(max_size=40))
def test_any_bytes_are_a_keyframe_or_none(data: bytes) -> None:
    assert is_keyframe(data) in (True, False)


@pytest.mark.slow
@given(some.data())
def test_any_packets_give_frames_in_order_or_a_cut(data: some.DataObject) -> None:
    taking = Taking()
    for _ in range(data.draw(some.integers(1, 60))):
        number = data.draw(some.integers(0, 40))
        kind = data.draw(some.sampled_from([KEY, DELTA, b""]))
        taking.take(packet(number, number * STEP, kind), after=data.draw(some.sampled_from([0.0, 0.04, 1.0])))
    for before, after in zip(taking.frames, taking.frames[1:], strict=False):
        assert after.cut or after.time > before.time
    assert not taking.frames or is_keyframe(taking.frames[0].data)
