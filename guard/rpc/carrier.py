"""One stream on one connection: its messages in, in order, and its verdicts out."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from google.rpc.status_pb2 import Status

from guard.access.caller import Caller
from guard.calls import Calls
from guard.core.errors import FrameError, GuardError, ReplacedError
from guard.core.items import Cut
from guard.rpc.messages import verdict_message, word
from guard.rpc.pictures import checked_format, reduced_off_loop
from guard.rpc.streams import Stream, Streams
from guard.updates import Event
from guard.v1 import types_pb2
from guard.v1.verification_pb2 import (
    StreamCut,
    StreamOpen,
    StreamVerifyRequest,
    StreamVerifyResponse,
    VideoFrame,
)

INBOX = 2
"""Messages of one stream that wait while its newest picture is reduced; then flow control holds the sender back."""

Answers = asyncio.Queue[StreamVerifyResponse | Exception | None]


@dataclass(frozen=True, slots=True)
class ConnectionParts:
    """What a connection needs of the service, and who called."""

    calls: Calls
    streams: Streams
    pool: Executor
    owner: Caller
    status_of: Callable[[GuardError], Status]


class Carrier:
    """Carries one stream from its opening message to its end on this connection."""

    def __init__(self, handle: str, opening: StreamOpen, parts: ConnectionParts, answers: Answers) -> None:
        self.handle = handle
        self.key: str | None = None  # what logs call the stream; None until it is open
        self.done = asyncio.Event()  # the caller has been told of the end
        self._opening = opening
        self._parts = parts
        self._answers = answers
        self._inbox: asyncio.Queue[tuple[StreamVerifyRequest, float] | None] = asyncio.Queue(INBOX)
        self._stream: Stream | None = None  # None until it is open, and after it was taken away
        self._feeding: asyncio.Task[None] | None = None
        self._fault: Exception | None = None  # what went wrong in reading
        self._over = False  # nothing more is read
        self._taken = asyncio.Event()  # another connection goes on with the stream

    async def put(self, request: StreamVerifyRequest | None) -> None:
        """Queue the message; None when the caller sends no more. Waits HOLD_BACK and one reduction at most."""
        if not self._over:
            await self._inbox.put(None if request is None else (request, time.monotonic()))

    async def run(self) -> GuardError | None:
        """Carry the stream until it has left; returns why, None when that was the caller's wish."""
        stream = self._stream = await self._parts.streams.open(self._opening, self._parts.owner)
        self.key = stream.joined.key
        stream.release = self._release
        await self._answer(StreamVerifyResponse(opened=self._parts.streams.opened(stream)))
        self._feeding = asyncio.create_task(self._feed(stream))
        telling = asyncio.create_task(self._tell(stream))
        taken = asyncio.create_task(self._taken.wait())
        try:
            await asyncio.wait((telling, taken), return_when=asyncio.FIRST_COMPLETED)
            if self._taken.is_set():
                return ReplacedError()
            cause = await telling
        finally:
            for task in (telling, taken, self._feeding):
                task.cancel()
        self.close(broken=False)
        if self._fault is not None:
            raise self._fault
        return cause

    def close(self, *, broken: bool) -> None:
        """Let go of the stream: it waits to be resumed when the connection is `broken`, or is over."""
        self._stop()
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.release = None
            (self._parts.streams.keep if broken else self._parts.streams.end)(stream)

    def _release(self) -> None:
        self._stream = None
        self._stop()
        self._taken.set()

    def _stop(self) -> None:
        """Read no more, and let go whoever waits to put a message."""
        self._over = True
        if self._feeding is not None:
            self._feeding.cancel()
        while not self._inbox.empty():
            self._inbox.get_nowait()

    async def _answer(self, response: StreamVerifyResponse) -> None:
        response.stream = self.handle
        await self._answers.put(response)

    async def _tell(self, stream: Stream) -> GuardError | None:
        """The stream's verdicts until it leaves; returns the cause when it was made to."""
        async for update in stream.watcher:
            if update.event is Event.VERDICT and update.participant.verdict is not None:
                await self._answer(StreamVerifyResponse(verdict=verdict_message(update.participant.verdict)))
            if update.event is Event.LEFT:
                return update.cause
        return None

    async def _feed(self, stream: Stream) -> None:
        """Messages to the stream until the sender closes it; its last verdicts come before it leaves."""
        cause: GuardError | None = None
        try:
            while (arrived := await self._inbox.get()) is not None:
                if arrived[0].WhichOneof("message") == "close":
                    break
                await self._take(stream, *arrived)
        except GuardError as error:
            cause = error
        except Exception as fault:  # raised where the caller is told of it, once the stream has left
            self._fault = fault
        self._over = True
        while not self._inbox.empty():
            self._inbox.get_nowait()
        await self._parts.calls.finish(stream.joined.key, cause)

    async def _take(self, stream: Stream, request: StreamVerifyRequest, at: float) -> None:
        match request.WhichOneof("message"):
            case "frame":
                await self._offer(stream, request.frame, at)
            case "cut":
                self._parts.calls.cut(stream.joined.key, known_cut(request.cut))
            case "open":
                raise FrameError("open", "must come once, as the first message")
            case _:
                raise FrameError("message", "is empty", "send a frame, a cut or a close")

    async def _offer(self, stream: Stream, message: VideoFrame, at: float) -> None:
        """Reduce the frame and hand it on."""
        if message.HasField("format") and message.format != stream.picture:
            self._parts.streams.show(stream, checked_format(message.format, "frame.format"))
            self._parts.calls.cut(stream.joined.key, Cut.PICTURE_CHANGED)
        cut, frame = await reduced_off_loop(message, stream.picture, stream.framer, self._parts.pool)
        if cut is not None:
            self._parts.calls.cut(stream.joined.key, cut)
        # Flow control holds the sender back meanwhile, so that a file may come faster than in real time.
        await self._parts.calls.room(stream.joined.key)
        self._parts.calls.offer(stream.joined.key, frame, at)


def known_cut(message: StreamCut) -> Cut:
    """The cut that a message tells. FrameError for one that guard.v1 does not know."""
    known = message.cut in types_pb2.Cut.values()
    cut = word(Cut, types_pb2.Cut, message.cut, "CUT_") if known else None
    if cut is None:
        raise FrameError("cut.cut", "must say why frames are missing", "send CUT_GAP when nothing else fits")
    return cut
