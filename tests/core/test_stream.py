"""What a stream owns, and what a cut takes from it."""

import numpy as np

from guard.core.evidence import Evidence
from guard.core.grid import Grid
from guard.core.items import Cut, Decision, Frame, GridFrame
from guard.core.stream import Stream
from guard.core.window import EDGE
from tests.core.helpers import grey, slots

ONES = np.ones(512, np.float32)


def stream_of(frames: int, *, opted_out: bool = False) -> Stream:
    stream = Stream(10, 8, np.ones(256, np.float32), opted_out=opted_out, edge=EDGE)
    for n in range(frames):
        for event in stream.take(Frame(grey(n), n / 25)):
            assert isinstance(event, GridFrame)
            stream.advance(event, np.full(10, n + 1, np.float32), ONES, ONES)
    return stream


def test_a_new_stream_has_nothing() -> None:
    stream = stream_of(0)
    assert not stream.state.any()
    assert not stream.window.holds(1)
    assert (stream.cuts, stream.last_cut, stream.sequence, stream.scored) == (0, None, 0, None)
    assert stream.evidence == Evidence()
    assert stream.told is Decision.COLLECTING


def test_a_frame_advances_state_window_and_history_together() -> None:
    stream = stream_of(3)
    assert (stream.state == 3).all()
    assert stream.window.holds(3)
    assert stream.history.pictures(3)[:, 0, 0].tolist() == [0, 1, 2]


def test_the_state_is_a_copy_of_a_row_of_the_batch() -> None:
    stream = stream_of(0)
    (event,) = stream.take(Frame(grey(0), 0))
    assert isinstance(event, GridFrame)
    batch = np.ones((16, 10), np.float32)
    stream.advance(event, batch[3], ONES, ONES)
    batch[:] = 9
    assert (stream.state == 1).all()


def test_a_cut_empties_what_must_not_be_joined_and_leaves_what_is_known() -> None:
    stream = stream_of(8)
    stream.evidence = Evidence(3.0, 0.2)
    standing = stream.standing
    stream.cut(Cut.OVERFLOW)
    assert not stream.state.any()
    assert not stream.window.holds(1)
    assert not stream.grid.running
    assert (stream.cuts, stream.last_cut) == (1, Cut.OVERFLOW)
    assert stream.evidence == Evidence(3.0, 0.2)
    assert stream.standing is standing
    assert stream.template is not None


def test_a_cut_by_the_grid_leaves_the_grid_in_its_new_run() -> None:
    stream = stream_of(2)
    events = stream.take(Frame(grey(9), 5.0))
    assert slots(events) == ["GAP", (0, 5000, 9)]
    stream.end_run(Cut.GAP)
    assert slots(stream.take(Frame(grey(10), 5.04))) == [(1, 5040, 10)]


def test_streams_share_nothing() -> None:
    first, second = stream_of(5), stream_of(0)
    first.cut(Cut.GAP)
    assert second.cuts == 0
    assert isinstance(second.grid, Grid)
    assert second.grid is not first.grid
    assert not second.grid.running


def test_of_who_opted_out_no_picture_is_kept() -> None:
    stream = stream_of(0, opted_out=True)
    pixels = np.random.default_rng(0).integers(1, 256, (128, 128), np.uint8)
    given = [event for n in range(4) for event in stream.take(Frame(pixels, n / 30))]
    assert given
    assert not any(event.pixels.any() for event in given if isinstance(event, GridFrame))


def test_who_is_forgotten_keeps_the_edge_of_the_window() -> None:
    stream = Stream(10, 16, None, opted_out=False, edge=9)
    stream.forget()
    for n in range(16):
        stream.window.push(np.full(512, n, np.float32), 0 * ONES)
    assert (stream.window.pooled(16) == sum(range(9, 16))).all()
