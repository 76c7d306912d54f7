"""A real browser publishes to an SFU of another make (werift), and the guard plays it from there."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from selenium.webdriver import Chrome

from guard.access.caller import LOCAL
from guard.core.items import Decision, Verdict
from guard.peers.loopback import allow_loopback
from guard.sources.specs import WhepSpec
from guard.sources.states import SourceReason, SourceState
from guard.sources.whep import SILENCE
from tests.peers.browsers import browser, filmed, kill, needs_browser, opened
from tests.peers.senders import SDP
from tests.service_fakes import Serving, serving, until
from tests.sources.test_whep_chromium import BrowserPlayer

__all__ = ["browser"]
SFU = Path(__file__).parent / "sfu"
NODE = shutil.which("node")
pytestmark = [
    pytest.mark.slow,
    needs_browser,
    pytest.mark.skipif(
        not (NODE and (SFU / "node_modules" / "werift").is_dir()),
        reason="needs werift: apt-get install nodejs npm, npm ci --prefix tests/sources/sfu",
    ),
]


@asynccontextmanager
async def forwarding() -> AsyncIterator[str]:
    """The SFU's address, while it runs."""
    process = await asyncio.create_subprocess_exec(str(NODE), str(SFU / "sfu.mjs"), stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(await asyncio.wait_for(process.stdout.readline(), 20))}"
    finally:
        process.kill()
        await process.wait()


def newest(guard: Serving) -> Verdict | None:
    return next((one.verdict for one in guard.service.calls.participants()), None)


async def published(browser: Chrome, guard: Serving, sfu: str, http: aiohttp.ClientSession) -> BrowserPlayer:
    """The browser's camera, which the SFU forwards."""
    await asyncio.to_thread(browser.get, f"{guard.addresses.http}/healthz")  # a page that may use the camera
    player = BrowserPlayer(browser)
    async with http.post(f"{sfu}/whip", data=await player.offer(), headers=SDP) as response:
        assert response.status == 201, await response.text()
        await player.accept(await response.text())
    return player


async def test_a_browser_behind_another_makers_sfu_is_verified(browser: Chrome) -> None:
    allow_loopback(always=True)
    async with serving() as guard, forwarding() as sfu, aiohttp.ClientSession() as http:
        guard.service.sources.attach(WhepSpec(name="ada", url=f"{sfu}/whep", claim="Dora"), LOCAL)
        await until(lambda: guard.service.sources.listed("default")[0].reason is SourceReason.REFUSED)
        player = await published(browser, guard, sfu, http)
        await until(lambda: (made := newest(guard)) and made.decision is Decision.VERIFIED, 60)
        await until(lambda: (made := newest(guard)) and made.time > 4, 60)
        (source,) = guard.service.sources.listed("default")
        assert source.state is SourceState.FLOWING
        assert guard.value("guard_frames_received_total", transport="whep") >= 60
        await player.close()
        await until(lambda: guard.service.sources.listed("default")[0].state is SourceState.STALLED, 20)
        assert guard.accusations() == 0
        await guard.service.sources.detach("ada", LOCAL)
        async with http.delete(f"{sfu}/session/1") as response:
            assert response.status == 404, "the guard has deleted its session"


@pytest.mark.long
async def test_behind_the_sfu_a_browser_that_is_killed_is_stalled_and_another_is_verified(
    browser: Chrome, tmp_path: Path
) -> None:
    allow_loopback(always=True)
    async with serving() as guard, forwarding() as sfu, aiohttp.ClientSession() as http:

        def stands(state: SourceState, reason: SourceReason | None = None) -> bool:
            (source,) = guard.service.sources.listed("default")
            return (source.state, source.reason) == (state, reason)

        def verified() -> bool:
            made = newest(guard)
            return made is not None and made.decision is Decision.VERIFIED and made.score is not None

        await published(browser, guard, sfu, http)
        guard.service.sources.attach(WhepSpec(name="ada", url=f"{sfu}/whep", claim="Dora"), LOCAL)
        await until(verified, 60)
        await asyncio.to_thread(kill, browser)
        await until(lambda: stands(SourceState.STALLED), 20)
        await until(lambda: stands(SourceState.RECONNECTING, SourceReason.SILENT), SILENCE + 20)
        assert guard.accusations() == 0
        camera = tmp_path / "another.mjpeg"
        camera.write_bytes(await asyncio.to_thread(filmed))
        another = await asyncio.to_thread(opened, camera, tmp_path / "another")
        try:
            await published(another, guard, sfu, http)
            await until(lambda: stands(SourceState.FLOWING) and verified(), 60)
            assert guard.accusations() == 0
        finally:
            await asyncio.to_thread(another.quit)
