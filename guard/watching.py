"""The client's watch, which outlives the connections that carry it."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import grpc

from guard.reopening import pauses
from guard.rpc.messages import update_item
from guard.updates import Update
from guard.v1.calls_pb2 import WatchVerdictsRequest
from guard.v1.calls_pb2_grpc import CallServiceStub


@dataclass(frozen=True, slots=True)
class Reopened:
    """Among updates: the watch was lost and is open again. Forget who was there: those present follow, as JOINED.

    What happened in between was missed.
    """


async def watch(calls: CallServiceStub, request: WatchVerdictsRequest) -> AsyncGenerator[Update | Reopened, None]:
    """Updates without an end. Raises AioRpcError when the first attempt fails, or ATTEMPTS in a row later on.

    A service that stops (DRAINING) is waited for as a broken connection is: it is being restarted, or another one
    takes its place.
    """
    waits = None  # None until the watch has been open once
    while True:
        call = calls.WatchVerdicts(request)
        try:
            await call.wait_for_connection()
            if waits is not None:
                yield Reopened()
            waits = pauses()
            async for response in call:
                yield update_item(response)
            return
        except grpc.aio.AioRpcError as error:
            unavailable = error.code() is grpc.StatusCode.UNAVAILABLE
            if waits is None or not unavailable or await anext(waits, False) is False:
                raise
        finally:
            call.cancel()
