"""Video that is received in processes of its own, and what becomes of it when one of them dies."""

import asyncio
import errno
import os
import signal
import struct

import aiohttp
import pytest
from aiortc import RTCSessionDescription

from guard.core.errors import LostError
from guard.core.items import Decision
from guard.peers.remote import Remote
from guard.updates import Event, Link
from tests.peers.senders import SDP, MovingPicture, offer, publishing
from tests.service_fakes import Serving, serving, until

pytestmark = pytest.mark.slow


class NoSink:
    """The sink of a stream that nothing comes of."""

    def looks(self, key: str) -> bool:
        return False


def url(guard: Serving, who: str) -> str:
    return f"{guard.addresses.http}/whip?claim=Dora&participant={who}"


def decisions(guard: Serving) -> dict[str, Decision]:
    return {one.participant: one.verdict.decision for one in guard.service.calls.participants() if one.verdict}


async def test_streams_are_spread_over_processes_and_verified() -> None:
    async with serving(ingest_processes=2) as guard:
        await until(lambda: len(guard.service.ingest.running) == 2)
        honest = publishing(url(guard, "honest"), MovingPicture())
        other = publishing(url(guard, "other"), MovingPicture(bright=True))
        async with honest, other:
            assert [len(one.peers) for one in guard.service.ingest.running] == [1, 1]
            expected = {"honest": Decision.VERIFIED, "other": Decision.IMPOSTOR_SUSPECTED}
            await until(lambda: decisions(guard) == expected, 20)
            assert guard.value("guard_ingest_processes") == 2
        await until(lambda: not guard.service.calls.participants() and not guard.service.whip.serving)
        assert [len(one.peers) for one in guard.service.ingest.running] == [0, 0]
        processes = [one.process for one in guard.service.ingest.running]
    assert [process.returncode for process in processes] == [0, 0]
    assert guard.value("guard_ingest_restarts_total") == 0


async def test_a_process_that_dies_is_replaced_and_its_streams_wait_for_their_senders() -> None:
    async with serving(ingest_processes=1) as guard:
        await until(lambda: guard.service.ingest.running)
        (first,) = guard.service.ingest.running
        async with publishing(url(guard, "seat"), MovingPicture()):
            await until(lambda: decisions(guard) == {"seat": Decision.VERIFIED}, 20)
            os.kill(first.process.pid, signal.SIGKILL)
            await until(lambda: guard.service.calls.participants()[0].link is Link.RECONNECTING)
        # The dead one is listed until its end has been noticed, which the loss of its streams may come before.
        await until(lambda: guard.value("guard_ingest_restarts_total") == 1 and guard.service.ingest.running)
        (before,) = guard.service.calls.participants()
        async with publishing(url(guard, "seat"), MovingPicture()):
            await until(lambda: guard.service.calls.participants()[0].link is Link.FLOWING, 20)
            (after,) = guard.service.calls.participants()
            assert (after.key, after.verdict.decision) == (before.key, Decision.VERIFIED)
            assert guard.value("guard_links", link="FLOWING") == 1


async def test_who_does_not_come_back_leaves_with_a_reason() -> None:
    async with serving(ingest_processes=1, resume_seconds=0.3) as guard:
        await until(lambda: guard.service.ingest.running)
        with guard.service.feed.watch(lambda update: update.event is Event.LEFT) as watcher:
            async with publishing(url(guard, "seat"), MovingPicture()):
                await until(lambda: decisions(guard), 20)
                guard.service.ingest.running[0].process.kill()
                await until(lambda: not guard.service.calls.participants())
            guard.service.feed.end()
            (left,) = [update async for update in watcher]
        assert str(left.cause) == "the connection is lost: the process that received it has ended"
        assert left.participant.link is Link.ENDED


async def test_an_offer_that_cannot_be_met_is_refused_as_ever() -> None:
    async with serving(ingest_processes=1) as guard, aiohttp.ClientSession(guard.addresses.http) as http:
        await until(lambda: guard.service.ingest.running)
        lines = (await offer("video")).splitlines(keepends=True)
        broken = "".join(line for line in lines if "ice-ufrag" not in line)
        async with http.post("/whip", data=broken, headers=SDP) as response:
            assert (response.status, (await response.text())[:6]) == (400, "offer:")
        await until(lambda: not guard.service.calls.participants() and not guard.service.whip.serving)
        assert not guard.service.ingest.running[0].peers


