"""The part of the client that attaches sources."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import grpc

from guard.reopening import Reopened
from guard.rpc.sources import source_item, source_update_item, spec_message
from guard.sources.specs import AnySpec
from guard.sources.states import SourceUpdate, Standing
from guard.v1 import calls_pb2 as messages
from guard.v1.calls_pb2_grpc import CallServiceStub
from guard.watching import watch


class SourcesClient:
    """Methods of GuardClient about the sources of the caller's tenant."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._sources = CallServiceStub(channel)

    async def attach(self, spec: AnySpec) -> Standing:
        """Let the service fetch a source from now on. INVALID_ARGUMENT for what it may not reach."""
        request = messages.AttachSourceRequest(spec=spec_message(spec, secrets=True))
        return source_item((await self._sources.AttachSource(request)).source)

    async def detach(self, name: str) -> None:
        """End a source and its participants; NOT_FOUND when it is not attached."""
        await self._sources.DetachSource(messages.DetachSourceRequest(name=name))

    async def sources(self) -> list[Standing]:
        """Every source and where it stands; secrets, passwords and queries of addresses are left out."""
        answer = await self._sources.ListSources(messages.ListSourcesRequest())
        return [source_item(source) for source in answer.sources]

    async def watch_sources(self) -> AsyncGenerator[SourceUpdate | Reopened, None]:
        """Every change of a source and of its participants; begins with the sources there are, as ATTACHED.

        A watch whose connection breaks, or whose service stops, is opened again, for some 30 s: a Reopened says so.
        """
        request = messages.WatchSourcesRequest()
        async with aclosing(watch(lambda: self._sources.WatchSources(request), source_update_item)) as updates:
            async for update in updates:
                yield update
