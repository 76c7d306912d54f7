"""The client's watches, which outlive the connections that carry them."""

from collections.abc import AsyncGenerator, Callable
from typing import Any, TypeVar

import grpc

from guard.reopening import Reopened, pauses

Item = TypeVar("Item")


async def watch(opened: Callable[[], Any], item: Callable[[Any], Item]) -> AsyncGenerator[Item | Reopened, None]:
    """Updates without an end: `opened` begins the call, and `item` makes one of each response.

    Raises AioRpcError when the first attempt fails, or ATTEMPTS in a row later on.

    A service that stops (DRAINING) is waited for as a broken connection is: it is being restarted, or another one
    takes its place.
    """
    waits = None  # None until the watch has been open once
    while True:
        call = opened()
        try:
            await call.wait_for_connection()
            if waits is not None:
                yield Reopened()
            waits = pauses()
            async for response in call:
                yield item(response)
            return
        except grpc.aio.AioRpcError as error:
            unavailable = error.code() is grpc.StatusCode.UNAVAILABLE
            if waits is None or not unavailable or await anext(waits, False) is False:
                raise
        finally:
            call.cancel()
