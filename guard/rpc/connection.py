"""One StreamVerify call: any number of streams in, their answers out through one bounded queue."""

import asyncio
import traceback
from collections import deque
from collections.abc import AsyncIterator

import structlog
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status

from guard.core.errors import FrameError, GuardError, ServiceError
from guard.rpc.carrier import Answers, Carrier, ConnectionParts
from guard.v1.verification_pb2 import StreamClosed, StreamVerifyRequest, StreamVerifyResponse

Requests = AsyncIterator[StreamVerifyRequest]

log = structlog.get_logger()

MOST_STREAMS = 64
"""Streams of one connection at once."""
LONGEST_HANDLE = 200
"""Characters of a stream's handle."""
ANSWERS = 16
"""Messages that wait for the caller to read; behind them every stream's own watcher drops what may be dropped."""
FORMER = 256
"""Handles of streams that are over, and whose late messages are passed over; those of older ones are refused."""
DOUBT = 0.02
"""Seconds after the last message in which a cancellation may come: a broken connection looks closed at first."""


class Connection:
    """Reads in one task, carries each stream in another. A stalled stream holds the others back HOLD_BACK at most."""

    def __init__(self, parts: ConnectionParts) -> None:
        self._parts = parts
        self._answers: Answers = asyncio.Queue(ANSWERS)
        self._carriers: dict[str, Carrier] = {}
        self._former: deque[str] = deque(maxlen=FORMER)
        self._handles: bool | None = None  # whether messages carry handles; None before the first
        self._tasks: set[asyncio.Task[None]] = set()

    async def answers(self, requests: Requests) -> AsyncIterator[StreamVerifyResponse]:
        """Every stream's answers in its order; raises what ends the call. Left unfinished, the connection broke."""
        self._start(self._read(requests))
        while (answer := await self._answers.get()) is not None:
            if isinstance(answer, Exception):
                raise answer
            yield answer

    def close(self, *, broken: bool) -> None:
        """Stop reading; the streams that are left wait to be resumed when the connection is `broken`, or are over."""
        for task in self._tasks:
            task.cancel()
        for carrier in list(self._carriers.values()):
            carrier.close(broken=broken)

    def _start(self, work: object) -> None:
        task = asyncio.create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self, requests: Requests) -> None:
        try:
            async for request in requests:
                await self._dispatch(request)
            if self._handles is None:
                raise FrameError("open", "must be the first message")
            await asyncio.sleep(DOUBT)
            for carrier in list(self._carriers.values()):
                await carrier.put(None)
            while self._carriers:
                await asyncio.gather(*(carrier.done.wait() for carrier in self._carriers.values()))
            await self._answers.put(None)
        except DecodeError:
            await self._answers.put(FrameError("message", "is no StreamVerifyRequest of guard.v1"))
        except Exception as fault:  # the caller is told, or it would wait for ever
            await self._answers.put(fault)

    async def _dispatch(self, request: StreamVerifyRequest) -> None:
        """Hand the message to its stream, or begin one."""
        handle = request.stream
        self._check_handle(handle)
        if carrier := self._carriers.get(handle):
            await carrier.put(request)
        elif request.WhichOneof("message") == "open" and len(self._carriers) < MOST_STREAMS:
            self._begin(request)
        elif handle not in self._former:
            await self._refuse(request)

    def _check_handle(self, handle: str) -> None:
        if len(handle) > LONGEST_HANDLE:
            raise FrameError("stream", f"has {len(handle)} characters", f"use at most {LONGEST_HANDLE}")
        if self._handles not in (None, bool(handle)):
            raise FrameError("stream", "must be set in all messages of a connection, or in none")
        self._handles = bool(handle)

    def _begin(self, request: StreamVerifyRequest) -> None:
        carrier = Carrier(request.stream, request.open, self._parts, self._answers)
        self._carriers[request.stream] = carrier
        self._start(self._carry(carrier))

    async def _carry(self, carrier: Carrier) -> None:
        try:
            closing = await carrier.run()
        except GuardError as error:
            closing = error
        except Exception as fault:
            # Where, and not what: the text of a fault from below may quote a claim.
            where = traceback.format_tb(fault.__traceback__)
            log.error("stream failed", stream=carrier.key, error=type(fault).__name__, where=where)
            closing = ServiceError()
        carrier.close(broken=False)  # one that never opened may still hold up the reader
        self._former.append(carrier.handle)
        del self._carriers[carrier.handle]
        await self._tell_end(carrier.handle, closing)
        carrier.done.set()

    async def _refuse(self, request: StreamVerifyRequest) -> None:
        opens = request.WhichOneof("message") == "open"
        error = (
            FrameError("stream", f"is one too many: a connection carries {MOST_STREAMS}", "open another connection")
            if opens
            else FrameError("open", "must be the first message")
        )
        self._former.append(request.stream)
        await self._tell_end(request.stream, error)

    async def _tell_end(self, handle: str, error: GuardError | None) -> None:
        """The end of a stream; of the one without a handle it is the end of the call."""
        if not handle:
            await self._answers.put(error)
            return
        status = self._parts.status_of(error) if error else Status()
        await self._answers.put(StreamVerifyResponse(closed=StreamClosed(status=status), stream=handle))
