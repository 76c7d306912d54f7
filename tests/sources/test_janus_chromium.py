"""Real browsers in a real Janus room: they join, switch their cameras off, leave, come back, and send simulcast."""

import asyncio
from pathlib import Path

import pytest

from guard.core.items import Decision
from guard.sources.states import SourceReason, SourceState
from tests.peers.browsers import needs_browser
from tests.service_fakes import until
from tests.sources.browser_bots import BrowserBot
from tests.sources.janus_server import needs_janus
from tests.sources.test_janus import Play, Stage, play

__all__ = ["play"]
pytestmark = [pytest.mark.long, needs_janus, needs_browser]


def test_three_browsers_join_switch_off_leave_and_come_back(play: Play, tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        stage.attach(call="standup")
        page = f"{stage.guard.addresses.http}/healthz"
        dora, berta = BrowserBot("Dora", tmp_path, page), BrowserBot("Berta", tmp_path, page, bright=True)
        async with dora, berta, BrowserBot("Ada", tmp_path, page):
            await until(lambda: stage.verified("Dora", "Berta"), 60)
            await until(lambda: (one := stage.verdict("Ada")) and one.decision is Decision.NOT_ENROLLED)
            before = stage.keys()
            await dora.unpublish()
            await until(lambda: stage.reason("Dora") is SourceReason.CAMERA_OFF)
            await dora.publish()
            await until(lambda: stage.flows("Dora"), 30)
            assert (stage.keys(), stage.verified("Dora")) == (before, True)
            await berta.leave()
            await until(lambda: stage.keys().keys() == {"Dora", "Ada"})
            await berta.join()
            await until(lambda: stage.verified("Berta"), 60)
            await asyncio.sleep(5)
            assert stage.verified("Dora", "Berta")
        assert stage.guard.accusations() == 0

    play(scene)


def test_a_browser_that_is_killed_is_gone_and_comes_back(play: Play, tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        stage.attach()
        page = f"{stage.guard.addresses.http}/healthz"
        dora, berta = BrowserBot("Dora", tmp_path, page), BrowserBot("Berta", tmp_path, page, bright=True)
        async with dora, berta:
            await until(lambda: stage.verified("Dora", "Berta"), 60)
            await dora.fall()
            await until(lambda: stage.keys().keys() == {"Berta"}, 90)
            await until(lambda: stage.flows("Berta"))
            await dora.join()
            await until(lambda: stage.verified("Dora", "Berta"), 60)
        assert stage.guard.accusations() == 0

    play(scene)


def test_browsers_come_back_after_janus_has_fallen_over_and_are_verified_anew(play: Play, tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        stage.attach()
        page = f"{stage.guard.addresses.http}/healthz"
        async with BrowserBot("Dora", tmp_path, page) as dora:
            await until(lambda: stage.verified("Dora"), 60)
            before = stage.keys()
            await stage.janus.kill()
            await until(lambda: stage.reason("Dora") is SourceReason.LOST)
            await dora.leave()
            await stage.janus.start()
            await until(lambda: stage.source.state is SourceState.CONNECTED, 20)
            await dora.join()
            await until(lambda: stage.flows("Dora") and stage.keys() != before, 30)  # Janus gave her another number
            await until(lambda: stage.verified("Dora"), 60)
        assert stage.guard.accusations() == 0

    play(scene)


def test_of_a_browsers_layers_the_lowest_is_received_that_shows_the_face(play: Play, tmp_path: Path) -> None:
    """1280x720, 800x450 and 400x225, where the face's square has some 560, 350 and 175 pixels a side, a tenth more or
    less from look to look."""

    async def scene(stage: Stage) -> None:
        page = f"{stage.guard.addresses.http}/healthz"
        async with BrowserBot("Dora", tmp_path, page, scale=2, simulcast=True):
            stage.attach()
            await until(lambda: stage.flows("Dora"), 60)
            (handle,) = stage.seats._by_handle
            await until(lambda: 128 <= (stage.seats.side(handle) or 0) < 220, 30)
            before = stage.guard.value("guard_frames_received_total", transport="janus")
            await asyncio.sleep(5)
            came = stage.guard.value("guard_frames_received_total", transport="janus") - before
            assert came > 5 * 16, "its full frame rate: with a temporal layer left out 12.5 would come, not 25"
            assert stage.verified("Dora")
        assert stage.guard.accusations() == 0

    play(scene)
