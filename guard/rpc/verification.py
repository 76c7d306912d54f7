"""StreamVerify: one participant's frames in, its verdicts out."""

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from typing import Any

import grpc

from guard.access.caller import current
from guard.calls import Calls
from guard.core.errors import FrameError
from guard.core.items import Cut, Frame
from guard.feed import Feed, Watcher
from guard.rpc.errors import answered
from guard.rpc.messages import verdict_message, word
from guard.rpc.pictures import checked_format, reduced
from guard.updates import Event
from guard.v1 import types_pb2
from guard.v1.verification_pb2 import (
    PictureFormat,
    StreamCut,
    StreamOpen,
    StreamOpened,
    StreamVerifyRequest,
    StreamVerifyResponse,
    VideoFrame,
)
from guard.v1.verification_pb2_grpc import VerificationServiceServicer

Requests = AsyncIterator[StreamVerifyRequest]
Context = grpc.aio.ServicerContext[Any, Any]


class VerificationService(VerificationServiceServicer):
    """Serves guard.v1.VerificationService. `model` is told to every caller; `pool` reduces pictures off the loop."""

    def __init__(self, calls: Calls, feed: Feed, model: StreamOpened, pool: Executor) -> None:
        self._calls = calls
        self._feed = feed
        self._model = model
        self._pool = pool

    async def StreamVerify(self, requests: Requests, context: Context) -> AsyncIterator[StreamVerifyResponse]:
        """One stream from its opening message to its last verdict."""
        async with answered(context):
            opening = await first_message(requests)
            joined = await self._calls.join(
                call=opening.call,
                participant=opening.participant,
                claim=opening.claim,
                transport="grpc",
                tenant=current.get().tenant,
            )
            with self._feed.watch(lambda participant: participant.key == joined.key) as watcher:
                reader = asyncio.create_task(self._read(requests, joined.key, opening.format))
                try:
                    yield self._opened(joined.key)
                    async for verdict in verdicts(watcher):
                        yield verdict
                    await reader
                finally:
                    reader.cancel()
                    self._calls.leave(joined.key)

    def _opened(self, key: str) -> StreamVerifyResponse:
        opened = StreamOpened(enrolled=self._calls.enrolled(key))
        opened.MergeFrom(self._model)
        return StreamVerifyResponse(opened=opened)

    async def _read(self, requests: Requests, key: str, picture: PictureFormat) -> None:
        """Frames and cuts to the stream until the sender closes; its last verdicts come before it leaves."""
        try:
            async for request in requests:
                match request.WhichOneof("message"):
                    case "frame":
                        picture = await self._offer(request.frame, key, picture)
                    case "cut":
                        self._calls.cut(key, known_cut(request.cut))
                    case "open":
                        raise FrameError("open", "must come once, as the first message")
                    case _:
                        raise FrameError("message", "is empty", "send a frame or a cut")
        finally:
            await self._calls.finish(key)

    async def _offer(self, message: VideoFrame, key: str, picture: PictureFormat) -> PictureFormat:
        """Reduce the frame off the loop and hand it on; returns the format that holds from here."""
        if message.HasField("format") and message.format != picture:
            picture = checked_format(message.format, "frame.format")
            self._calls.cut(key, Cut.PICTURE_CHANGED)
        at = time.monotonic()
        frame: Frame = await asyncio.get_running_loop().run_in_executor(self._pool, reduced, message, picture)
        # Flow control holds the sender back meanwhile, so that a file may come faster than in real time.
        await self._calls.room(key)
        self._calls.offer(key, frame, at)
        return picture


async def first_message(requests: Requests) -> StreamOpen:
    """The opening message, checked. FrameError when something else comes first, or nothing."""
    first = await anext(aiter(requests), StreamVerifyRequest())
    if first.WhichOneof("message") != "open":
        raise FrameError("open", "must be the first message")
    checked_format(first.open.format, "open.format")
    return first.open


async def verdicts(watcher: Watcher) -> AsyncIterator[StreamVerifyResponse]:
    """The stream's verdicts until it leaves; raises the cause when it was made to."""
    async for update in watcher:
        if update.event is Event.VERDICT and update.participant.verdict is not None:
            yield StreamVerifyResponse(verdict=verdict_message(update.participant.verdict))
        if update.event is Event.LEFT:
            if update.cause is not None:
                raise update.cause
            return


def known_cut(message: StreamCut) -> Cut:
    """The cut that a message tells. FrameError for one that guard.v1 does not know."""
    known = message.cut in types_pb2.Cut.values()
    cut = word(Cut, types_pb2.Cut.Name(message.cut), "CUT_") if known else None
    if cut is None:
        raise FrameError("cut.cut", "must say why frames are missing", "send CUT_GAP when nothing else fits")
    return cut
