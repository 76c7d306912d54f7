"""The part of the client that looks at calls, and tells whom a participant claims to be."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

import grpc

from guard.core.items import Decision
from guard.reopening import Reopened
from guard.rpc.messages import participant_item, update_item
from guard.updates import Participant, Update
from guard.v1 import calls_pb2 as messages
from guard.v1.calls_pb2_grpc import CallServiceStub
from guard.watching import watch


class CallsClient:
    """Methods of GuardClient about the calls of the caller's tenant."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._calls = CallServiceStub(channel)

    async def watch(
        self,
        call: str = "",
        *,
        participants: Iterable[str] = (),
        claims: Iterable[str] = (),
        decisions: Iterable[Decision] = (),
        changes_only: bool = False,
        links: bool = False,
    ) -> AsyncGenerator[Update | Reopened, None]:
        """What happens in one call, or in all; begins with those present, as JOINED. With `links`, LINK updates tell
        how video arrives.

        All filters hold together, and an empty one accepts everything; the last two are about verdicts alone. A watch
        whose connection breaks, or whose service stops, is opened again, for some 30 s: a Reopened says so.
        """
        request = messages.WatchVerdictsRequest(
            call=call,
            participants=participants,
            claims=claims,
            decisions=[f"DECISION_{decision}" for decision in decisions],
            changes_only=changes_only,
            links=links,
        )
        async with aclosing(watch(lambda: self._calls.WatchVerdicts(request), update_item)) as updates:
            async for update in updates:
                yield update

    async def participants(self, call: str = "") -> list[Participant]:
        """The participants of one call, or of all, as they are now."""
        found: list[Participant] = []
        request = messages.ListParticipantsRequest(call=call)
        while True:
            response = await self._calls.ListParticipants(request)
            found += map(participant_item, response.participants)
            if not response.next_page_token:
                return found
            request.page_token = response.next_page_token

    async def set_claim(self, participant: str, claim: str, *, call: str = "") -> Participant:
        """The participant claims somebody else from now on; NOT_FOUND when it is not in the call."""
        request = messages.SetClaimRequest(call=call, participant=participant, claim=claim)
        return participant_item((await self._calls.SetClaim(request)).participant)
