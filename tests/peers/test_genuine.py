"""The shipped model and a driver it knows, before a real browser's camera, over bad networks: nobody is accused."""

import asyncio
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from guard.core.decision import ACCUSATIONS
from guard.peers.loopback import allow_loopback
from guard.updates import Event
from tests.peers.browsers import needs_browser, opened
from tests.peers.genuine import Enrolled
from tests.peers.relay import relaying
from tests.peers.test_faults import BAD, accused, frames, publishing_from, verified, worsen
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


@pytest.mark.parametrize("name", ["good", *BAD, "nothing for 3 s"])
async def test_a_genuine_driver_behind_a_bad_network_is_not_accused(
    enrolled: Enrolled, browser: Chrome, name: str
) -> None:
    async with enrolled.serving() as guard, relaying() as relay:
        with guard.service.feed.watch(lambda update: update.event is Event.VERDICT) as watcher:
            async with publishing_from(browser, guard, relay):
                before = frames(guard)
                worsen(relay, name)
                seconds = 3.0 if relay.dark else WHILE
                await asyncio.sleep(seconds)
                came = frames(guard) - before
                worsen(relay, "good")
                await until(lambda: verified(guard), 30)
            guard.service.feed.end()
            verdicts = [update.participant.verdict async for update in watcher]
        scores = [one.llr for one in verdicts if one.llr is not None]
        print(f"{name}: {came / seconds:.1f} frames/s, {len(scores)} scores, mean LLR {sum(scores) / len(scores):.2f}")
        assert accused(guard) == 0
        assert not set(ACCUSATIONS) & {one.decision for one in verdicts}
