"""CallService: who is in which call, and what happens to them."""

from collections.abc import AsyncIterator
from typing import Any

import grpc

from guard.access.caller import current
from guard.calls import Calls
from guard.core.errors import DrainingError
from guard.feed import Feed
from guard.rpc.errors import answered
from guard.rpc.messages import participant_message, update_message
from guard.updates import Event, Update
from guard.v1.calls_pb2 import (
    ListParticipantsRequest,
    ListParticipantsResponse,
    WatchVerdictsRequest,
    WatchVerdictsResponse,
)
from guard.v1.calls_pb2_grpc import CallServiceServicer

Context = grpc.aio.ServicerContext[Any, Any]


class CallService(CallServiceServicer):
    """Serves guard.v1.CallService."""

    def __init__(self, calls: Calls, feed: Feed) -> None:
        self._calls = calls
        self._feed = feed

    async def ListParticipants(self, request: ListParticipantsRequest, context: Context) -> ListParticipantsResponse:
        """The participants of one call, or of all."""
        present = self._calls.participants(request.call, current.get().tenant)
        return ListParticipantsResponse(participants=map(participant_message, present))

    async def WatchVerdicts(
        self, request: WatchVerdictsRequest, context: Context
    ) -> AsyncIterator[WatchVerdictsResponse]:
        """Those present first, as joined; then every update until the service stops."""
        async with answered(context):
            tenant = current.get().tenant
            with self._feed.watch(
                lambda participant: participant.tenant == tenant and request.call in ("", participant.call)
            ) as watcher:
                for participant in self._calls.participants(request.call, tenant):
                    watcher.offer(Update(Event.JOINED, participant))
                async for update in watcher:
                    yield update_message(update)
            raise DrainingError
