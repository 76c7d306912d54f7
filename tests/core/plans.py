"""Random lives of streams: runs of random length, dropped frames, gaps, cuts and clocks that are set back.

What a grid makes of them is worked out here a second time, picture by picture, without a grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

import numpy as np
from hypothesis import strategies as some

from guard.core.extractor import Extractor
from guard.core.items import Cut, Frame, Gray, Measurement
from guard.core.stream import Stream


@dataclass(frozen=True)
class Segment:
    """One run: `length` slots at 25 fps, some without a frame, and what ends it."""

    length: int
    dropped: frozenset[int]
    ending: Literal["gap", "cut", "set back"]


@dataclass(frozen=True)
class Life:
    """What one stream is sent, and the pictures that the slots of each of its runs must hold."""

    sent: list[Frame | Cut]
    runs: list[list[Gray]]


def drop(length: int, wanted: set[int]) -> frozenset[int]:
    """The slots to leave without a frame: never the ends of a run, and never more than three in a row."""
    return frozenset(slot for slot in wanted if slot % 4 and slot < length - 1)


def segments(longest: int) -> some.SearchStrategy[list[Segment]]:
    length = some.integers(1, longest)
    wanted = some.sets(some.integers(0, longest), max_size=5)
    ending = some.sampled_from(["gap", "cut", "set back"])
    one = some.builds(lambda n, w, e: Segment(n, drop(n, w), e), length, wanted, ending)
    return some.lists(one, min_size=1, max_size=4)


def life(plan: Sequence[Segment], pictures: Gray) -> Life:
    """Act a plan out with `pictures` (N, 128, 128), which are used in turn."""
    sent: list[Frame | Cut] = []
    runs: list[list[Gray]] = []
    time, used = 0.0, 0
    for segment in plan:
        run: list[Gray] = []
        for slot in range(segment.length):
            if slot in segment.dropped:
                run.append(run[-1])
                continue
            run.append(pictures[used % len(pictures)])
            used += 1
            sent.append(Frame(run[-1], time + slot / 25))
        runs.append(run)
        time += segment.length / 25 + {"gap": 0.5, "cut": 0.0, "set back": -100.0}[segment.ending]
        if segment.ending == "cut":
            sent.append(Cut.PICTURE_CHANGED)
    return Life(sent, runs)


def play(
    extractor: Extractor, streams: Sequence[Stream], lives: Sequence[Life], random: Random
) -> list[list[Measurement]]:
    """Let the streams live at the same time, in batches of whoever comes next; what was measured of each."""
    waiting = [list(reversed(one.sent)) for one in lives]
    measured: list[list[Measurement]] = [[] for _ in lives]
    while any(waiting):
        ready = [place for place, items in enumerate(waiting) if items]
        turn = random.sample(ready, random.randint(1, len(ready)))
        batch = {place: frame for place in turn if (frame := next_frame(streams[place], waiting[place]))}
        given = extractor.step([(streams[place], frame) for place, frame in batch.items()])
        for place, measurements in zip(batch, given, strict=True):
            measured[place] += measurements
    return measured


def next_frame(stream: Stream, waiting: list[Frame | Cut]) -> Frame | None:
    item = waiting.pop()
    if isinstance(item, Cut):
        stream.cut(item)
        return None
    return item


def window_of(one: Life, measurement: Measurement) -> Gray:
    """The pictures (T, 128, 128) that a measurement must have been made from."""
    end = measurement.slot + 1
    return np.stack(one.runs[measurement.run][end - measurement.horizon : end])
