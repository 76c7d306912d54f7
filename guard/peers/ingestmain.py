"""An ingest process: owns connections and decoders, and sends what they receive to the service that started it.

It ends when the service does, however that happens, because then its socket is closed.
"""

import asyncio
import signal
import socket
import sys
from typing import Any

import structlog

from guard.core.errors import GuardError, ServiceError
from guard.log import configure
from guard.memory import keep_flat
from guard.peers import wire
from guard.peers.loopback import allow_loopback
from guard.peers.outbox import Outbox
from guard.peers.peer import Peer

SWITCH_INTERVAL = 0.0005
"""Seconds for which a decoder's thread may keep the interpreter while the loop wants it; Python's 5 ms are a packet's
way through twenty streams."""
ASKED = ("answer", "offer", "accept", "close")
"""What may be asked of a peer; each is answered."""

log = structlog.get_logger()


class IngestProcess:
    """Carries out what the service asks for; each peer is known by its stream's key."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._outbox = Outbox(writer)
        self._peers: dict[str, Peer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve until the service closes its end."""
        async for name, key, *rest in wire.messages(self._reader):
            if name == "open":
                self._peers[key] = Peer(key, self._outbox)
            elif name == "ping":
                wire.send(self._writer, "answered", key, *rest, None, None)
            elif name == "run" and key in self._peers:
                self._start(self._run_peer(key, self._peers[key]))
            elif name == "look":
                self._outbox.look(key, *rest)
            elif name == "end" and key in self._peers:
                self._peers[key].end()
            elif name in ASKED and key in self._peers:
                self._start(self._answer(name, key, *rest))
        await asyncio.gather(*(peer.close() for peer in self._peers.values()), return_exceptions=True)

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_peer(self, key: str, peer: Peer) -> None:
        await peer.run()
        self._outbox.flush()  # the end comes last
        wire.send(self._writer, "ended", key, peer.lost)

    async def _answer(self, name: str, key: str, number: int, *arguments: Any) -> None:
        """Let the peer do it, and tell what came of it."""
        result, fault = None, None
        try:
            result = await getattr(self._peers[key], name)(*arguments)
        except GuardError as error:
            fault = error
        except Exception:
            log.exception("peer failed", stream=key)
            fault = ServiceError()
        if name == "close":
            del self._peers[key]
            self._outbox.forget(key)
        wire.send(self._writer, "answered", key, number, result, fault)


async def serve(end: socket.socket) -> None:
    """Serve the service at the other end of the socket."""
    reader, writer = await wire.streams(end)
    await IngestProcess(reader, writer).run()
    writer.close()


def main() -> None:
    """`python -m guard.peers.ingestmain DESCRIPTOR LOG_LEVEL LOOPBACK`; the last is 1 to gather that address always."""
    descriptor, level, loopback = sys.argv[1:]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # a terminal or systemd tells the whole group; the service says when
    configure(level)
    keep_flat()
    sys.setswitchinterval(SWITCH_INTERVAL)
    allow_loopback(always=loopback == "1")
    asyncio.run(serve(socket.socket(fileno=int(descriptor))))


if __name__ == "__main__":
    main()
