"""The ring against a plain list."""

import numpy as np
import pytest

from guard.core.ring import Ring


def ring_of(capacity: int, pushed: int) -> Ring[np.int64]:
    ring: Ring[np.int64] = Ring(capacity, (2,), np.int64)
    for n in range(pushed):
        ring.push(np.array([n, -n]))
    return ring


@pytest.mark.parametrize("pushed", [0, 1, 2, 3, 4, 5, 6, 7, 20])
def test_the_newest_rows_come_oldest_first(pushed: int) -> None:
    ring = ring_of(3, pushed)
    everything = [[n, -n] for n in range(pushed)]
    assert len(ring) == pushed
    for count in range(min(3, pushed) + 1):
        assert ring.newest(count).tolist() == everything[pushed - count :]
    for steps in range(min(3, pushed)):
        assert ring.back(steps).tolist() == everything[-1 - steps]


@pytest.mark.parametrize(("pushed", "count"), [(0, 1), (2, 3), (9, 4), (9, -1)])
def test_rows_that_are_not_kept_cannot_be_had(pushed: int, count: int) -> None:
    with pytest.raises(AssertionError, match=f"{count} rows were asked for, {pushed} came, 3 are kept"):
        ring_of(3, pushed).newest(count)
    with pytest.raises(AssertionError, match="rows were asked for"):
        ring_of(3, pushed).back(max(count - 1, 3))


def test_rows_are_copied_in_and_out() -> None:
    ring: Ring[np.int64] = Ring(2, (2,), np.int64)
    row = np.array([1, 2])
    ring.push(row)
    row[:] = 0
    out = ring.newest(1)
    assert out.tolist() == [[1, 2]]
    out[:] = 9
    assert ring.back(0).tolist() == [1, 2]


def test_after_clear_nothing_old_comes_back() -> None:
    ring = ring_of(3, 5)
    ring.clear()
    assert len(ring) == 0
    ring.push(np.array([7, 7]))
    assert ring.newest(1).tolist() == [[7, 7]]
    with pytest.raises(AssertionError):
        ring.newest(2)


def test_rows_may_be_single_numbers() -> None:
    ring: Ring[np.bool_] = Ring(2, (), np.bool_)
    for value in (True, False, True):
        ring.push(value)
    assert ring.newest(2).tolist() == [False, True]
