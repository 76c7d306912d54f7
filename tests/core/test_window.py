"""Which rows a window adds up: against sums over plain lists, with rows that are recognised by their number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from guard.core.window import COLUMN, EDGE, Window


def column(frame: int) -> np.ndarray:
    """What came with frame `frame` of the run: column of difference frame - 2."""
    return np.full(COLUMN, frame, np.float32)


def start(frame: int) -> np.ndarray:
    """Start pair of the window whose first difference is frame - 3."""
    return np.full(COLUMN, 1000 * (frame - 3), np.float32)


def after(frames: int, longest: int, edge: int = EDGE) -> Window:
    window = Window(longest, edge)
    for frame in range(frames):
        window.push(column(frame), start(frame))
    return window


def slow(frames: int, horizon: int) -> float:
    """Start pair of s and columns s+2 .. e-2, by the definition: differences s..e, column j came with frame j + 2."""
    newest = frames - 1
    s, e = newest - horizon + 2, newest
    return 1000 * s + sum(j + 2 for j in range(s + 2, e - 1))


def filtered(frames: int, horizon: int, span: int) -> float:
    """By the definition of filters: the columns of frames whose newest `span` differences all lie in the window."""
    differences = range(frames - horizon + 1, frames)
    seen = [frame for frame in differences if frame - span + 1 in differences]
    return sum(seen) + 1000 * (frames - 1 - (horizon - span) - 3)


@pytest.mark.parametrize("horizon", [5, 6, 7, 16, 64, 128])
@pytest.mark.parametrize("extra", [0, 1, 5, 200])
def test_a_window_is_its_start_pair_and_its_interior_columns(horizon: int, extra: int) -> None:
    pooled = after(horizon + extra, 128).pooled(horizon)
    assert pooled.shape == (COLUMN,)
    assert pooled.dtype == np.float32
    assert (pooled == slow(horizon + extra, horizon)).all()


@pytest.mark.parametrize("span", [5, 9, 13])
@pytest.mark.parametrize("extra", [0, 1, 5, 200])
def test_of_longer_filters_fewer_columns_lie_inside(span: int, extra: int) -> None:
    for horizon in (14, 16, 64, 128):
        pooled = after(horizon + extra, 128, span).pooled(horizon)
        assert (pooled == filtered(horizon + extra, horizon, span)).all()


@settings(deadline=None)
@given(some.integers(5, 40), some.integers(0, 90), some.data())
def test_all_horizons_are_served_from_the_same_rows(longest: int, frames: int, data: some.DataObject) -> None:
    window = after(frames, longest)
    horizon = data.draw(some.integers(5, longest))
    assert window.holds(horizon) is (frames >= horizon)
    if window.holds(horizon):
        assert (window.pooled(horizon) == slow(frames, horizon)).all()


def test_the_shortest_window_has_no_interior() -> None:
    assert (after(5, 5).pooled(5) == 1000 * 1).all()


def test_a_window_never_reaches_across_a_cut() -> None:
    window = after(40, 16)
    window.restart()
    for frame in range(15):
        assert not window.holds(16)
        with pytest.raises(AssertionError, match=f"a window of 16 frames reaches across the cut {frame} frames ago"):
            window.pooled(16)
        window.push(column(frame), start(frame))
    window.push(column(15), start(15))
    assert (window.pooled(16) == slow(16, 16)).all()


def test_no_row_of_before_the_cut_is_added_even_if_it_is_not_a_number() -> None:
    window = Window(16)
    for _ in range(30):
        window.push(np.full(COLUMN, np.nan, np.float32), np.full(COLUMN, np.nan, np.float32))
    window.restart()
    for frame in range(16):
        window.push(column(frame), start(frame))
    assert (window.pooled(16) == slow(16, 16)).all()


def test_sums_do_not_drift() -> None:
    """A large value passes through the window; with a running sum its rounding would stay behind."""
    window = Window(8)
    for value in [1e8, *[0.1] * 30]:
        window.push(np.full(COLUMN, value, np.float32), np.zeros(COLUMN, np.float32))
    assert window.pooled(8) == pytest.approx(0.3, abs=1e-6)
