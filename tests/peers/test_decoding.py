"""Decoding in a thread of its own: exact, cut where pictures do not continue, and never behind without end."""

import asyncio
import queue
import threading
from collections.abc import Sequence

import numpy as np
import pytest
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from guard.core.errors import FrameError
from guard.core.items import Cut, Frame, Reason
from guard.peers.assembly import EncodedFrame, Whole
from guard.peers.decoding import BACKLOG, FRUITLESS, SELDOM, Decoding
from guard.peers.handover import Handover
from guard.picture import Reducer
from tests.peers.packets import H264, STEP, VP8, picture, sent


class Record:
    """A sink that keeps frames and cuts."""

    def __init__(self) -> None:
        self.events: list[Frame | Cut] = []
        self.lost = 0
        self.looking = False

    def offer(self, key: str, frame: Frame, at: float) -> None:
        self.events.append(frame)

    def looks(self, key: str) -> bool:
        return self.looking

    def cut(self, key: str, cut: Cut, lost: int = 0) -> None:
        self.events.append(cut)
        self.lost += lost

    @property
    def seen(self) -> list[int | Cut]:
        return [one if isinstance(one, Cut) else round(one.time * 25) for one in self.events]


def encoded(frames: int, codec: RTCRtpCodecParameters = VP8, **how: object) -> list[EncodedFrame]:
    made = [b"".join(packet._data for packet in packets) for packets in sent(frames, codec, **how)]
    return [EncodedFrame(data, number * STEP, 5.0 + number, None) for number, data in enumerate(made)]


async def decoded(
    frames: Sequence[EncodedFrame], codec: RTCRtpCodecParameters = VP8, *, looking: bool = False
) -> tuple[Record, bool]:
    """What the sink got of these frames, each in a task of its own, and whether a keyframe was asked for."""
    sink, ended, fault = Record(), asyncio.Event(), threading.Event()
    sink.looking = looking
    tasks: queue.SimpleQueue = queue.SimpleQueue()
    decoding = Decoding(Handover("key", sink, ended.set), fault)
    thread = threading.Thread(target=decoding.run, args=(tasks,))
    thread.start()
    for one in frames:
        tasks.put((codec, Whole([one])))
        await asyncio.sleep(0.005)
    tasks.put(None)
    await asyncio.wait_for(ended.wait(), 10)
    thread.join()
    return sink, fault.is_set()


@pytest.mark.parametrize("codec", [VP8, H264], ids=lambda codec: codec.name)
async def test_every_frame_is_decoded_and_reduced_as_defined(codec: RTCRtpCodecParameters) -> None:
    sink, fault = await decoded(encoded(8, codec), codec)
    assert (sink.seen, fault) == (list(range(8)), False)
    for number, one in enumerate(sink.events):
        distance = np.abs(one.pixels.astype(int) - Reducer().reduce(picture(number)).astype(int))
        assert distance.mean() < 4, "what the codec loses, and no more"


@pytest.mark.parametrize("codec", [VP8, H264], ids=lambda codec: codec.name)
async def test_a_broken_frame_is_a_fault_and_nothing_follows_it_before_a_keyframe(codec: RTCRtpCodecParameters) -> None:
    frames = encoded(8, codec, keyframes=(0, 5))
    frames[2].data = frames[2].data[:4] if codec is H264 else b"\x11"
    sink, fault = await decoded(frames, codec)
    assert (sink.seen, fault) == ([0, 1, Cut.DECODER_FAULT, 5, 6, 7], True)
    assert sink.lost == 3


def scrambled(data: bytes, clear: int = 6) -> bytes:
    """A frame of H.264 with all but the first bytes of each slice encrypted, as end-to-end encryption leaves it."""
    begins = b"\x00\x00\x00\x01"
    slices = data.split(begins)[1:]
    rng = np.random.default_rng(len(data))  # of bytes that begin no other slice
    noise = (rng.integers(4, 250, max(0, len(one) - clear)).astype(np.uint8).tobytes() for one in slices)
    return b"".join(begins + one[:clear] + hidden for one, hidden in zip(slices, noise, strict=True))


