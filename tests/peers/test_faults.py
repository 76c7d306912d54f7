"""Real peers over a bad network: every stream recovers or ends by itself, and nobody genuine is accused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from selenium.webdriver import Chrome

from guard.core.items import Decision
from guard.peers.loopback import allow_loopback
from guard.updates import Link
from tests.peers.browsers import ACCEPT, OFFER, browser, kill, needs_browser
from tests.peers.relay import Relay, relaying
from tests.peers.senders import SDP, MovingPicture, publishing
from tests.service_fakes import Serving, serving, until

__all__ = ["browser"]
pytestmark = pytest.mark.slow
RECOVERED_WITHIN = 1.5
"""Seconds after the network's return within which whole frames flow again."""
WHILE = 15.0
"""Seconds of bad network."""
BAD = {"5 % loss": 15, "20 % loss": 2, "80 +- 30 ms": 15, "200 kbit/s": 15}
"""Networks that `worsen` makes, and how many frames a second have to come over them at least."""


DARK = {"nothing for 3 s": 3.0, "nothing for 10 s": 10.0}
"""Blackouts that `worsen` makes, and how many seconds they are to last."""


def worsen(relay: Relay, name: str) -> None:
    """Make the network what its name says."""
    relay.loss = {"5 % loss": 0.05, "20 % loss": 0.2}.get(name, 0.0)
    relay.delay = (0.05, 0.11) if name == "80 +- 30 ms" else (0.0, 0.0)
    relay.dark = name in DARK
    relay.rate = 200_000 if name == "200 kbit/s" else None


@pytest.fixture(autouse=True)
def loopback() -> None:
    """These tests must run on a machine without a network."""
    allow_loopback(always=True)


def frames(guard: Serving) -> float:
    return guard.value("guard_frames_received_total", transport="whip")


def verified(guard: Serving) -> bool:
    """Whether the one participant is verified by a window that was measured just now."""
    (one,) = guard.service.calls.participants()
    return one.verdict is not None and one.verdict.decision is Decision.VERIFIED and one.verdict.score is not None


def accused(guard: Serving) -> float:
    return guard.accusations()


async def recovered(guard: Serving, relay: Relay, dark: float, within: float) -> None:
    """Nothing passes for `dark` seconds; then frames flow again in time, and keep on."""
    relay.dark = True
    await asyncio.sleep(dark)
    before = frames(guard)
    relay.dark, back = False, asyncio.get_running_loop().time()
    await until(lambda: frames(guard) > before, within)
    print(f"after {dark:g} s of darkness frames flow again in {asyncio.get_running_loop().time() - back:.2f} s")
    await until(lambda: frames(guard) > before + 25, 3.0)
    await until(lambda: verified(guard), 10.0)


async def test_after_a_blackout_whole_frames_flow_at_once() -> None:
    async with serving() as guard, relaying() as relay:
        url = f"{guard.addresses.http}/whip?claim=Dora&participant=seat"
        async with publishing(url, MovingPicture(), relay=relay):
            await until(lambda: verified(guard))
            await recovered(guard, relay, dark=3.0, within=RECOVERED_WITHIN)
        assert accused(guard) == 0
        assert guard.value("guard_runs_cut_total", cut="GAP") >= 1


async def test_a_sender_that_falls_silent_is_waited_for_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aioice.ice.CONSENT_INTERVAL", 0.2)
    async with serving() as guard, relaying() as relay:
        url = f"{guard.addresses.http}/whip?claim=Dora&participant=seat"
        async with publishing(url, MovingPicture(), relay=relay):
            await until(lambda: verified(guard))
            relay.dark = True
            await until(lambda: guard.service.calls.participants()[0].link is Link.STALLED)
            await until(lambda: guard.service.calls.participants()[0].link is Link.RECONNECTING, 20)
        async with publishing(url, MovingPicture()):
            await until(lambda: guard.service.calls.participants()[0].link is Link.FLOWING)
            assert guard.service.calls.participants()[0].verdict.decision is Decision.VERIFIED
        assert accused(guard) == 0


@asynccontextmanager
async def publishing_from(browser: Chrome, guard: Serving, relay: Relay) -> AsyncIterator[None]:
    """The browser publishes through the relay, and is verified."""
    await asyncio.to_thread(browser.get, f"{guard.addresses.http}/healthz")  # any page of this origin will do
    offer = await asyncio.to_thread(browser.execute_async_script, OFFER)
    url = f"{guard.addresses.http}/whip?claim=Dora&participant=seat"
    async with aiohttp.ClientSession() as http, http.post(url, data=relay.offered(offer), headers=SDP) as response:
        answer = await response.text()
        assert response.status == 201, answer
    assert not await asyncio.to_thread(browser.execute_async_script, ACCEPT, relay.answered(answer))
    await until(lambda: verified(guard), 30)
    yield


@needs_browser
@pytest.mark.long
@pytest.mark.parametrize("name", BAD)
async def test_a_browser_behind_a_bad_network(browser: Chrome, name: str) -> None:
    async with serving() as guard, relaying() as relay, publishing_from(browser, guard, relay):
        before = frames(guard)
        worsen(relay, name)
        await asyncio.sleep(WHILE)
        came = frames(guard) - before
        worsen(relay, "good")
        await until(lambda: verified(guard), 20)
        print(f"{name}: {came / WHILE:.1f} frames per second")
        assert came > WHILE * BAD[name]
        assert accused(guard) == 0


@needs_browser
@pytest.mark.long
@pytest.mark.parametrize(("dark", "within"), [(3.0, RECOVERED_WITHIN), (10.0, 20.0)])
async def test_a_browser_in_a_blackout(browser: Chrome, dark: float, within: float) -> None:
    async with serving() as guard, relaying() as relay, publishing_from(browser, guard, relay):
        await recovered(guard, relay, dark, within)
        assert accused(guard) == 0


@needs_browser
@pytest.mark.long
async def test_a_browser_that_is_killed_is_stalled_and_then_gone(browser: Chrome) -> None:
    async with serving(resume_seconds=1.0) as guard, relaying() as relay, publishing_from(browser, guard, relay):
        kill(browser)
        await until(lambda: guard.service.calls.participants()[0].link is Link.STALLED, 5.0)
        assert accused(guard) == 0
        # aioice asks for consent every five seconds and gives up after six times (RFC 7675: 30 s).
        await until(lambda: guard.service.calls.participants()[0].link is Link.RECONNECTING, 45.0)
        await until(lambda: not guard.service.calls.participants() and not guard.service.whip.serving, 5.0)
