"""When a client opens a call again that was lost, how long it waits before that, and what it says of it."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass

import grpc

from guard.rpc.errors import reason_of

ATTEMPTS = 10
"""Times that a broken call is opened again in a row before its error is raised: some 30 s, 23 to 39."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds before the first attempt, doubled for each that follows, up to the longest."""


@dataclass(frozen=True, slots=True)
class Reopened:
    """Among what a client is told: what it asked for was lost and begins anew.

    Of a watch: forget who and what was there, that follows, as JOINED or ATTACHED; what happened in between was missed.
    Of a stream: the service was restarted or did not keep it; its evidence is gone and its verdicts count from 1 again.
    """


def is_broken(error: grpc.aio.AioRpcError) -> bool:
    """Whether a call ended because its connection broke, or its service stops, which another one will follow.

    Other refusals of the service are final; they have details, too.
    """
    return error.code() is grpc.StatusCode.UNAVAILABLE and reason_of(error) in ("", "DRAINING")


async def pauses() -> AsyncIterator[None]:
    """Waits longer and longer between attempts, at random within each wait so that clients do not return in step."""
    for attempt in range(ATTEMPTS):
        await asyncio.sleep(random.uniform(0.75, 1.25) * min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE))
        yield
