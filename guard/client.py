"""A Python client of the guard's gRPC services.

    async with GuardClient("127.0.0.1:50051") as client:
        async for verdict in client.stream_verify(frames, participant="seat 4", claim="Ada"):
            print(verdict.decision, verdict.score)

Refusals are grpc.aio.AioRpcError: `code()`, `details()` in one sentence, and of this module `reason_of(error)`,
`field_of(error)` and `retry_after_of(error)`. What is wrong with what a method was given is a GuardError.
A decision, reason, event or other word that only a newer service knows is UNKNOWN_ and its number, equal to no member.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from types import TracebackType
from typing import Self

import grpc

from guard.access.credentials import ClientTls, Token, channel
from guard.client_calls import CallsClient
from guard.client_incidents import IncidentsClient
from guard.client_people import NextClip, PeopleClient
from guard.client_sources import SourcesClient
from guard.core.errors import ConsentError, FrameError, GuardError, SettingsError
from guard.core.items import Crop, Cut, Decision, Reason, Verdict
from guard.enrolment.progress import Progress
from guard.gallery.items import Consent, Person
from guard.incidents.items import Disposition, Incident
from guard.patience import patient
from guard.recalibration.items import Recalibration
from guard.reopening import Reopened, is_broken, pauses
from guard.rpc.errors import field_of, reason_of, retry_after_of
from guard.rpc.messages import verdict_item
from guard.sending import LumaFrame, Sending
from guard.sources.specs import FileSpec, JanusSpec, WhepSpec
from guard.sources.states import SourceEvent, SourceUpdate, Standing
from guard.updates import Event, Participant, Update
from guard.v1.verification_pb2 import StreamOpen
from guard.v1.verification_pb2_grpc import VerificationServiceStub

__all__ = [
    "ClientTls",
    "Consent",
    "ConsentError",
    "Crop",
    "Cut",
    "Decision",
    "Disposition",
    "Event",
    "FileSpec",
    "FrameError",
    "GuardClient",
    "GuardError",
    "Incident",
    "JanusSpec",
    "LumaFrame",
    "NextClip",
    "Participant",
    "Person",
    "Progress",
    "Reason",
    "Recalibration",
    "Reopened",
    "SettingsError",
    "SourceEvent",
    "SourceUpdate",
    "Standing",
    "Update",
    "Verdict",
    "WhepSpec",
    "field_of",
    "reason_of",
    "retry_after_of",
]


class GuardClient(CallsClient, SourcesClient, PeopleClient, IncidentsClient):
    """One connection; use it as an asynchronous context manager.

    A service that asks who calls wants a `token`, or a function that returns the present one; `tls` says whom to trust.
    """

    def __init__(self, address: str, *, token: Token | None = None, tls: ClientTls | None = None) -> None:
        self._channel = channel(address, token, tls)
        CallsClient.__init__(self, self._channel)
        SourcesClient.__init__(self, self._channel)
        PeopleClient.__init__(self, self._channel)
        IncidentsClient.__init__(self, self._channel)
        self._verification = VerificationServiceStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._channel.close()

    async def stream_verify(
        self,
        frames: AsyncIterable[LumaFrame | Cut],
        *,
        participant: str,
        claim: str,
        call: str = "",
        continuity: bool | None = None,
    ) -> AsyncGenerator[Verdict | Reopened, None]:
        """Verdicts on one participant while `frames` lasts, and those that are due at its end.

        `continuity` compares who claims nobody with the opening of the call; None: as the service's policy says.
        A Cut among the frames tells that frames are missing there. A fault of `frames` itself is raised here, and
        FrameError when there is none, or something else. A connection that breaks or falls silent, or whose service
        stops, is opened again, for some 30 s, and the stream resumed; up to 6 frames may be lost with it. Where it
        cannot be resumed a new one begins, and a Reopened says so.
        """
        opening = StreamOpen(call=call, participant=participant, claim=claim, continuity=continuity)
        sending = Sending(frames, opening)
        waits = pauses()
        accepted, lost, over = False, False, False
        try:
            while not over:
                stream = patient(self._verification.StreamVerify(sending.requests()))
                try:
                    async for response in stream:
                        if response.WhichOneof("message") == "opened":
                            accepted, waits = True, pauses()
                            sending.accept(response.opened)
                            if lost:
                                yield Reopened()
                            lost = False
                        elif response.WhichOneof("message") == "verdict":
                            yield verdict_item(response.verdict)
                    over = True
                except grpc.aio.AioRpcError as error:
                    if sending.nothing is not None:
                        raise sending.nothing from None
                    if accepted and field_of(error) == "open.resume_token":
                        sending.forget()
                        lost = True
                    elif not (accepted and is_broken(error)) or await anext(waits, False) is False:
                        raise
                    else:
                        await asyncio.sleep(retry_after_of(error))
                finally:
                    stream.cancel()
        finally:
            sending.close()
        if sending.fault is not None:
            raise sending.fault
