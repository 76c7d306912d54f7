"""When a client opens a call again whose connection broke, and how long it waits before that."""

import asyncio
import random
from collections.abc import AsyncIterator

import grpc
from grpc_status import rpc_status

ATTEMPTS = 10
"""Times that a broken call is opened again in a row before its error is raised: some 30 s."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds before the first attempt, doubled for each that follows, up to the longest."""


def is_broken(error: grpc.aio.AioRpcError) -> bool:
    """Whether a call ended because its connection broke: the service's own refusals have details, and are final."""
    return error.code() is grpc.StatusCode.UNAVAILABLE and rpc_status.from_call(error) is None


async def pauses() -> AsyncIterator[None]:
    """Waits longer and longer between attempts, at random within each wait so that clients do not return in step."""
    for attempt in range(ATTEMPTS):
        await asyncio.sleep(random.uniform(0.5, 1.0) * min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE))
        yield
