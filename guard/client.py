"""A Python client of the guard's gRPC services.

    async with GuardClient("127.0.0.1:50051") as client:
        async for verdict in client.stream_verify(frames, participant="seat 4", claim="Ada"):
            print(verdict.decision, verdict.score)

Refusals are grpc.aio.AioRpcError: `code()`, `details()` in one sentence, and `guard.client.field_of(error)`.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import grpc

from guard.core.items import Cut, Decision, Gray, Verdict
from guard.rpc.errors import field_of
from guard.rpc.messages import duration, participant_item, update_item, verdict_item
from guard.updates import Event, Participant, Update
from guard.v1.calls_pb2 import ListParticipantsRequest, WatchVerdictsRequest
from guard.v1.calls_pb2_grpc import CallServiceStub
from guard.v1.verification_pb2 import (
    PictureFormat,
    PixelLayout,
    StreamCut,
    StreamOpen,
    StreamVerifyRequest,
    VideoFrame,
)
from guard.v1.verification_pb2_grpc import VerificationServiceStub

__all__ = ["Event", "GuardClient", "LumaFrame", "Participant", "Update", "Verdict", "field_of"]


@dataclass(frozen=True, slots=True, eq=False)
class LumaFrame:
    """A decoded picture's luma plane (height, width) uint8 and its presentation time in seconds, from 0 up.

    `full_range` tells luma of 0..255 from the 16..235 of ordinary video; `rotation` is clockwise, in degrees.
    """

    luma: Gray
    time: float
    full_range: bool = False
    rotation: int = 0


class GuardClient:
    """One connection; use it as an asynchronous context manager."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.aio.insecure_channel(address)
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
    ) -> AsyncIterator[Verdict]:
        """Verdicts on one participant while `frames` lasts, and those that are due at its end.

        A Cut among the frames tells that frames are missing there. A fault of `frames` itself is raised here.
        """
        sending = _Sending(frames, StreamOpen(call=call, participant=participant, claim=claim))
        stream = self._verification.StreamVerify(sending.requests())
        try:
            async for response in stream:
                sending.accepted.set()
                if response.WhichOneof("message") == "verdict":
                    yield verdict_item(response.verdict)
        finally:
            sending.over = True
            sending.accepted.set()
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
    ) -> AsyncIterator[Update]:
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


class _Sending:
    """The sending half of one stream."""

    def __init__(self, frames: AsyncIterable[LumaFrame | Cut], opening: StreamOpen) -> None:
        self._frames = frames
        self._opening = opening
        self._told: PictureFormat | None = None  # the format that the service knows; None before the first frame
        self.accepted = asyncio.Event()  # set by the first answer, and when the stream is over
        self.over = False  # the stream has ended
        self.fault: Exception | None = None  # what `frames` raised; gRPC would hide it

    async def requests(self) -> AsyncIterator[StreamVerifyRequest]:
        """The messages in order. The first frame waits for an answer to the opening.

        A message written while the service refuses the stream makes gRPC report an internal error in place of the
        refusal (grpc/grpc issue 36066).
        """
        try:
            async for item in self._frames:
                if self._told is None and isinstance(item, LumaFrame):
                    self._told = _format(item)
                    self._opening.format.CopyFrom(self._told)
                    yield StreamVerifyRequest(open=self._opening)
                    await self.accepted.wait()
                if self.over:
                    return
                if self._told is not None:
                    yield self._request(item)
        except Exception as fault:
            self.fault = fault

    def _request(self, item: LumaFrame | Cut) -> StreamVerifyRequest:
        if isinstance(item, Cut):
            return StreamVerifyRequest(cut=StreamCut(cut=f"CUT_{item}"))
        message = VideoFrame(time=duration(item.time), data=item.luma.tobytes())
        if (picture := _format(item)) != self._told:
            message.format.CopyFrom(picture)
            self._told = picture
        return StreamVerifyRequest(frame=message)


def _format(frame: LumaFrame) -> PictureFormat:
    height, width = frame.luma.shape
    return PictureFormat(
        layout=PixelLayout.PIXEL_LAYOUT_GRAY8,
        width=width,
        height=height,
        full_range=frame.full_range,
        rotation=frame.rotation,
    )
