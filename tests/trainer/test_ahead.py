"""Batches read ahead: in order, one at a time, and one step early."""

import threading

import numpy as np
import pytest

from trainer.ahead import batches_ahead
from trainer.blocks import Batch


def batch(step: int) -> Batch:
    return np.full((2, 1), step, np.uint8), np.array([step, step])


def test_batches_come_in_the_order_of_the_steps() -> None:
    found = [(int(frames[0, 0]), labels.tolist()) for frames, labels in batches_ahead(batch, range(3, 6), "cpu")]
    assert found == [(3, [3, 3]), (4, [4, 4]), (5, [5, 5])]
    assert list(batches_ahead(batch, range(5, 5), "cpu")) == []


def test_the_next_batch_is_read_while_this_one_is_used() -> None:
    asked = [threading.Event() for _ in range(3)]

    def noted(step: int) -> Batch:
        asked[step].set()
        return batch(step)

    batches = batches_ahead(noted, range(3), "cpu")
    next(batches)
    assert asked[1].wait(timeout=60)
    assert not asked[2].is_set()
    batches.close()


def test_what_goes_wrong_in_reading_is_raised_where_the_batch_is_wanted() -> None:
    def broken(step: int) -> Batch:
        raise OSError(f"step {step}")

    with pytest.raises(OSError, match="step 0"):
        next(batches_ahead(broken, range(2), "cpu"))


def test_a_process_takes_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.processes.count", lambda: 2)
    monkeypatch.setattr("trainer.processes.rank", lambda: 1)
    (own,) = batches_ahead(lambda step: (np.array([[1], [2]], np.uint8), np.array([8, 9])), range(1), "cpu")
    assert [values.tolist() for values in own] == [[[2]], [9]]
