"""The ingest processes of the service: each owns connections and decoders, apart from the model and its loop."""

import asyncio

import structlog

from guard.core.errors import CapacityError
from guard.metrics import Metrics
from guard.peers.handover import Sink
from guard.peers.peer import Peer
from guard.peers.remote import Remote, RemotePeer

PAUSES = (0.1, 1.0, 5.0, 30.0)
"""Seconds before a process is started again that ended by itself: the last one from the fourth time on."""
SETTLED = 60.0
"""Seconds after which a process counts as one that works."""

AnyPeer = Peer | RemotePeer
log = structlog.get_logger()


class Ingest:
    """Opens peers, each in the process that has the fewest; in this one if there are to be no others."""

    def __init__(self, count: int, metrics: Metrics, log_level: str, *, loopback: bool) -> None:
        self._count = count
        self._metrics = metrics
        self._log_level = log_level
        self._loopback = loopback
        self.running: list[Remote] = []

    def open(self, key: str, sink: Sink) -> AnyPeer:
        """A new peer whose frames go to `sink` under `key`. CapacityError while no process runs."""
        if not self._count:
            return Peer(key, sink)
        if not self.running:
            raise CapacityError("no process that could receive video runs at the moment", retry_after=1.0)
        return min(self.running, key=lambda one: len(one.peers)).open(key, sink)

    @property
    def flaw(self) -> str | None:
        """What does not work; None when all processes run."""
        missing = self._count - len(self.running)
        return f"{missing} of {self._count} processes that receive video do not run" if missing else None

    async def run(self) -> None:
        """Keep all processes running until cancelled, and end them then."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._count):
                group.create_task(self._keep())
            await asyncio.Event().wait()

    async def _keep(self) -> None:
        """Keep one process running; it is started again when it ends by itself, or could not be started."""
        loop = asyncio.get_running_loop()
        ended = -1  # times in a row, less one
        while True:
            began = loop.time()
            try:
                await self._run_one()
            except Exception as error:  # no memory, no descriptors, or what nobody foresaw: the service goes on
                log.exception("an ingest process cannot be run", error=str(error))
            self._metrics.ingest_restarts.inc()
            ended = 0 if loop.time() - began > SETTLED else min(ended + 1, len(PAUSES) - 1)
            await asyncio.sleep(PAUSES[ended])

    async def _run_one(self) -> None:
        remote = await Remote.start(self._log_level, loopback=self._loopback)
        self.running.append(remote)
        self._metrics.ingest_processes.inc()
        try:
            await remote.read()
        finally:
            self.running.remove(remote)
            self._metrics.ingest_processes.dec()
            await remote.end()
