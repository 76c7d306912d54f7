"""Live streams of real servers, as FFmpeg reads them: RTSP, RTMP and MJPEG."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from guard.core.items import Decision
from guard.sources.states import SourceReason, SourceState
from tests.films import film
from tests.service_fakes import Serving, serving, until
from tests.sources.live_servers import camera, needs_rtmp, needs_rtsp, publish, rtmp, rtsp
from tests.sources.test_file import attach, dark, source

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guard.sources.sources.PERIOD", 0.05)


@pytest.fixture
async def guard() -> AsyncIterator[Serving]:
    async with serving() as made:
        yield made


def decision(guard: Serving) -> Decision | None:
    return next((one.verdict.decision for one in guard.service.calls.participants() if one.verdict), None)


@needs_rtsp
async def test_rtsp_is_verified_and_asked_for_again_when_it_ends(guard: Serving, tmp_path: Path) -> None:
    async with rtsp(film(tmp_path / "a.mp4", frames=100, painter=dark, size=(128, 128))) as url:
        attach(guard, url)
        await until(lambda: decision(guard) is Decision.VERIFIED, 30)
        assert source(guard).state is SourceState.FLOWING
        await until(lambda: source(guard).reason is SourceReason.LOST, 30)
        await until(lambda: source(guard).attempts > 1 and source(guard).state is SourceState.FLOWING, 30)
        assert guard.value("guard_frames_dropped_total", cause="overflow") == 0


@needs_rtmp
async def test_rtmp_is_waited_for_and_verified(guard: Serving, tmp_path: Path) -> None:
    shown = film(tmp_path / "a.mp4", frames=200, painter=dark, size=(128, 128))
    async with rtmp(tmp_path) as url:
        sending = asyncio.create_task(publish(shown, url))
        try:
            attach(guard, url)
            await until(lambda: decision(guard) is Decision.VERIFIED, 30)
            await until(lambda: source(guard).state is SourceState.FLOWING)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        await until(lambda: source(guard).state is not SourceState.FLOWING, 30)
        assert guard.accusations() == 0


@pytest.mark.parametrize("hosts", [(), ("localhost",)], ids=["all hosts", "some hosts"])
async def test_a_camera_is_verified(hosts: tuple[str, ...]) -> None:
    async with camera(dark) as url, serving(attach={"hosts": hosts}) as guard:
        attach(guard, url)
        await until(lambda: decision(guard) is Decision.VERIFIED, 30)
        (participant,) = guard.service.calls.participants()
        assert participant.verdict is not None
        assert participant.verdict.cuts == 0
        assert source(guard).state is SourceState.FLOWING
