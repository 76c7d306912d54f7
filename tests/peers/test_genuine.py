"""The shipped model and a driver it knows, before a real browser's camera, over bad networks: nobody is accused."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest
from selenium.webdriver import Chrome

from guard.core.decision import ACCUSATIONS
from guard.core.errors import LostError
from guard.core.items import Decision, Verdict
from guard.peers.loopback import allow_loopback
from guard.updates import Event
from tests.peers.browsers import kill, needs_browser, opened
from tests.peers.genuine import Enrolled
from tests.peers.relay import relaying
from tests.peers.test_faults import BAD, DARK, accused, frames, publishing_from, verified, worsen
from tests.peers.test_mute import MUTES, WINDOW, do
from tests.service_fakes import until

pytestmark = [pytest.mark.long, needs_browser]
WHILE = 15.0
"""Seconds of bad network."""


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> Enrolled:
    return Enrolled(tmp_path_factory.mktemp("film") / "camera.mjpeg")


@pytest.fixture
def browser(enrolled: Enrolled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    allow_loopback(always=True)
    driver = opened(enrolled.film, tmp_path_factory.mktemp("profile"))
    try:
        yield driver
    finally:
        driver.quit()


@pytest.mark.parametrize("name", ["good", *BAD, *DARK])
async def test_a_genuine_driver_behind_a_bad_network_is_not_accused(
    enrolled: Enrolled, browser: Chrome, name: str
) -> None:
    async with enrolled.serving() as guard, relaying() as relay:
        with guard.service.feed.watch(lambda update: update.event is Event.VERDICT) as watcher:
            async with publishing_from(browser, guard, relay):
                before = frames(guard)
                worsen(relay, name)
                seconds = DARK.get(name, WHILE)
                await asyncio.sleep(seconds)
                came = frames(guard) - before
                worsen(relay, "good")
                await until(lambda: verified(guard), 30)
            guard.service.feed.end()
            verdicts = [update.participant.verdict async for update in watcher]
        print(f"{name}: {came / seconds:.1f} frames/s, {told(verdicts)}")
        assert accused(guard) == 0
        assert not set(ACCUSATIONS) & {one.decision for one in verdicts}


async def test_a_genuine_driver_whose_browser_is_killed_is_gone_and_not_accused(
    enrolled: Enrolled, browser: Chrome
) -> None:
    async with enrolled.serving(resume_seconds=1.0) as guard, relaying() as relay:
        with guard.service.feed.watch(lambda update: update.event is not Event.LINK) as watcher:
            async with publishing_from(browser, guard, relay):
                kill(browser)
                await until(lambda: not guard.service.calls.participants() and not guard.service.whip.serving, 60)
            guard.service.feed.end()
            *updates, left = [update async for update in watcher]
        verdicts = [one.participant.verdict for one in updates if one.event is Event.VERDICT]
        print(f"killed: {told(verdicts)}, at last {verdicts[-1].decision}")
        assert isinstance(left.cause, LostError)
        assert verdicts[-1].decision is Decision.STALE
        assert not set(ACCUSATIONS) & {one.decision for one in verdicts}


@pytest.mark.parametrize("kind", MUTES)
async def test_a_genuine_driver_who_switches_the_camera_off_and_on_is_not_accused(
    enrolled: Enrolled, browser: Chrome, kind: str
) -> None:
    off, on = MUTES[kind]
    async with enrolled.serving() as guard, relaying() as relay:
        with guard.service.feed.watch(lambda update: update.event is Event.VERDICT) as watcher:
            async with publishing_from(browser, guard, relay):
                await do(browser, off)
                await asyncio.sleep(WINDOW)
                muted = guard.value("guard_windows_scored_total")
                await asyncio.sleep(WHILE - WINDOW)
                assert guard.value("guard_windows_scored_total") == muted, "evidence of a camera that is off"
                await do(browser, on)
                await until(lambda: verified(guard), 30)
            guard.service.feed.end()
            verdicts = [update.participant.verdict async for update in watcher]
        print(f"{kind}: {told(verdicts)}")
        assert not set(ACCUSATIONS) & {one.decision for one in verdicts}


def told(verdicts: Sequence[Verdict]) -> str:
    """The scores among the verdicts in a few words."""
    scores = [one.llr for one in verdicts if one.llr is not None]
    return f"{len(scores)} scores, mean LLR {sum(scores) / len(scores):.2f}"
