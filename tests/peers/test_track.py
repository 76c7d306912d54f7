"""A track is drained whatever happens behind it, and what is lost is lost in whole runs."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from guard.core.errors import FrameError
from guard.core.items import Cut, Frame
from guard.peers.track import TrackReader
from guard.runqueue import LIMIT
from tests.service_fakes import until


class Scripted(MediaStreamTrack):
    """Gives what a test put in, and counts what was taken."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.queue: asyncio.Queue[av.VideoFrame | None] = asyncio.Queue()
        self.taken = 0

    async def recv(self) -> av.VideoFrame:
        picture = await self.queue.get()
        if picture is None:
            raise MediaStreamError
        self.taken += 1
        return picture


class Record:
    """A sink that writes down what reaches it: presentation times and cuts."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.arrivals: list[float] = []
        self.shapes: set[tuple[int, ...]] = set()
        self.settled = 0  # pictures of which it is known what became

    def offer(self, key: str, frame: Frame, at: float) -> None:
        self.events.append(round(frame.time, 6))
        self.arrivals.append(at)
        self.shapes.add(frame.pixels.shape)
        self.settled += 1

    def cut(self, key: str, cut: Cut, lost: int = 0) -> None:
        self.events.append((cut, lost))
        self.settled += lost

    def leave(self, key: str) -> None:
        raise AssertionError("leaving is up to the peer")


def picture(number: int, width: int = 160, height: int = 144) -> av.VideoFrame:
    made = av.VideoFrame.from_ndarray(np.full((height, width), 90, np.uint8), format="gray").reformat(format="yuv420p")
    made.pts, made.time_base = number * 3600, Fraction(1, 90000)
    return made


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    made = ThreadPoolExecutor(1)
    yield made
    made.shutdown()


async def read(track: Scripted, sink: Record, pool: ThreadPoolExecutor, *pictures: av.VideoFrame) -> None:
    """Let a reader take these pictures, one after the other, to the end of the track."""
    reading = asyncio.create_task(TrackReader("key", track, sink, pool).run())
    for number, one in enumerate(pictures):
        track.queue.put_nowait(one)
        await until(lambda seen=number: sink.settled > seen)
    track.queue.put_nowait(None)
    await reading


async def test_pictures_are_reduced_and_keep_their_presentation_time(pool: ThreadPoolExecutor) -> None:
    sink = Record()
    await read(Scripted(), sink, pool, *map(picture, range(3)))
    assert sink.events == [0.0, 0.04, 0.08]
    assert sink.shapes == {(128, 128)}
    assert sink.arrivals == sorted(sink.arrivals)


async def test_a_new_size_is_a_cut_before_its_first_frame(pool: ThreadPoolExecutor) -> None:
    sink = Record()
    await read(Scripted(), sink, pool, picture(0), picture(1, width=320), picture(2, width=320))
    assert sink.events == [0.0, (Cut.PICTURE_CHANGED, 0), 0.04, 0.08]


async def test_the_track_is_drained_while_reduction_is_stuck(pool: ThreadPoolExecutor) -> None:
    busy = threading.Event()
    pool.submit(busy.wait, 10)
    track, sink = Scripted(), Record()
    reading = asyncio.create_task(TrackReader("key", track, sink, pool).run())
    total = 3 * LIMIT + 5
    for number in range(total):
        track.queue.put_nowait(picture(number))
    await until(lambda: track.taken == total)
    busy.set()
    await until(lambda: total * 0.04 - 0.04 in sink.events)
    track.queue.put_nowait(None)
    await reading

    cuts = [event for event in sink.events if isinstance(event, tuple)]
    times = [event for event in sink.events if isinstance(event, float)]
    assert [cut for cut, _ in cuts] == [Cut.OVERFLOW]
    assert cuts[0][1] + len(times) == total
    run = times[1:] if sink.events[0] == 0.0 else times
    assert np.allclose(np.diff(run), 0.04), "no frame is missing inside a run"


async def test_a_picture_that_cannot_be_reduced_is_a_cut(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: object, picture: av.VideoFrame) -> None:
        raise FrameError("frame", "broken")

    monkeypatch.setattr("guard.picture.Reducer.reduce", refuse)
    sink = Record()
    await read(Scripted(), sink, pool, picture(0))
    assert sink.events == [(Cut.DECODER_FAULT, 1)]


async def test_an_unforeseen_fault_ends_the_reader_and_is_told(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(self: object, picture: av.VideoFrame) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("guard.picture.Reducer.reduce", explode)
    track = Scripted()
    track.queue.put_nowait(picture(0))
    with pytest.raises(ExceptionGroup) as caught:
        await TrackReader("key", track, Record(), pool).run()
    assert isinstance(caught.value.exceptions[0], ZeroDivisionError)
