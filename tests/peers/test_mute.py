"""A camera that is switched off in a real browser: what comes meanwhile is no evidence, and it comes back."""

import asyncio

import pytest
from selenium.webdriver import Chrome

from guard.core.items import Decision
from guard.peers.loopback import allow_loopback
from guard.updates import Event
from tests.peers.browsers import browser, needs_browser
from tests.peers.test_chromium import PUBLISH, newest
from tests.service_fakes import serving, until

__all__ = ["browser"]
pytestmark = [pytest.mark.slow, needs_browser]

SENDER = "window.sender = window.sender || window.peer.getSenders().find((one) => one.track.kind === 'video');"
TRACK = "window.track = window.track || window.sender.track;"
MUTES = {
    "black pictures": ("window.track.enabled = false;", "window.track.enabled = true;"),
    "nothing": ("return window.sender.replaceTrack(null);", "return window.sender.replaceTrack(window.track);"),
}
"""What a page does to its camera, by what it sends then; and back."""
WINDOW = 3.0
"""Seconds after which no window holds pictures any more from before."""
WHILE = 5.0
"""Seconds for which it is switched off after that."""


async def do(driver: Chrome, script: str) -> None:
    await asyncio.to_thread(driver.execute_script, SENDER + TRACK + script)


@pytest.mark.parametrize("kind", MUTES)
async def test_a_camera_switched_off_is_no_evidence_and_comes_back(browser: Chrome, kind: str) -> None:
    off, on = MUTES[kind]
    allow_loopback(always=True)
    async with serving() as guard:
        await asyncio.to_thread(browser.get, f"{guard.addresses.http}/healthz")
        assert (await asyncio.to_thread(browser.execute_async_script, PUBLISH, "/whip?claim=Dora&participant=seat"))[
            :1
        ] == "/"
        await until(lambda: (made := newest(guard)) and made.decision is Decision.VERIFIED, 30)
        await do(browser, off)
        await asyncio.sleep(WINDOW)
        with guard.service.feed.watch(lambda update: update.event is Event.VERDICT) as watcher:
            await asyncio.sleep(WHILE)
            guard.service.feed.end()
            muted = [update.participant.verdict async for update in watcher]
        assert muted, "silence is told of too"
        assert {one.score for one in muted} == {None}
        print(f"{kind}: {sorted({str(one.reason) for one in muted})}")
        (before,) = guard.service.calls.participants()
        await do(browser, on)
        await until(
            lambda: (made := newest(guard)) and made.score is not None and made.decision is Decision.VERIFIED, 30
        )
        (after,) = guard.service.calls.participants()
        assert after.key == before.key
        assert guard.accusations() == 0
