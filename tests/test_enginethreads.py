"""The threads of the model: parts at once, failures in a row, and steps that never end."""

import threading
import time
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from guard import enginethreads
from guard.core.errors import EngineError
from guard.enginethreads import FAILURES, EngineThreads
from guard.metrics import Metrics


@pytest.fixture
def threads() -> Iterator[EngineThreads]:
    made = EngineThreads(2, Metrics(CollectorRegistry(), "model"), time.monotonic)
    yield made
    made.stop()


def broken() -> str:
    raise EngineError("a step failed")


async def test_parts_of_a_step_run_at_once_and_come_back_in_order(threads: EngineThreads) -> None:
    both = threading.Barrier(2, timeout=10)
    assert await threads.run([lambda: (both.wait() and "a") or "a", lambda: (both.wait() and "b") or "b"]) == ["a", "b"]
    assert threads.began is None


async def test_a_part_that_fails_costs_only_itself(threads: EngineThreads) -> None:
    assert await threads.run([broken, lambda: "b"]) == [None, "b"]


async def test_failures_in_a_row_are_raised_and_a_good_step_between_them_forgives(threads: EngineThreads) -> None:
    for _ in range(FAILURES - 1):
        assert await threads.run([broken]) == [None]
    await threads.run([lambda: "good"])
    for _ in range(FAILURES - 1):
        assert await threads.run([broken]) == [None]
    with pytest.raises(EngineError, match="a step failed"):
        await threads.run([broken])


async def test_a_mistake_of_our_own_is_not_taken_for_a_failed_step(threads: EngineThreads) -> None:
    def mistaken() -> None:
        raise AssertionError("frames of one stream follow each other")

    with pytest.raises(AssertionError):
        await threads.run([mistaken])


async def test_a_step_that_never_ends_is_a_dead_engine(threads: EngineThreads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enginethreads, "DEAD", 0.01)
    release = threading.Event()
    with pytest.raises(EngineError, match="has not ended"):
        await threads.run([lambda: release.wait(10)])
    release.set()
