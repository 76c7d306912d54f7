"""The one thread in which the model runs, beside the event loop, and whether the model is still alive."""

import asyncio
import queue
import threading
from collections.abc import Callable
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


class EngineThread:
    """Runs steps, one after the other.

    It is a daemon, unlike an executor's thread: a step that never ends must not keep the process from ending.
    """

    def __init__(self, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._metrics = metrics
        self._clock = clock
        self._failures = 0  # failed steps since the last good one
        # When the step that is running began, in seconds of the clock; None between steps. A dead engine ends none.
        self.began: float | None = None
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()  # holds one: the worker awaits each
        threading.Thread(target=self._work, name="engine", daemon=True).start()

    async def run(self, work: Callable[[], Result]) -> Result | None:
        """What `work` returns, None when the model failed. EngineError when it failed FAILURES times, or is stuck."""
        self.began = self._clock()
        try:
            async with asyncio.timeout(DEAD):
                result: Result = await self._handed_over(work)
        except TimeoutError:
            raise EngineError(f"a step has not ended for {DEAD:g} s") from None
        except EngineError:
            self._failures += 1
            self._metrics.engine_failures.inc()
            log.exception("engine failed", in_a_row=self._failures)
            if self._failures >= FAILURES:
                raise
            return None
        finally:
            self._metrics.step_seconds.observe(self._clock() - self.began)
            self.began = None
        self._failures = 0
        return result

    def stop(self) -> None:
        """Let the thread end once it has done what it was given."""
        self._tasks.put(None)

    def _handed_over(self, work: Callable[[], Any]) -> "asyncio.Future[Any]":
        done = asyncio.get_running_loop().create_future()
        self._tasks.put((done, work))
        return done

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            done, work = task
            try:
                tell, outcome = done.set_result, work()
            except Exception as error:
                tell, outcome = done.set_exception, error
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                done.get_loop().call_soon_threadsafe(settle, done, tell, outcome)


def settle(done: "asyncio.Future[Any]", tell: Callable[[Any], None], outcome: Any) -> None:
    """Give a future its outcome, unless whoever waited for it was cancelled."""
    if not done.done():
        tell(outcome)
