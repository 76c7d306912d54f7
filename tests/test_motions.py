"""Sketches on their way to the gallery: none is forgotten while it waits, and what cannot be kept is said."""

import asyncio

import numpy as np
import pytest
from structlog.testing import capture_logs

from guard.core.errors import GalleryError
from guard.core.recollection import Rows
from guard.motions import WAITING, Motions
from tests.service_fakes import HORIZON, FakeMotions, Parts, at_once, frame, serving, until

ADA = ("default", "Ada")


def rows(count: int, value: int = 1) -> Rows:
    return np.full((count, 8), value, np.int8)


async def test_what_waits_is_known_before_the_gallery_has_it_and_is_kept_once() -> None:
    kept = FakeMotions()
    motions, templates = Motions(kept, at_once), Parts().calls.templates
    motions.keep(*ADA, rows(10, 1))
    motions.keep("default", "Bob", rows(10, 2))
    assert (await motions.known(*ADA, templates)).tolist() == rows(10, 1).tolist()
    assert len(await motions.known("other", "Ada", templates)) == 0
    working = asyncio.create_task(motions.write())
    await until(lambda: len(kept.kept) == 2)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await motions.flush()
    assert [len(kept.kept[name]) for name in (ADA, ("default", "Bob"))] == [1, 1]
    assert (await motions.known(*ADA, templates)).tolist() == rows(10, 1).tolist()


async def test_a_gallery_that_is_away_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guard.motions.AGAIN", 0.01)
    kept = FakeMotions()
    motions = Motions(kept, at_once)
    kept.fault = GalleryError("down")
    motions.keep(*ADA, rows(10))
    working = asyncio.create_task(motions.write())
    with capture_logs() as said:
        await until(lambda: said)
        kept.fault = None
        await until(lambda: kept.kept)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert len(kept.kept[ADA]) == 1
    assert {one["event"] for one in said} == {"sketch of a call not kept yet"}


async def test_too_many_that_wait_and_those_that_the_end_cannot_keep_are_lost_and_said_to_be() -> None:
    kept = FakeMotions()
    motions = Motions(kept, at_once)
    kept.fault = GalleryError("down")
    with capture_logs() as said:
        for _ in range(WAITING + 2):
            motions.keep(*ADA, rows(1))
        await motions.flush()
    lost = [one for one in said if one["log_level"] == "error"]
    assert len(lost) == 3
    assert lost[-1]["calls"] == WAITING


async def test_calls_that_run_while_the_service_stops_are_kept() -> None:
    async with serving() as made:
        joined = await made.service.calls.join(call="", participant="seat", claim="Dora", transport="whep")
        for number in range(2 * HORIZON):
            await made.service.calls.room(joined.key)
            made.service.calls.offer(joined.key, frame(number), 0.0)
        await made.service.worker.rest(joined.key)
        assert made.motions.kept == {}
    (kept,) = made.motions.kept["default", "Dora"]
    assert len(kept) == HORIZON  # a break, and a row for each two frames but the first
