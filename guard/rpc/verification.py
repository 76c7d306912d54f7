"""StreamVerify: participants' frames in, their verdicts out."""

from collections.abc import AsyncIterator
from concurrent.futures import Executor
from typing import Any

import grpc

from guard.access.caller import current
from guard.calls import Calls
from guard.rpc.carrier import ConnectionParts
from guard.rpc.connection import Connection, Requests
from guard.rpc.errors import answered, status_of
from guard.rpc.streams import Streams
from guard.v1.verification_pb2 import StreamVerifyResponse
from guard.v1.verification_pb2_grpc import VerificationServiceServicer

Context = grpc.aio.ServicerContext[Any, Any]


class VerificationService(VerificationServiceServicer):
    """Serves guard.v1.VerificationService. `pool` reduces pictures off the loop."""

    def __init__(self, calls: Calls, streams: Streams, pool: Executor) -> None:
        self._calls = calls
        self._streams = streams
        self._pool = pool

    async def StreamVerify(self, requests: Requests, context: Context) -> AsyncIterator[StreamVerifyResponse]:
        """The streams of one connection, each from its opening message to its last verdict."""
        connection = Connection(ConnectionParts(self._calls, self._streams, self._pool, current.get(), status_of))
        broken = True
        try:
            async with answered(context):
                async for answer in connection.answers(requests):
                    yield answer
                broken = False
        except Exception:
            broken = False  # refused; a cancellation is no Exception
            raise
        finally:
            connection.close(broken=broken and not past_deadline(context))


def past_deadline(context: Context) -> bool:
    """Whether the call was ended by the caller's own deadline: then nobody will come back for its streams."""
    remaining = context.time_remaining()
    return remaining is not None and remaining <= 0
