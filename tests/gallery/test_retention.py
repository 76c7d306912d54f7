"""The sweep of a running service."""

import asyncio
import json
from collections.abc import Iterator

import pytest
import structlog

from guard.core.errors import GalleryError
from guard.gallery.retention import keep_sweeping
from guard.log import configure


@pytest.fixture
def _restored() -> Iterator[None]:
    yield
    structlog.reset_defaults()


class Swept:
    """A gallery that is away the first time, and has an hour that is over at once."""

    def __init__(self) -> None:
        self.sweeps = 0
        self.done = asyncio.Event()

    def sweep(self) -> int:
        self.sweeps += 1
        if self.sweeps == 1:
            raise GalleryError("gallery: cannot write")
        return 2 if self.sweeps == 2 else 0

    async def hour(self, seconds: float) -> None:
        assert seconds == 3600.0
        if self.sweeps == 3:
            self.done.set()
            await asyncio.Event().wait()


@pytest.mark.usefixtures("_restored")
async def test_a_service_sweeps_at_its_start_and_every_hour_whatever_the_gallery_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("info")
    swept = Swept()
    monkeypatch.setattr("guard.gallery.retention.asyncio.sleep", swept.hour)
    sweeping = asyncio.create_task(keep_sweeping(swept.sweep))
    await swept.done.wait()
    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)
    said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line.get("people")) for line in said] == [
        ("gallery not swept", None),
        ("people erased whose consent has run out", 2),
    ]
