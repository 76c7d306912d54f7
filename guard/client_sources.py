"""The part of the client that attaches sources, and tells whom a participant claims to be."""

import grpc

from guard.rpc.messages import participant_item
from guard.rpc.sources import source_item, spec_message
from guard.sources.specs import AnySpec
from guard.sources.states import Standing
from guard.updates import Participant
from guard.v1 import calls_pb2 as messages
from guard.v1.calls_pb2_grpc import CallServiceStub


class SourcesClient:
    """Methods of GuardClient about the sources of the caller's tenant."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._calls = CallServiceStub(channel)

    async def attach(self, spec: AnySpec) -> Standing:
        """Let the service fetch a source from now on. INVALID_ARGUMENT for what it may not reach."""
        request = messages.AttachSourceRequest(spec=spec_message(spec, secrets=True))
        return source_item((await self._calls.AttachSource(request)).source)

    async def detach(self, name: str) -> None:
        """End a source and its participants; NOT_FOUND when it is not attached."""
        await self._calls.DetachSource(messages.DetachSourceRequest(name=name))

    async def sources(self) -> list[Standing]:
        """Every source and where it stands; secrets, passwords and queries of addresses are left out."""
        answer = await self._calls.ListSources(messages.ListSourcesRequest())
        return [source_item(source) for source in answer.sources]

    async def set_claim(self, participant: str, claim: str, *, call: str = "") -> Participant:
        """The participant claims somebody else from now on; NOT_FOUND when it is not in the call."""
        request = messages.SetClaimRequest(call=call, participant=participant, claim=claim)
        return participant_item((await self._calls.SetClaim(request)).participant)
