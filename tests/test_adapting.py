"""From a call that was verified for long to the person's template."""

import asyncio

import pytest

from guard.core import learning
from guard.core.errors import GalleryError, ReplacedError
from guard.updates import Participant
from tests.service_fakes import HORIZON, MODEL_ID, Serving, frame, serving, until


async def play(guard: Serving, frames: int = 8 * HORIZON) -> Participant:
    joined = await guard.service.calls.join(call="", participant="seat", claim="Dora", transport="grpc")
    await guard.service.calls.claims.refresh()
    for number in range(frames):
        await guard.service.calls.room(joined.key)
        guard.service.calls.offer(joined.key, frame(number), 0.0)
    await guard.service.worker.rest(joined.key)
    return joined


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "LONG", 2.0)
    monkeypatch.setattr(learning, "MOST", 6)


async def test_who_agreed_is_learned_from_when_they_leave() -> None:
    async with serving() as guard:
        guard.gallery.adapting.add("Dora")
        guard.service.calls.leave((await play(guard)).key)
        await until(lambda: guard.gallery.adapted)
        ((name, model_id, reference, least),) = guard.gallery.adapted
        assert (name, model_id, least) == ("Dora", MODEL_ID, 0.5)  # 10 * 0.5 - 5 is an LLR of 0
        assert 3 <= len(reference.embeddings) <= 6


@pytest.mark.slow
async def test_nobody_else_is_and_nobody_who_was_made_to_leave() -> None:
    async with serving() as guard:
        guard.service.calls.leave((await play(guard)).key)
        guard.gallery.adapting.add("Dora")
        guard.service.calls.leave((await play(guard)).key, ReplacedError())
        guard.service.calls.leave((await play(guard, HORIZON + 10)).key)
        await asyncio.sleep(0.1)
        assert guard.gallery.adapted == []


async def test_a_gallery_that_is_away_costs_what_was_learned_and_no_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> bool:
        raise GalleryError("gallery: is away")

    async with serving() as guard:
        guard.gallery.adapting.add("Dora")
        monkeypatch.setattr(guard.gallery, "adapt", refuse)
        guard.service.calls.leave((await play(guard)).key)
        await until(lambda: "template not adapted" in capsys.readouterr().out)
        assert guard.service.trouble() is None
