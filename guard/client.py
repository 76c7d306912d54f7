"""A Python client of the guard's gRPC services.

    async with GuardClient("127.0.0.1:50051") as client:
        async for verdict in client.stream_verify(frames, participant="seat 4", claim="Ada"):
            print(verdict.decision, verdict.score)

Refusals are grpc.aio.AioRpcError: `code()`, `details()` in one sentence, and `guard.client.field_of(error)`.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable
from types import TracebackType
from typing import Self

import grpc
from grpc_status import rpc_status

from guard.access.credentials import ClientTls, Token, channel
from guard.client_people import NextClip, PeopleClient
from guard.core.items import Crop, Cut, Decision, Verdict
from guard.enrolment.progress import Progress
from guard.gallery.items import Consent, Person
from guard.rpc.errors import field_of
from guard.rpc.messages import participant_item, update_item, verdict_item
from guard.sending import LumaFrame, Sending
from guard.updates import Event, Participant, Update
from guard.v1.calls_pb2 import ListParticipantsRequest, WatchVerdictsRequest
from guard.v1.calls_pb2_grpc import CallServiceStub
from guard.v1.verification_pb2 import StreamOpen
from guard.v1.verification_pb2_grpc import VerificationServiceStub

__all__ = [
    "ClientTls",
    "Consent",
    "Crop",
    "Event",
    "GuardClient",
    "LumaFrame",
    "NextClip",
    "Participant",
    "Person",
    "Progress",
    "Update",
    "Verdict",
    "field_of",
]


ATTEMPTS = 10
"""Times that a broken stream is opened again in a row before its error is raised: some 30 s."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds before the first attempt, doubled for each that follows, up to the longest."""


class GuardClient(PeopleClient):
    """One connection; use it as an asynchronous context manager.

    A service that asks who calls wants a `token`, or a function that returns the present one; `tls` says whom to trust.
    """

    def __init__(self, address: str, *, token: Token | None = None, tls: ClientTls | None = None) -> None:
        self._channel = channel(address, token, tls)
        super().__init__(self._channel)
        self._verification = VerificationServiceStub(self._channel)
        self._calls = CallServiceStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._channel.close()

    async def stream_verify(
        self, frames: AsyncIterable[LumaFrame | Cut], *, participant: str, claim: str, call: str = ""
    ) -> AsyncGenerator[Verdict, None]:
        """Verdicts on one participant while `frames` lasts, and those that are due at its end.

        A Cut among the frames tells that frames are missing there. A fault of `frames` itself is raised here. A
        connection that breaks is opened again and the stream resumed; up to 6 frames may be lost with it.
        """
        sending = Sending(frames, StreamOpen(call=call, participant=participant, claim=claim))
        waits = pauses()
        accepted, over = False, False
        try:
            while not over:
                stream = self._verification.StreamVerify(sending.requests())
                try:
                    async for response in stream:
                        if response.WhichOneof("message") == "opened":
                            accepted, waits = True, pauses()
                            sending.accept(response.opened)
                        elif response.WhichOneof("message") == "verdict":
                            yield verdict_item(response.verdict)
                    over = True
                except grpc.aio.AioRpcError as error:
                    if accepted and field_of(error) == "open.resume_token":
                        sending.forget()
                    elif not (accepted and is_broken(error)) or await anext(waits, False) is False:
                        raise
        finally:
            sending.close()
            stream.cancel()
        if sending.fault is not None:
            raise sending.fault

    async def watch(
        self,
        call: str = "",
        *,
        participants: Iterable[str] = (),
        claims: Iterable[str] = (),
        decisions: Iterable[Decision] = (),
        changes_only: bool = False,
    ) -> AsyncGenerator[Update, None]:
        """What happens in one call, or in all, until the service stops; begins with those present, as JOINED.

        All filters hold together, and an empty one accepts everything; the last two are about verdicts alone.
        """
        request = WatchVerdictsRequest(
            call=call,
            participants=participants,
            claims=claims,
            decisions=[f"DECISION_{decision}" for decision in decisions],
            changes_only=changes_only,
        )
        async for response in self._calls.WatchVerdicts(request):
            yield update_item(response)

    async def participants(self, call: str = "") -> list[Participant]:
        """The participants of one call, or of all, as they are now."""
        found: list[Participant] = []
        request = ListParticipantsRequest(call=call)
        while True:
            response = await self._calls.ListParticipants(request)
            found += map(participant_item, response.participants)
            if not response.next_page_token:
                return found
            request.page_token = response.next_page_token


def is_broken(error: grpc.aio.AioRpcError) -> bool:
    """Whether a call ended because its connection broke: the service's own refusals have details, and are final."""
    return error.code() is grpc.StatusCode.UNAVAILABLE and rpc_status.from_call(error) is None


async def pauses() -> AsyncIterator[None]:
    """Waits longer and longer between attempts, at random within each wait so that clients do not return in step."""
    for attempt in range(ATTEMPTS):
        await asyncio.sleep(random.uniform(0.5, 1.0) * min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE))
        yield
