"""An ingest process as the service sees it, with peers that hang: both ends in this process, over a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import ClassVar

import pytest

from guard.core.errors import LostError
from guard.peers import ingestmain, wire
from guard.peers.remote import Remote
from tests.service_fakes import until


class FakeProcess:
    """Ends when its work is done, and notes that it was killed."""

    def __init__(self, work: asyncio.Task[None]) -> None:
        self.work = work
        self.killed = False
        self.returncode = 0

    def kill(self) -> None:
        self.killed = True

    async def wait(self) -> None:
        await asyncio.wait([self.work])


class FakePeer:
    """A peer that hangs where a test wants it to."""

    made: ClassVar[list["FakePeer"]]

    def __init__(self, key: str, sink: object) -> None:
        self.lost = None
        self.free = asyncio.Event()  # set: it answers
        self.closed = asyncio.Event()
        self.running = self.ended = False
        self.made.append(self)

    async def answer(self, offer: object) -> str:
        await self.free.wait()
        return "answer"

    async def run(self) -> None:
        self.running = True
        await self.closed.wait()

    def end(self) -> None:
        self.ended = True

    async def close(self) -> None:
        self.free.set()
        self.closed.set()


class NoSink:
    """The sink of a stream that nothing comes of."""

    def looks(self, key: str) -> bool:
        return False


@pytest.fixture
async def remote(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Remote]:
    FakePeer.made = []
    monkeypatch.setattr(ingestmain, "Peer", FakePeer)
    monkeypatch.setattr("guard.peers.remote.ANSWERS_WITHIN", 0.1)
    ours, theirs = socket.socketpair()
    process = FakeProcess(asyncio.create_task(ingestmain.serve(theirs)))
    made = Remote(process, *await wire.streams(ours))
    reading = asyncio.create_task(made.read())
    yield made
    await made.end()
    await reading
    await process.work


@pytest.mark.slow
async def test_a_peer_that_hangs_takes_nobody_with_it(remote: Remote) -> None:
    stuck, other = remote.open("stuck", NoSink()), remote.open("other", NoSink())
    await until(lambda: len(FakePeer.made) == 2)
    FakePeer.made[1].free.set()
    with pytest.raises(LostError, match="does not answer"):
        await stuck.answer("offer")
    assert await other.answer("offer") == "answer"
    assert not remote.process.killed
    assert (FakePeer.made[0].ended, FakePeer.made[1].ended, other.lost) == (True, False, None)


@pytest.mark.slow
async def test_a_process_that_does_not_answer_a_ping_is_ended(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guard.peers.remote.ALIVE_WITHIN", 0.1)
    remote.tell = lambda *message: None  # nothing reaches it
    with pytest.raises(LostError, match="does not answer"):
        await remote.open("key", NoSink()).answer("offer")
    assert remote.process.killed


async def test_a_connection_has_its_time_to_come_about_from_when_it_is_waited_for(remote: Remote) -> None:
    peer = remote.open("key", NoSink())
    await until(lambda: FakePeer.made)
    FakePeer.made[0].free.set()
    await peer.answer("offer")
    assert not FakePeer.made[0].running
    running = asyncio.create_task(peer.run())
    await until(lambda: FakePeer.made[0].running)
    peer.end()
    await running