async def test_without_a_process_newcomers_are_told_to_come_back() -> None:
    async with serving(ingest_processes=1) as guard, aiohttp.ClientSession(guard.addresses.http) as http:
        await until(lambda: guard.service.ingest.running)
        remote = guard.service.ingest.running.pop()
        async with http.post("/whip", data=await offer("video"), headers=SDP) as response:
            assert (response.status, response.headers["Retry-After"]) == (503, "1")
        assert not guard.service.calls.participants()
        guard.service.ingest.running.append(remote)


async def no_room(*words: object, **options: object) -> None:
    raise OSError(errno.ENOMEM, "Cannot allocate memory")


@pytest.mark.parametrize(
    ("place", "fault"),
    [("asyncio.create_subprocess_exec", no_room), ("guard.peers.remote.PROGRAM", "guard.peers.there_is_no_such")],
    ids=["no memory for one", "one that ends at once"],
)
async def test_processes_that_cannot_be_started_are_told_of_and_tried_again(place: str, fault: object) -> None:
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("guard.peers.ingest.PAUSES", (0.05,))
        broken.setattr(place, fault)
        async with serving(ingest_processes=1) as guard, aiohttp.ClientSession(guard.addresses.http) as http:
            await until(lambda: guard.value("guard_ingest_restarts_total") >= 3)
            await until(lambda: guard.value("guard_ingest_processes") == 0)
            async with http.get("/readyz") as response:
                said = await response.text()
            assert (response.status, said) == (200, "ready, but 1 of 1 processes that receive video do not run\n")
            async with http.post("/whip", data=await offer("video"), headers=SDP) as response:
                assert response.status == 503
            broken.undo()
            await until(lambda: guard.service.ingest.running)
            async with publishing(url(guard, "seat"), MovingPicture()):
                await until(lambda: decisions(guard) == {"seat": Decision.VERIFIED}, 20)
            async with http.get("/readyz") as response:
                assert await response.text() == "ready\n"


async def test_a_process_that_cannot_be_understood_is_replaced_and_its_streams_end_with_a_reason() -> None:
    async with serving(ingest_processes=1) as guard:
        await until(lambda: guard.service.ingest.running)
        (first,) = guard.service.ingest.running
        peer = first.open("key", NoSink())
        first._reader.feed_data(struct.pack("!I", 4) + b"what")
        await asyncio.wait_for(peer.run(), 10)
        assert str(peer.lost) == "the connection is lost: the process that received it has ended"
        await until(lambda: guard.service.ingest.running not in ([], [first]), 20)
        assert first.process.returncode is not None
        assert guard.service.trouble() is None


async def test_a_process_that_is_stuck_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    remote = await Remote.start("info", loopback=True)
    reading = asyncio.create_task(remote.read())
    peer = remote.open("key", NoSink())
    assert "m=video" in await peer.answer(RTCSessionDescription(await offer("video"), "offer"))
    monkeypatch.setattr("guard.peers.remote.ANSWERS_WITHIN", 0.2)
    monkeypatch.setattr("guard.peers.remote.ALIVE_WITHIN", 0.2)
    remote.process.send_signal(signal.SIGSTOP)
    with pytest.raises(LostError, match="does not answer"):
        await remote.open("other", NoSink()).answer(RTCSessionDescription("", "offer"))
    await asyncio.wait_for(reading, 10)
    await peer.run()
    assert str(peer.lost) == "the connection is lost: the process that received it has ended"
    with pytest.raises(LostError):
        await remote.open("third", NoSink()).answer(RTCSessionDescription("", "offer"))


async def test_a_process_ends_with_the_service_that_started_it() -> None:
    """Whatever ends the service closes its end of the socket; a signal to the whole group does not end it before."""
    remote = await Remote.start("info", loopback=True)
    reading = asyncio.create_task(remote.read())
    answer = await remote.open("key", NoSink()).answer(RTCSessionDescription(await offer("video"), "offer"))
    assert "m=video" in answer
    remote.process.send_signal(signal.SIGTERM)
    remote.process.send_signal(signal.SIGINT)
    remote._writer.transport.abort()
    assert await asyncio.wait_for(remote.process.wait(), 10) == 0
    await reading
