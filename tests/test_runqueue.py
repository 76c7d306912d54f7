"""The queue of the media contract: whole runs or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from guard.core.items import Cut
from guard.runqueue import LIMIT, RunQueue


def taken(queue: RunQueue[int]) -> list[tuple[Cut | None, int]]:
    return [queue.take() for _ in range(len(queue))]


def test_first_in_first_out() -> None:
    queue: RunQueue[int] = RunQueue()
    for item in (1, 2, 3):
        assert queue.put(item) == 0
    assert taken(queue) == [(None, 1), (None, 2), (None, 3)]


def test_a_cut_lies_before_the_next_item() -> None:
    queue: RunQueue[int] = RunQueue()
    queue.put(1)
    queue.cut(Cut.PICTURE_CHANGED)
    queue.put(2)
    queue.put(3)
    assert taken(queue) == [(None, 1), (Cut.PICTURE_CHANGED, 2), (None, 3)]


def test_overflow_drops_all_that_waited_and_begins_anew() -> None:
    queue: RunQueue[int] = RunQueue()
    for item in range(LIMIT):
        queue.put(item)
    assert queue.full
    assert queue.put(99) == LIMIT
    assert taken(queue) == [(Cut.OVERFLOW, 99)]


def test_of_two_cuts_without_an_item_between_the_later_is_told() -> None:
    queue: RunQueue[int] = RunQueue()
    queue.cut(Cut.GAP)
    queue.cut(Cut.DECODER_FAULT)
    queue.put(1)
    assert taken(queue) == [(Cut.DECODER_FAULT, 1)]


def test_take_from_an_empty_queue_is_an_error() -> None:
    with pytest.raises(IndexError):
        RunQueue[int]().take()


@given(some.lists(some.sampled_from(["put", "take", "cut"]), max_size=200))
def test_runs_stay_whole(actions: list[str]) -> None:
    """Whatever comes out without a cut before it directly follows what came out before."""
    queue: RunQueue[int] = RunQueue()
    put, out, dropped = 0, 0, 0
    newest = -1
    for action in actions:
        if action == "put":
            dropped += queue.put(put)
            put += 1
        elif action == "cut":
            queue.cut(Cut.GAP)
        elif queue:
            cut, item = queue.take()
            assert item == newest + 1 or cut is not None
            newest = item
            out += 1
        assert len(queue) <= LIMIT
    assert put == out + dropped + len(queue)
