"""From the decoder's thread to the loop: bounded, and runs stay whole."""

import asyncio
import threading

import numpy as np

from guard.core.items import Cut, Frame
from guard.peers.handover import Handover, Unmirrored
from guard.runqueue import LIMIT
from tests.service_fakes import frame, until


class Record:
    """A sink that writes down what reaches it: presentation times, cuts with what was lost, and on which thread."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.threads: set[int] = set()

    def offer(self, key: str, frame: Frame, at: float) -> None:
        assert (key, at) == ("key", 7.0)
        self.events.append(round(frame.time * 25))
        self.threads.add(threading.get_ident())

    def looks(self, key: str) -> bool:
        return True

    def cut(self, key: str, cut: Cut, lost: int = 0) -> None:
        self.events.append((cut, lost))


def in_thread(*steps: object) -> None:
    thread = threading.Thread(target=lambda: [step() for step in steps])
    thread.start()
    thread.join()


def test_mirrored_pictures_are_turned_back_on_their_way() -> None:
    class Plain(Record):
        def connected(self, key: str) -> None:
            self.events.append("connected")

        def offer(self, key: str, frame: Frame, at: float) -> None:
            self.events.append((key, frame.pixels, frame.time, at))

    sink = Plain()
    turning = Unmirrored(sink)
    turning.connected("key")
    turning.cut("key", Cut.GAP, 2)
    turning.offer("key", frame(3), 7.0)
    *others, (key, pixels, time, at) = sink.events
    assert (others, key, time, at) == (["connected", (Cut.GAP, 2)], "key", 3 / 25, 7.0)
    assert (pixels == frame(3).pixels[:, ::-1]).all()
    assert turning.looks("key")


async def test_frames_and_cuts_reach_the_sink_in_order_and_on_the_loop() -> None:
    sink, ended = Record(), asyncio.Event()
    handover = Handover("key", sink, ended.set)
    in_thread(
        lambda: handover.put(frame(0), 7.0),
        lambda: handover.cut(Cut.GAP, 2),
        lambda: handover.cut(Cut.DECODER_FAULT, 1),
        lambda: handover.put(frame(1), 7.0),
        handover.end,
    )
    assert sink.events == []
    await asyncio.wait_for(ended.wait(), 5)
    assert sink.events == [0, (Cut.DECODER_FAULT, 3), 1]
    assert sink.threads == {threading.get_ident()}


async def test_while_the_loop_is_held_up_whole_runs_are_dropped_and_counted() -> None:
    sink = Record()
    handover = Handover("key", sink, lambda: None)
    total = 2 * LIMIT + 5
    in_thread(*(lambda number=number: handover.put(frame(number), 7.0) for number in range(total)))
    await until(lambda: sink.events)
    cut, *numbers = sink.events
    assert cut == (Cut.OVERFLOW, 2 * LIMIT)
    assert numbers == list(range(2 * LIMIT, total))
    assert np.diff(numbers).max() == 1


async def test_what_is_lost_is_told_with_the_next_frame_and_once() -> None:
    sink = Record()
    handover = Handover("key", sink, lambda: None)
    in_thread(lambda: handover.put(frame(0), 7.0), lambda: handover.cut(Cut.GAP, 3))
    await until(lambda: sink.events == [0])
    in_thread(lambda: handover.put(frame(1), 7.0), lambda: handover.put(frame(2), 7.0))
    await until(lambda: sink.events == [0, (Cut.GAP, 3), 1, 2])


async def test_nothing_reaches_the_sink_once_it_is_closed() -> None:
    sink, ended = Record(), asyncio.Event()
    handover = Handover("key", sink, ended.set)
    in_thread(lambda: handover.put(frame(0), 7.0))
    handover.closed = True
    in_thread(handover.end)
    await asyncio.wait_for(ended.wait(), 5)
    assert sink.events == []


def test_a_loop_that_is_gone_holds_no_decoder_up() -> None:
    async def made() -> Handover:
        return Handover("key", Record(), lambda: None)

    handover = asyncio.run(made())
    handover.put(frame(0), 7.0)
    handover.end()
