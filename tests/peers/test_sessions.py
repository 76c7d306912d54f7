"""A WHIP stream outlives the connection that carries it, but not for ever, and belongs to its caller."""

import asyncio
from dataclasses import replace

import pytest

from guard.access.caller import LOCAL, Caller, current
from guard.core.errors import LostError, ReplacedError, SignallingError
from guard.core.items import Decision, Frame
from guard.peers.handover import Sink
from guard.peers.sessions import Sessions
from guard.updates import Link, Participant
from tests.service_fakes import HORIZON, Parts, frame, until


class FakePeer:
    """A peer that connects at once and ends as a test wants it to."""

    def __init__(self) -> None:
        self.lost: LostError | None = None
        self.fault: Exception | None = None
        self.over = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.closed = False

    async def answer(self, offer: object) -> str:
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        return "answer"

    async def run(self) -> None:
        await self.over.wait()

    def end(self) -> None:
        self.over.set()

    def lose(self) -> None:
        self.lost = LostError("the sender does not answer")
        self.over.set()

    async def close(self) -> None:
        self.closed = True


class Whole:
    """Sessions over the service's parts, whose worker runs."""

    def __init__(self, keep_seconds: float = 5.0) -> None:
        self.parts = Parts()
        self.peers: list[FakePeer] = []
        self.sinks: list[Sink] = []
        self.sessions = Sessions(self.parts.calls, self, keep_seconds)
        self.fault: Exception | None = None
        self.held = False  # answers wait
        self.working = asyncio.create_task(self.parts.worker.run(self.parts.calls.publish))

    def open(self, key: str, sink: Sink) -> FakePeer:
        self.sinks.append(sink)
        self.peers.append(FakePeer())
        self.peers[-1].fault = self.fault
        if self.held:
            self.peers[-1].gate.clear()
        return self.peers[-1]

    async def publish(self, claim: str = "Dora", *, mirrored: bool = False) -> str:
        name, _ = await self.sessions.open(None, call="", participant="seat", claim=claim, mirrored=mirrored)
        return name

    async def receive(self, frames: int = HORIZON) -> None:
        """Frames in real time over the newest connection, whose own clock begins at 0."""
        for number in range(frames):
            self.parts.clock.now += 1 / 25
            self.sinks[-1].offer(self.seat.key, frame(number), self.parts.clock())
            await self.parts.worker.rest(self.seat.key)

    async def send(self, frames: int = HORIZON, *, bright: bool = False) -> None:
        for number in range(frames):
            await self.parts.calls.room(self.seat.key)
            self.parts.calls.offer(self.seat.key, frame(number, bright=bright), 0.0)
        await self.parts.worker.rest(self.seat.key)

    @property
    def seat(self) -> Participant:
        return self.parts.calls.participants()[0]


@pytest.fixture
async def whole():
    made = Whole()
    yield made
    await made.sessions.close()
    made.working.cancel()
    made.parts.worker.shutdown()


async def test_a_stream_whose_connection_broke_waits_and_goes_on(whole: Whole) -> None:
    former = await whole.publish()
    await whole.send()
    key = whole.seat.key
    whole.peers[0].lose()
    await until(lambda: whole.seat.link is Link.RECONNECTING)
    assert whole.peers[0].closed
    assert await whole.publish() != former
    assert whole.seat.key == key
    assert whole.sessions.named(former) is None


async def test_an_offer_that_cannot_be_met_leaves_an_accusation_as_it_is(whole: Whole) -> None:
    await whole.publish()
    await whole.send(3 * HORIZON, bright=True)
    before = whole.seat
    assert before.verdict.decision is Decision.IMPOSTOR_SUSPECTED
    whole.fault = SignallingError("offer", "has no codec that is known here")
    with pytest.raises(SignallingError):
        await whole.publish()
    assert whole.seat == before
    whole.peers[0].lose()
    await until(lambda: whole.seat.link is Link.RECONNECTING)
    with pytest.raises(SignallingError):
        await whole.publish()
    whole.fault = None
    await whole.publish()
    assert (whole.seat.key, whole.seat.verdict) == (before.key, before.verdict)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("broke", [False, True])
