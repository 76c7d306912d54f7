"""CallService: who is in which call, and what happens to them."""

from collections.abc import AsyncIterator
from typing import Any

import grpc

from guard.access.caller import current
from guard.audit.audit import Audit
from guard.calls import DEFAULT_CALL, Calls
from guard.core.errors import DrainingError, UnknownSourceError
from guard.feed import Feed
from guard.rpc.errors import answered
from guard.rpc.filters import Filter
from guard.rpc.messages import participant_message, update_message
from guard.rpc.paging import page
from guard.rpc.sources import source_message, source_update_message, spec_item
from guard.sources.sources import Sources
from guard.sources.states import SourceEvent, SourceUpdate
from guard.updates import Event, Update
from guard.v1.calls_pb2 import (
    AttachSourceRequest,
    AttachSourceResponse,
    DetachSourceRequest,
    DetachSourceResponse,
    ListParticipantsRequest,
    ListParticipantsResponse,
    ListSourcesRequest,
    ListSourcesResponse,
    SetClaimRequest,
    SetClaimResponse,
    WatchSourcesRequest,
    WatchSourcesResponse,
    WatchVerdictsRequest,
    WatchVerdictsResponse,
)
from guard.v1.calls_pb2_grpc import CallServiceServicer

Context = grpc.aio.ServicerContext[Any, Any]


class CallService(CallServiceServicer):
    """Serves guard.v1.CallService."""

    def __init__(self, calls: Calls, feed: Feed, sources: Sources, audit: Audit) -> None:
        self._calls = calls
        self._audit = audit
        self._feed = feed
        self._sources = sources

    async def ListParticipants(self, request: ListParticipantsRequest, context: Context) -> ListParticipantsResponse:
        """The participants of one call, or of all, page by page in order of call and participant."""
        async with answered(context):
            present = self._calls.participants(request.call, current.get().tenant)
            listed, following = page(
                present, lambda one: (one.call, one.participant), request.page_size, request.page_token
            )
        return ListParticipantsResponse(participants=map(participant_message, listed), next_page_token=following)

    async def AttachSource(self, request: AttachSourceRequest, context: Context) -> AttachSourceResponse:
        """Begin to fetch a source; returns at once, whether it can be reached or not."""
        async with answered(context):
            caller = current.get()
            attached = self._sources.attach(spec_item(request.spec, caller.tenant), caller)
        return AttachSourceResponse(source=source_message(attached))

    async def DetachSource(self, request: DetachSourceRequest, context: Context) -> DetachSourceResponse:
        """End a source; returns when its participants have left."""
        async with answered(context):
            await self._sources.detach(request.name, current.get())
        return DetachSourceResponse()

    async def ListSources(self, request: ListSourcesRequest, context: Context) -> ListSourcesResponse:
        """The tenant's sources; there are few."""
        return ListSourcesResponse(sources=map(source_message, self._sources.listed(current.get().tenant)))

    async def WatchSources(self, request: WatchSourcesRequest, context: Context) -> AsyncIterator[WatchSourcesResponse]:
        """The tenant's sources first, then every change of them, until the service stops."""
        async with answered(context):
            tenant = current.get().tenant
            self._calls.check_open()
            with self._sources.feed.watch(lambda update: update.standing.spec.tenant == tenant) as watcher:
                for standing in self._sources.listed(tenant):
                    watcher.offer(SourceUpdate(SourceEvent.ATTACHED, standing))
                await context.send_initial_metadata(())
                async for update in watcher:
                    yield source_update_message(update)
            raise DrainingError

    async def SetClaim(self, request: SetClaimRequest, context: Context) -> SetClaimResponse:
        """Let a participant claim somebody else."""
        async with answered(context):
            present = self._calls.participants(request.call or DEFAULT_CALL, current.get().tenant)
            found = next((one for one in present if one.participant == request.participant), None)
            if found is None:
                raise UnknownSourceError("participant", "is not in this call")
            changed = await self._calls.claims.set_claim(found.key, request.claim)
            told = {"stream": found.key, "claim_before": found.claim, "claim": changed.claim}
            self._audit.note("claim.changed", current.get(), **told)
        return SetClaimResponse(participant=participant_message(changed))

    async def WatchVerdicts(
        self, request: WatchVerdictsRequest, context: Context
    ) -> AsyncIterator[WatchVerdictsResponse]:
        """Those present first, as joined; then every update that passes the filters, until the service stops."""
        async with answered(context):
            tenant = current.get().tenant
            self._calls.check_open()
            with self._feed.watch(Filter(request, tenant)) as watcher:
                for participant in self._calls.participants(request.call, tenant):
                    watcher.offer(Update(Event.JOINED, participant))
                # It is open, though nobody may be there to tell of. Not before: what comes meanwhile comes behind.
                await context.send_initial_metadata(())
                async for update in watcher:
                    yield update_message(update)
            raise DrainingError
