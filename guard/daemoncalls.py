"""Calls that may block for ever, off the event loop."""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from guard.enginethreads import carry_out, settle

Result = TypeVar("Result")


class DaemonCalls:
    """Runs calls in threads of its own, at most `places` at once; further ones wait for a place.

    Unlike an executor's, these threads do not keep the process from ending: a server that hangs must not, either. They
    are kept for the next calls: each new thread would touch memory that the C library keeps.
    """

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(places)
        self._queue: SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]] | None] = SimpleQueue()
        self._threads = 0
        self._at_work = 0

    async def run(self, call: Callable[[], Result]) -> Result:
        """What `call` returns or raises. Who is cancelled leaves it running, and its place taken until it ends."""
        await self._places.acquire()
        self._at_work += 1
        if self._at_work > self._threads:
            self._threads += 1
            threading.Thread(target=self._carry_out, name="daemon-call", daemon=True).start()
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.put((call, done))
        return await done

    def close(self) -> None:
        """End the threads, each once the call that it is at has ended. None may be asked for afterwards."""
        for _ in range(self._threads):
            self._queue.put(None)

    def _carry_out(self) -> None:
        while (asked := self._queue.get()) is not None:
            carry_out(*asked, self._finish)
            del asked  # nothing of one call is kept until the next

    def _finish(self, done: "asyncio.Future[Any]", tell: Callable[[Any], None], outcome: Any) -> None:
        self._at_work -= 1
        self._places.release()
        settle(done, tell, outcome)
