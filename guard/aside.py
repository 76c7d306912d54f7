"""Work for the engine that belongs to no live stream, and gives way to those that do."""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from guard.core.errors import EngineError
from guard.core.items import FPS
from guard.enginethreads import EngineThreads, settle

PACE = 1 / FPS
"""Seconds after which waiting live frames let one piece through: together these cost what one more stream would."""

Result = TypeVar("Result")


class Aside:
    """Pieces of work in order of their arrival; bounded by those who wait for them, each for one at a time."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[asyncio.Future[Any], Callable[[], Any]]] = deque()
        self._ran_at = float("-inf")

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, work: Callable[[], Result]) -> "asyncio.Future[Result]":
        """What `work` will have returned, or EngineError. It must be no more than a step of one stream."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((done, work))
        return done

    async def run(self, engine: EngineThreads, now: float, *, idle: bool) -> None:
        """Do one piece if it is its turn: nothing else waits, or it has been kept waiting for PACE."""
        if not self._waiting or not (idle or now - self._ran_at >= PACE):
            return
        self._ran_at = now
        done, work = self._waiting.popleft()
        if done.cancelled():
            return
        (outcome,) = await engine.run([partial(boxed, work)])
        if outcome is None:
            settle(done, done.set_exception, EngineError("the model failed to run"))
        else:
            settle(done, done.set_result, outcome[0])


def boxed(work: Callable[[], Result]) -> tuple[Result]:
    """The result in a box: engine threads say None for a failure."""
    return (work(),)