async def test_what_the_decoder_only_guesses_at_is_no_picture_nor_what_refers_to_it() -> None:
    """FFmpeg conceals damage in H.264: it draws such pictures without an error."""
    frames = encoded(12, H264, keyframes=(0, 8))
    frames[3].data = scrambled(frames[3].data)
    sink, fault = await decoded(frames, H264)
    assert (sink.seen, fault) == ([0, 1, 2, Cut.DECODER_FAULT, 8, 9, 10, 11], True)
    assert sink.lost == 5


async def test_of_encrypted_video_no_frame_comes() -> None:
    frames = encoded(10, H264)
    for one in frames[1:]:
        one.data = scrambled(one.data)
    sink, fault = await decoded(frames, H264)
    assert ([one for one in sink.seen if not isinstance(one, Cut)], fault) == ([0], True)


class Asked(threading.Event):
    """How often a keyframe was asked for."""

    times = 0

    def set(self) -> None:
        self.times += 1


class Deaf:
    """Takes what is handed over, and keeps nothing of it."""

    closed = False
    looks = cut = put = end = staticmethod(lambda *_: None)


def asked_after_each(frames: Sequence[EncodedFrame]) -> list[int]:
    """How often a keyframe has been asked for by each of these frames, which come 25 a second."""
    asked, now = Asked(), [100.0]
    decoding = Decoding(Deaf(), asked, clock=lambda: now[0])
    counts = []
    for one in frames:
        tasks: queue.SimpleQueue = queue.SimpleQueue()
        tasks.put((VP8, Whole([one])))
        tasks.put(None)
        decoding.run(tasks)
        counts.append(asked.times)
        now[0] += 0.04
    return counts


def test_a_keyframe_is_asked_for_twice_a_second_at_most() -> None:
    frames = encoded(40)
    frames[2].data = b"\x11"
    counts = asked_after_each(frames)
    assert counts[:3] == [0, 0, 1]
    assert counts[14] == 1, "not before half a second has passed"
    assert counts[-1] == 3, "again and again, for the first may have been lost"


def test_what_brings_no_picture_is_asked_for_seldom_until_one_comes() -> None:
    frames = encoded(4, keyframes=(0, 3))
    broken, seconds = [frames[1]] * 25, 21
    frames[1].data = b"\x11"
    counts = asked_after_each([frames[0], *broken * seconds, frames[3], *broken * 3])
    assert counts[25 * 5] == FRUITLESS
    assert counts[25 * seconds] == FRUITLESS + (seconds - 5) // SELDOM
    assert counts[-1] - counts[25 * seconds + 1] >= 5, "after a picture as at the beginning"


async def test_a_cut_before_a_frame_reaches_the_sink() -> None:
    frames = encoded(4, keyframes=(0, 2))
    frames[2].cut = Cut.GAP
    sink, _ = await decoded(frames)
    assert sink.seen == [0, 1, Cut.GAP, 2, 3]


async def test_a_new_size_is_a_cut_before_its_first_frame() -> None:
    large = sent(2, of=lambda number: picture(number + 2, 640, 480))
    small = encoded(2)
    data = [b"".join(packet._data for packet in packets) for packets in large]
    frames = [*small, *(EncodedFrame(one, (number + 2) * STEP, 5.0, None) for number, one in enumerate(data))]
    sink, _ = await decoded(frames)
    assert sink.seen == [0, 1, Cut.PICTURE_CHANGED, 2, 3]


async def test_another_size_is_looked_at_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[tuple[int, ...]] = []
    monkeypatch.setattr("guard.framing.find_faces", lambda shown: looks.append(shown.shape) or [])
    frames = encoded(2)
    for number, large in enumerate(sent(2, of=lambda number: picture(number + 2, 640, 480)), 2):
        frames.append(EncodedFrame(b"".join(packet._data for packet in large), number * STEP, 5.0, None))
    sink, _ = await decoded(frames, looking=True)
    assert looks == [(240, 320), (480, 640)]
    assert {one.obstacle for one in sink.events if isinstance(one, Frame)} == {Reason.NO_FACE}


