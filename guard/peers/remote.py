"""One ingest process as the service sees it, and the peers in it."""

import asyncio
import itertools
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from typing import Any

import numpy as np
import structlog
from aiortc import RTCSessionDescription

from guard.core.errors import GuardError, LostError
from guard.core.items import SIZE, Frame
from guard.peers import wire
from guard.peers.handover import Sink

ENDS_WITHIN = 2.0
"""Seconds that an ingest process gets to close its connections."""
ANSWERS_WITHIN = 15.0
"""Seconds after which a peer that does not answer is given up: its own limits are shorter."""
ALIVE_WITHIN = 5.0
"""Seconds after which an ingest process is ended that does not answer a ping either: its loop is stuck."""
PROGRAM = "guard.peers.ingestmain"
GONE = "the process that received it has ended"

log = structlog.get_logger()


class RemotePeer:
    """A peer in an ingest process; the methods are those of Peer. LostError once that process has ended."""

    def __init__(self, key: str, name: str, sink: Sink, ingest: "Remote") -> None:
        self.key = key
        self.name = name  # tells it from an earlier peer of the same stream
        self.lost: GuardError | None = None
        self._sink = sink
        self._ingest = ingest
        self._ended = asyncio.Event()
        self._looks = False  # what the process was told: whether a face may be looked for

    async def answer(self, offer: RTCSessionDescription) -> str:
        """As Peer.answer."""
        return str(await self._ingest.ask("answer", self.name, offer))

    async def offer(self) -> str:
        """As Peer.offer."""
        return str(await self._ingest.ask("offer", self.name))

    async def accept(self, answer: str) -> None:
        """As Peer.accept."""
        await self._ingest.ask("accept", self.name, answer)

    def end(self) -> None:
        """Let `run` come to its end."""
        self._ingest.tell("end", self.name)
        self._ended.set()

    def over(self, lost: GuardError | None) -> None:
        """The peer has come to its end over there, or the process has."""
        if not self._ended.is_set():
            self.lost = lost
        self._ended.set()

    async def run(self) -> None:
        """Wait until the connection is over; from now on it has a while to come about."""
        self._ingest.tell("run", self.name)
        await self._ended.wait()

    async def close(self) -> None:
        """Close the connection and stop reading."""
        self._ended.set()
        await self._ingest.close_peer(self.name)

    def take(self, name: str, *rest: Any) -> None:
        """Hand on what the peer over there says, unless it has ended here."""
        if self._ended.is_set():
            return
        if name == "offer":
            pixels, *told, at = rest
            self._sink.offer(self.key, Frame(np.frombuffer(pixels, np.uint8).reshape(SIZE, SIZE), *told), at)
        elif name == "cut":
            self._sink.cut(self.key, *rest)
        elif name == "connected":
            self._sink.connected(self.key)
        elif name == "ended":
            self.over(*rest)
        self.tell_looks()

    def tell_looks(self) -> None:
        """Tell the process whether a face may be looked for, if that has changed."""
        if self._sink.looks(self.key) != self._looks:
            self._looks = not self._looks
            self._ingest.tell("look", self.name, self._looks)


class Remote:
    """A process that was started and may have ended. Its peers' frames go to their sinks as they come."""

    def __init__(self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.process = process
        self.peers: dict[str, RemotePeer] = {}
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count()
        self._asked: dict[int, asyncio.Future[Any]] = {}  # bounded by who waits

    @classmethod
    async def start(cls, log_level: str, *, loopback: bool) -> "Remote":
        """Start a process; it answers once it is ready. Raises OSError where the system has no room for one."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                words = (str(theirs.fileno()), log_level, str(int(loopback)))
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", PROGRAM, *words), stdin=DEVNULL, pass_fds=(theirs.fileno(),)
                )
        except BaseException:
            ours.close()
            raise
        return cls(process, *await wire.streams(ours))

    def open(self, key: str, sink: Sink) -> RemotePeer:
        """A new peer in this process."""
        name = f"{key}.{next(self._numbers)}"
        peer = self.peers[name] = RemotePeer(key, name, sink, self)
        self.tell("open", name)
        peer.tell_looks()
        return peer

    def tell(self, name: str, key: str, *arguments: Any) -> None:
        """Send what needs no answer."""
        wire.send(self._writer, name, key, *arguments)

    async def ask(self, name: str, key: str, *arguments: Any) -> Any:
        """What the peer's method of this name returns or raises.

        LostError when the process has ended, or the peer or the process is stuck; a process that is, is ended.
        """
        try:
            return await self._answer(ANSWERS_WITHIN, name, key, *arguments)
        except TimeoutError:
            log.error("a peer does not answer", stream=key)
            self.tell("end", key)
            await self._look()
            raise LostError("what was to receive it does not answer") from None

    async def _answer(self, within: float, name: str, key: str, *arguments: Any) -> Any:
        """The answer to a message. TimeoutError when none comes in time."""
        if self._writer.is_closing():
            raise LostError(GONE)
        number = next(self._numbers)
        asked = self._asked[number] = asyncio.get_running_loop().create_future()
        self.tell(name, key, number, *arguments)
        try:
            async with asyncio.timeout(within):
                return await asked
        finally:
            del self._asked[number]

    async def _look(self) -> None:
        """End the process unless it lives: one peer that is stuck must not take the others with it."""
        try:
            with suppress(LostError):
                await self._answer(ALIVE_WITHIN, "ping", "")
        except TimeoutError:
            log.error("an ingest process does not answer")
            self.kill()

    def kill(self) -> None:
        """End the process now; `read` finds out."""
        with suppress(ProcessLookupError):
            self.process.kill()

    async def close_peer(self, key: str) -> None:
        """Close the peer, if its process is still there."""
        if key in self.peers:
            try:
                with suppress(LostError):
                    await self.ask("close", key)
            finally:
                self.peers.pop(key, None)

    async def read(self) -> None:
        """Hand on what comes, until the process has ended; then none of its peers is any more, whatever ended this."""
        try:
            async for name, key, *rest in wire.messages(self._reader):
                if name == "answered":
                    self._take_answer(*rest)
                for call in rest[0] if name == "gathered" else [(name, key, *rest)]:
                    if peer := self.peers.get(call[1]):
                        peer.take(call[0], *call[2:])
        finally:
            self._lose_all()
        await self.end()
        log.error("an ingest process has ended", status=self.process.returncode, streams=len(self.peers))

    def _lose_all(self) -> None:
        """Nothing comes of the process any more: tell everybody who waits for it."""
        self._writer.close()
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(LostError(GONE))
        for peer in self.peers.values():
            peer.over(LostError(GONE))

    def _take_answer(self, number: int, result: Any, fault: Exception | None) -> None:
        asked = self._asked.get(number)
        if asked is None or asked.done():  # who asked was cancelled
            return
        if fault is None:
            asked.set_result(result)
        else:
            asked.set_exception(fault)

    async def end(self) -> None:
        """Let the process end, and make it if it does not."""
        self._writer.close()
        try:
            await asyncio.wait_for(self.process.wait(), ENDS_WITHIN)
        except TimeoutError:
            self.kill()
            await self.process.wait()
