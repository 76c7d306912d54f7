"""CallService: who is in which call, and what happens to them."""

from collections.abc import AsyncIterator
from typing import Any

import grpc

from guard.access.caller import current
from guard.calls import Calls
from guard.core.errors import DrainingError
from guard.feed import Feed
from guard.rpc.errors import answered
from guard.rpc.filters import Filter
from guard.rpc.messages import participant_message, update_message
from guard.rpc.paging import page
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
        """The participants of one call, or of all, page by page in order of call and participant."""
        async with answered(context):
            present = self._calls.participants(request.call, current.get().tenant)
            listed, following = page(
                present, lambda one: (one.call, one.participant), request.page_size, request.page_token
            )
        return ListParticipantsResponse(participants=map(participant_message, listed), next_page_token=following)

    async def WatchVerdicts(
        self, request: WatchVerdictsRequest, context: Context
    ) -> AsyncIterator[WatchVerdictsResponse]:
        """Those present first, as joined; then every update that passes the filters, until the service stops."""
        async with answered(context):
            tenant = current.get().tenant
            self._calls.check_open()
            with self._feed.watch(Filter(request, tenant)) as watcher:
                await context.send_initial_metadata(())  # it is open, though nobody may be there to tell of
                for participant in self._calls.participants(request.call, tenant):
                    watcher.offer(Update(Event.JOINED, participant))
                async for update in watcher:
                    yield update_message(update)
            raise DrainingError
