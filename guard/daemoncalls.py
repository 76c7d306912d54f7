"""Calls that may block for ever, off the event loop."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from guard.enginethreads import settle

Result = TypeVar("Result")


class DaemonCalls:
    """Runs each call in a thread of its own, at most `places` at once; further ones wait for a place.

    Unlike an executor's, these threads do not keep the process from ending: a server that hangs must not, either.
    """

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(places)

    async def run(self, call: Callable[[], Result]) -> Result:
        """What `call` returns or raises. Who is cancelled leaves it running, and its place taken until it ends."""
        await self._places.acquire()
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        threading.Thread(target=self._carry_out, args=(call, done), name="daemon-call", daemon=True).start()
        return await done

    def _carry_out(self, call: Callable[[], Result], done: "asyncio.Future[Result]") -> None:
        try:
            tell, outcome = done.set_result, call()
        except Exception as error:
            tell, outcome = done.set_exception, error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            done.get_loop().call_soon_threadsafe(self._finish, done, tell, outcome)

    def _finish(self, done: "asyncio.Future[Any]", tell: Callable[[Any], None], outcome: Any) -> None:
        self._places.release()
        settle(done, tell, outcome)
