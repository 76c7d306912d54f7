"""The threads in which the model runs, beside the event loop, and whether the model is still alive."""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import structlog

from guard.core.errors import EngineError
from guard.metrics import Metrics

FAILURES = 3
"""Failed steps in a row after which the engine counts as dead. One failure may pass: it costs its streams their run."""
DEAD = 30.0
"""Seconds after which a step that has not ended never will: the engine counts as dead."""

Result = TypeVar("Result")
Task = tuple[asyncio.Future[Any], Callable[[], Any]]
log = structlog.get_logger()


class EngineThreads:
    """Runs steps, one after the other, each in as many parts as there are threads.

    The threads are daemons, unlike an executor's: a step that never ends must not keep the process from ending.
    """

    def __init__(self, count: int, metrics: Metrics, clock: Callable[[], float]) -> None:
        self.count = count
        self._metrics = metrics
        self._clock = clock
        self._failures = 0  # failed steps since the last good one
        # When the step that is running began, in seconds of the clock; None between steps.
        self.began: float | None = None
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()  # holds one step: the worker awaits each
        for number in range(count):
            threading.Thread(target=self._work, name=f"engine-{number}", daemon=True).start()

    async def run(self, parts: Sequence[Callable[[], Result]]) -> list[Result | None]:
        """What each part returns, None where the model failed.

        Raises EngineError when a part is stuck, or steps failed FAILURES times in a row.
        """
        self.began = self._clock()
        try:
            async with asyncio.timeout(DEAD):
                outcomes = await asyncio.gather(*map(self._handed_over, parts), return_exceptions=True)
        except TimeoutError:
            raise EngineError(f"a step has not ended for {DEAD:g} s") from None
        finally:
            self._metrics.step_seconds.observe(self._clock() - self.began)
            self.began = None
        self._count_failures([outcome for outcome in outcomes if isinstance(outcome, BaseException)])
        return [None if isinstance(outcome, BaseException) else outcome for outcome in outcomes]

    def _count_failures(self, faults: list[BaseException]) -> None:
        if not faults:
            self._failures = 0
            return
        self._failures += 1
        self._metrics.engine_failures.inc()
        log.error("engine failed", in_a_row=self._failures, exc_info=faults[0])
        if self._failures >= FAILURES or not isinstance(faults[0], EngineError):
            raise faults[0]

    def stop(self) -> None:
        """Let the threads end once they have done what they were given."""
        for _ in range(self.count):
            self._tasks.put(None)

    def _handed_over(self, work: Callable[[], Any]) -> "asyncio.Future[Any]":
        done = asyncio.get_running_loop().create_future()
        self._tasks.put((done, work))
        return done

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            done, work = task
            carry_out(work, done, settle)


def carry_out(work: Callable[[], Any], done: "asyncio.Future[Any]", finish: Callable[..., None]) -> None:
    """Do the work in this thread, and have the future's loop call `finish` as `settle` is called."""
    try:
        tell, outcome = done.set_result, work()
    except Exception as error:
        tell, outcome = done.set_exception, error
    with suppress(RuntimeError):  # the loop is closed: nobody waits any more
        done.get_loop().call_soon_threadsafe(finish, done, tell, outcome)


def settle(done: "asyncio.Future[Any]", tell: Callable[[Any], None], outcome: Any) -> None:
    """Give a future its outcome, unless whoever waited for it was cancelled."""
    if not done.done():
        tell(outcome)