async def test_decoding_that_falls_behind_goes_on_at_a_keyframe() -> None:
    sink, ended, fault = Record(), asyncio.Event(), threading.Event()
    tasks: queue.SimpleQueue = queue.SimpleQueue()
    for one in encoded(BACKLOG + 12, keyframes=(0, 20)):
        tasks.put((VP8, Whole([one])))
    tasks.put(None)
    Decoding(Handover("key", sink, ended.set), fault).run(tasks)
    await asyncio.wait_for(ended.wait(), 5)
    assert fault.is_set()
    assert sink.seen[0] in (Cut.OVERFLOW, Cut.DECODER_FAULT)
    assert sink.seen[1:] == list(range(sink.seen[1], BACKLOG + 12)), "the newest frames, without a hole"


async def test_a_picture_that_cannot_be_reduced_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    frames, good = encoded(4, keyframes=(0, 2)), Reducer.reduce

    def refuse(self: Reducer, one: object, crop: object) -> object:
        if one.pts == 0:
            raise FrameError("frame", "broken")
        return good(self, one, crop)

    monkeypatch.setattr(Reducer, "reduce", refuse)
    sink, fault = await decoded(frames)
    assert (sink.seen, sink.lost, fault) == ([Cut.DECODER_FAULT, 2, 3], 2, True)


@pytest.mark.slow
async def test_an_unforeseen_fault_ends_the_track(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(self: object, one: object, crop: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Reducer, "reduce", explode)
    ended, tasks = asyncio.Event(), queue.SimpleQueue()
    tasks.put((VP8, Whole(encoded(1))))
    handover = Handover("key", Record(), ended.set)
    Decoding(handover, threading.Event()).run(tasks)
    await asyncio.wait_for(ended.wait(), 5)
    assert handover.failed, "nobody wished for it"


async def test_a_track_that_comes_to_its_end_has_not_failed() -> None:
    ended, tasks = asyncio.Event(), queue.SimpleQueue()
    tasks.put(None)
    handover = Handover("key", Record(), ended.set)
    Decoding(handover, threading.Event()).run(tasks)
    await asyncio.wait_for(ended.wait(), 5)
    assert not handover.failed


async def changed_codec(others: Sequence[EncodedFrame]) -> tuple[Record, bool]:
    """What the sink got of four frames of VP8 and then these of H.264, and whether a keyframe was asked for."""
    sink, ended, fault = Record(), asyncio.Event(), threading.Event()
    tasks: queue.SimpleQueue = queue.SimpleQueue()
    for number, one in enumerate([*(formers := encoded(4)), *others]):
        one.time = number * STEP
        tasks.put((VP8 if one in formers else H264, Whole([one])))
    tasks.put(None)
    Decoding(Handover("key", sink, ended.set), fault).run(tasks)
    await asyncio.wait_for(ended.wait(), 5)
    return sink, fault.is_set()


async def test_another_codec_is_a_cut() -> None:
    sink, fault = await changed_codec(encoded(4, H264))
    assert (sink.seen, fault) == ([0, 1, 2, 3, Cut.PICTURE_CHANGED, 4, 5, 6, 7], False)


async def test_another_codec_is_decoded_from_a_keyframe_on() -> None:
    sink, fault = await changed_codec(encoded(6, H264, keyframes=(0, 4))[1:])
    assert (sink.seen, fault) == ([0, 1, 2, 3, Cut.DECODER_FAULT, 7, 8], True)


async def test_nothing_is_decoded_once_nobody_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reducer, "reduce", lambda self, one: pytest.fail("decoded in vain"))
    ended = asyncio.Event()
    handover = Handover("key", Record(), ended.set)
    handover.closed = True
    tasks: queue.SimpleQueue = queue.SimpleQueue()
    tasks.put((VP8, Whole(encoded(1))))
    tasks.put(None)
    Decoding(handover, threading.Event()).run(tasks)
    await asyncio.wait_for(ended.wait(), 5)
