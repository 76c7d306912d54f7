"""One clock for the frames of all connections that carry a stream."""

from dataclasses import replace

import pytest

from guard.streamclock import StreamClock
from tests.service_fakes import frame


def test_a_first_connection_keeps_its_own_times() -> None:
    clock = StreamClock()
    assert [clock.timed(frame(number, start=5.0), number / 25).time for number in range(3)] == [5.0, 5.04, 5.08]


@pytest.mark.parametrize("begins", [0.0, 3.0, 1e6])
def test_another_one_goes_on_as_much_later_as_it_came(begins: float) -> None:
    clock = StreamClock()
    clock.timed(replace(frame(0), time=7.0), 100.0)
    clock.connect()
    times = [clock.timed(frame(number, start=begins), 114.0 + number / 25).time for number in range(3)]
    assert times == pytest.approx([21.0, 21.04, 21.08])


def test_a_burst_within_a_connection_keeps_its_rhythm() -> None:
    clock = StreamClock()
    assert [clock.timed(frame(number), 100.0).time for number in range(3)] == [0.0, 0.04, 0.08]
