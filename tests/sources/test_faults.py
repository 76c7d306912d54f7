"""Sources over a bad network: every stream recovers by itself, and nobody genuine is accused."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiortc import RTCSessionDescription

from guard.access.caller import LOCAL
from guard.core.items import Decision
from guard.peers.ingest import Ingest
from guard.peers.loopback import allow_loopback
from guard.peers.peer import Peer
from guard.sources.specs import WhepSpec
from guard.sources.states import SourceState
from tests.peers.relay import Relay, relaying
from tests.peers.test_faults import RECOVERED_WITHIN, worsen
from tests.service_fakes import Serving, serving, until
from tests.sources.bots import Bot
from tests.sources.janus_server import ADDRESS, needs_janus
from tests.sources.test_janus import Play, Stage, play
from tests.sources.whep_server import TOKEN, Endpoint, MovingPlayer, playing

__all__ = ["play"]
pytestmark = pytest.mark.slow
WHILE = 6.0
"""Seconds of bad network over which frames are counted."""
STRETCHES = 10
"""So many of these at most, until enough frames come in one: at 20 % loss Janus brings 2 to 21 a second, as luck has
it with keyframes and on a machine that others use, and never would bring ten where something is wrong."""
BAD = {"5 % loss": 10, "20 % loss": 10, "80 +- 30 ms": 10, "200 kbit/s": 5}
"""Networks that `worsen` makes, and how many frames a second have to come over them at least."""
UNADAPTED = 0.5
"""The same of a slow link behind Janus, which tells no publisher how little a watcher can take: most pictures lack a
packet, and one in ten to one in three was whole."""
NETWORKS = (pytest.param("5 % loss", marks=pytest.mark.long), "20 % loss", "80 +- 30 ms", "200 kbit/s")
PATIENCE = 60.0
"""Seconds to wait for what is not measured here, on however busy a machine."""
DARK = (3.0, pytest.param(10.0, marks=pytest.mark.long))
"""Seconds for which nothing passes."""


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    allow_loopback(always=True)
    monkeypatch.setattr("guard.sources.sources.PERIOD", 0.05)


class RelayedPlayer(MovingPlayer):
    """Sends through the relay what the endpoint plays."""

    def __init__(self, relay: Relay) -> None:
        super().__init__()
        self._relay = relay

    async def answer(self, offer: str) -> str:
        return self._relay.answered(await super().answer(self._relay.offered(offer)))


class RelayedPeer(Peer):
    """Receives through the relay what Janus forwards."""

    relay: Relay

    async def answer(self, offer: RTCSessionDescription) -> str:
        through = RTCSessionDescription(self.relay.offered(offer.sdp), offer.type)
        return self.relay.answered(await super().answer(through))


class Watched:
    """The one participant of a guard, and the network before it."""

    def __init__(self, guard: Serving, relay: Relay, transport: str) -> None:
        self.guard = guard
        self.relay = relay
        self._transport = transport

    @property
    def frames(self) -> float:
        return self.guard.value("guard_frames_received_total", transport=self._transport)

    @property
    def verified(self) -> bool:
        """By a window that was measured just now."""
        (one,) = self.guard.service.calls.participants()
        return one.verdict is not None and one.verdict.decision is Decision.VERIFIED and one.verdict.score is not None

    @property
    def source(self) -> SourceState:
        (one,) = self.guard.service.sources.listed("default")
        return one.state

    async def rate(self, name: str) -> float:
        """Frames a second over a while, for the record too."""
        before = self.frames
        await asyncio.sleep(WHILE)
        came = (self.frames - before) / WHILE
        print(f"{self._transport}, {name}: {came:.1f} frames a second")
        return came

    async def survives(self, name: str) -> None:
        """A bad network for a while."""
        await until(lambda: self.verified, PATIENCE)
        (former,) = self.guard.service.calls.participants()
        worsen(self.relay, name)
        least = UNADAPTED if (self._transport, name) == ("janus", "200 kbit/s") else BAD[name]
        came = [await self.rate(name)]
        while came[-1] <= least and len(came) < STRETCHES:
            came.append(await self.rate(name))
        worsen(self.relay, "good")
        await until(lambda: self.verified, PATIENCE)
        assert came[-1] > least, came
        assert [one.key for one in self.guard.service.calls.participants()] == [former.key]
        assert self.guard.accusations() == 0

    async def recovers(self, dark: float) -> None:
        """Nothing passes for so long; then whole frames flow again in time, and keep on."""
        await until(lambda: self.verified, PATIENCE)
        (former,) = self.guard.service.calls.participants()
        self.relay.dark = True
        await asyncio.sleep(dark)
        await until(lambda: self.source is SourceState.STALLED, PATIENCE)
        before = self.frames
        self.relay.dark, back = False, asyncio.get_running_loop().time()
        await until(lambda: self.frames > before, RECOVERED_WITHIN)
        print(f"{self._transport}, nothing for {dark:g} s: {asyncio.get_running_loop().time() - back:.2f} s")
        await until(lambda: self.frames > before + 25, PATIENCE)
        await until(lambda: self.verified, PATIENCE)
        assert [one.key for one in self.guard.service.calls.participants()] == [former.key]
        assert self.guard.accusations() == 0


Scene = Callable[[Watched], Awaitable[None]]


async def watch_whep(scene: Scene) -> None:
    async with serving() as guard, relaying() as relay, playing(Endpoint(lambda: RelayedPlayer(relay))) as endpoint:
        guard.service.sources.attach(WhepSpec(url=endpoint.url, name="ada", claim="Dora", token=TOKEN), LOCAL)
        await until(lambda: guard.service.calls.participants())
        await scene(Watched(guard, relay, "whep"))
        assert endpoint.requests == ["POST /whep"], "over one and the same connection"


def watch_janus(play: Play, monkeypatch: pytest.MonkeyPatch, scene: Scene) -> None:
    def opened(ingest: Ingest, key: str, sink: object) -> RelayedPeer:
        return RelayedPeer(key, sink)

    async def whole(stage: Stage) -> None:
        async with relaying(ADDRESS) as relay, Bot("Dora"):
            RelayedPeer.relay = relay
            stage.attach()
            await until(lambda: stage.flows("Dora"), PATIENCE)
            await scene(Watched(stage.guard, relay, "janus"))

    monkeypatch.setattr(Ingest, "open", opened)
    play(whole)


@pytest.mark.parametrize("name", NETWORKS)
async def test_a_whep_endpoint_behind_a_bad_network(name: str) -> None:
    await watch_whep(lambda watched: watched.survives(name))


@pytest.mark.parametrize("dark", DARK)
async def test_a_whep_endpoint_in_a_blackout(dark: float) -> None:
    await watch_whep(lambda watched: watched.recovers(dark))


@needs_janus
@pytest.mark.parametrize("name", NETWORKS)
def test_janus_behind_a_bad_network(play: Play, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    watch_janus(play, monkeypatch, lambda watched: watched.survives(name))


@needs_janus
@pytest.mark.parametrize("dark", DARK)
def test_janus_in_a_blackout(play: Play, monkeypatch: pytest.MonkeyPatch, dark: float) -> None:
    watch_janus(play, monkeypatch, lambda watched: watched.recovers(dark))
