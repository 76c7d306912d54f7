"""The requests of an Enroll call as they come, while there is reason to wait for them."""

import asyncio
from collections.abc import AsyncIterator

from google.protobuf.message import DecodeError

from guard.core.errors import DrainingError, FrameError
from guard.v1.enrollment_pb2 import EnrollRequest

Requests = AsyncIterator[EnrollRequest]

PATIENCE = 30.0
"""Seconds without a message after which a caller has to make room for others."""


async def patient(requests: Requests, draining: asyncio.Event) -> AsyncIterator[EnrollRequest]:
    """The requests as they come. Raises DrainingError as soon as the service stops.

    FrameError for bytes that are no request, and when none comes for PATIENCE.
    """
    source = aiter(requests)
    stopping = asyncio.create_task(draining.wait())
    try:
        while True:
            coming = asyncio.create_task(following(source))
            try:
                await asyncio.wait((coming, stopping), timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
                request = checked(coming, stopping)
            finally:
                coming.cancel()
            if request is None:
                return
            yield request
    finally:
        stopping.cancel()


async def following(source: Requests) -> EnrollRequest | None:
    """The next request; None after the last."""
    try:
        return await anext(source)
    except StopAsyncIteration:
        return None


def checked(coming: asyncio.Task[EnrollRequest | None], stopping: asyncio.Task[bool]) -> EnrollRequest | None:
    """The next request, None after the last, or the reason why no more are taken."""
    if coming.done():
        try:
            request = coming.result()
        except DecodeError:
            raise FrameError("message", "is no EnrollRequest of guard.v1") from None
        if request is None or not stopping.done():
            return request  # who has sent everything is enrolled all the same
    if stopping.done():
        raise DrainingError
    raise FrameError("frame", f"has not come for {PATIENCE:g} s", "close your side once all are sent")
