"""Whose turn it is: nobody twice, nobody forgotten."""

import numpy as np
from prometheus_client import CollectorRegistry

from guard.core.items import Frame
from guard.core.verifier import Verifier
from guard.lane import Arrived, Lane
from guard.line import Line
from guard.metrics import Metrics
from tests.core.fakes import FakeEngine
from tests.core.helpers import settings

VERIFIER = Verifier(FakeEngine(), settings())


def lane(*times: float, on: bool = True) -> Lane:
    """A stream whose frames of these times wait."""
    made = Lane(VERIFIER.open(None), VERIFIER, on=on)
    for time in times:
        made.waiting.put(Arrived(Frame(np.zeros((128, 128), np.uint8), time), time))
    return made


def lined_up(**lanes: Lane) -> Line:
    line = Line(lanes, Metrics(CollectorRegistry(), "test"))
    for key, one in lanes.items():
        assert line.join(key, one)
    return line


def taken(line: Line, most: int = 8) -> list[tuple[str, float | None]]:
    """Whose frame of which time is taken."""
    return [(turn.key, turn.arrived.at if turn.arrived else None) for turn in line.take(most)]


def test_each_gives_a_frame_and_those_with_more_stand_last() -> None:
    line = lined_up(a=lane(0.0, 1.0), b=lane(0.5), c=lane(2.0, 3.0))
    assert taken(line, 2) == [("a", 0.0), ("b", 0.5)]
    assert taken(line) == [("c", 2.0), ("a", 1.0)]
    assert taken(line) == [("c", 3.0)]
    assert not line


def test_nobody_stands_in_line_twice() -> None:
    one = lane(0.0)
    line = lined_up(a=one)
    assert not line.join("a", one)
    assert taken(line) == [("a", 0.0)]
    assert line.join("a", one)


def test_who_is_off_gives_all_frames_and_takes_nobodys_place() -> None:
    line = lined_up(off=lane(0.0, 1.0, 2.0, on=False), a=lane(0.0), b=lane(0.5))
    assert taken(line, 2) == [("off", 0.0), ("off", 1.0), ("off", 2.0), ("a", 0.0), ("b", 0.5)]


def test_who_has_left_is_passed_over_and_who_waits_for_nothing_has_a_turn_of_time() -> None:
    lanes = {"a": lane(0.0), "b": lane()}
    line = Line(lanes, Metrics(CollectorRegistry(), "test"))
    for key, one in lanes.items():
        line.join(key, one)
    del lanes["a"]
    assert taken(line) == [("b", None)]