async def test_the_time_between_two_connections_counts(whole: Whole, *, broke: bool, mirrored: bool) -> None:
    await whole.publish(mirrored=mirrored)
    await whole.receive()
    before = whole.seat.verdict
    if broke:
        whole.peers[0].lose()
        await until(lambda: whole.seat.link is Link.RECONNECTING)
    whole.parts.clock.now += 14.0
    await whole.publish(mirrored=mirrored)
    await whole.receive()
    assert 14.0 < whole.seat.verdict.time - before.time < 15.0
    assert whole.parts.value("guard_frames_dropped_total", cause="late") == 0


async def test_who_stays_away_leaves(whole: Whole) -> None:
    whole.sessions._keep_seconds = 0.02
    await whole.publish()
    await whole.send()
    whole.peers[0].lose()
    await until(lambda: not whole.parts.calls.participants())
    assert not whole.sessions._sessions


async def test_a_sender_that_ends_or_never_sent_leaves_at_once(whole: Whole) -> None:
    await whole.publish()
    await whole.send()
    whole.peers[0].end()
    await until(lambda: not whole.parts.calls.participants())
    await whole.publish()
    whole.peers[1].lose()
    await until(lambda: not whole.parts.calls.participants())


async def test_a_new_connection_takes_the_place_of_one_that_seems_to_hold(whole: Whole) -> None:
    await whole.publish()
    await whole.send()
    await whole.publish()
    await until(lambda: whole.peers[0].closed)
    assert not whole.peers[1].closed
    assert len(whole.parts.calls.participants()) == 1


@pytest.mark.parametrize(
    ("caller", "claim"),
    [(replace(LOCAL, subject="other"), "Dora"), (replace(LOCAL, tenant="acme"), "Dora"), (LOCAL, "Berta")],
)
async def test_another_caller_or_claim_begins_anew(whole: Whole, caller: Caller, claim: str) -> None:
    await whole.publish()
    await whole.send()
    key = whole.seat.key
    whole.peers[0].lose()
    await until(lambda: whole.peers[0].closed)
    before = current.set(caller)
    await whole.publish(claim)
    (mine,) = whole.parts.calls.participants(tenant=caller.tenant)[-1:]
    current.reset(before)
    assert mine.key != key
    assert mine.verdict is None


async def test_an_offer_that_fails_changes_nothing(whole: Whole) -> None:
    whole.fault = SignallingError("offer", "cannot be met")
    with pytest.raises(SignallingError):
        await whole.publish()
    assert not whole.parts.calls.participants()
    whole.fault = None
    name = await whole.publish()
    await whole.send()
    whole.fault = SignallingError("offer", "cannot be met")
    with pytest.raises(SignallingError):
        await whole.publish()
    assert whole.sessions.named(name)
    assert not whole.peers[1].closed


async def test_of_two_offers_at_once_the_newer_one_holds(whole: Whole) -> None:
    whole.held = True
    former = asyncio.create_task(whole.publish())
    await until(lambda: whole.peers)
    whole.held = False
    name = await whole.publish()
    whole.peers[0].gate.set()
    with pytest.raises(ReplacedError):
        await former
    await until(lambda: whole.peers[0].closed)
    assert whole.sessions.named(name).peer is whole.peers[1]
    await until(lambda: len(whole.parts.calls.participants()) == len(whole.sessions.serving) == 1)


async def test_frames_of_a_stream_say_that_it_flows_and_silence_that_it_has_stalled(whole: Whole) -> None:
    await whole.publish()
    assert whole.seat.link is Link.CONNECTING
    whole.parts.calls.connected(whole.seat.key)
    assert whole.seat.link is Link.CONNECTED
    whole.parts.calls.offer(whole.seat.key, Frame(frame(0).pixels, 0.0), whole.parts.clock())
    assert whole.seat.link is Link.FLOWING
    assert whole.parts.value("guard_links", link="FLOWING") == 1
    whole.parts.clock.now += 1.0
    whole.parts.calls.tick()
    assert whole.seat.link is Link.STALLED
    assert whole.parts.value("guard_links", link="FLOWING") == 0
