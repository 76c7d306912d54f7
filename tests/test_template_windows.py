"""How many windows are behind a template decides what a score is worth: from the gallery to the verdict."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from math import log
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from guard.core.calibration import Calibration, Quality, Term
from guard.core.verifier import Verifier
from guard.gallery import Gallery
from guard.gallery.items import Reference
from guard.gallery.tables import TEMPLATES
from guard.recalibration.thresholds import TenantThresholds
from tests.gallery.people import consent
from tests.service_fakes import AMPLE, DARK_PERSON, HORIZON, MODEL, MODEL_ID, BrightnessEngine, Parts, frame

TERM = Term(Quality.WINDOWS, low=log(2), typical=log(20), high=log(100), slope=2.0, offset=-1.0)
WORTH = replace(MODEL, calibration={HORIZON: Calibration(10.0, -5.0, (TERM,))})


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery(tmp_path / "gallery.sqlite")


def enrol(gallery: Gallery, windows: int, model_id: str = MODEL_ID) -> None:
    one = Reference(np.repeat(DARK_PERSON[None], windows, axis=0), 10.0, "monday")
    gallery.put("default", "Dora", model_id, [one], consent())


@asynccontextmanager
async def at_work(gallery: Gallery) -> AsyncIterator[Parts]:
    parts = Parts(gallery, model=WORTH)
    working = asyncio.create_task(parts.worker.run(parts.calls.publish))
    yield parts
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    parts.worker.shutdown()


async def newest_llr(parts: Parts, key: str, start: int = 0) -> float:
    """LLR of a window that scores 1, after so many frames."""
    for number in range(start, start + HORIZON + 10):
        await parts.calls.room(key)
        parts.calls.offer(key, frame(number), parts.clock())
    await parts.worker.rest(key)
    verdict = parts.calls.newest(key)
    assert verdict is not None
    assert verdict.llr is not None
    return verdict.llr


def expected(windows: int) -> float:
    return 10.0 - 5.0 + (TERM.slope + TERM.offset) * (log(windows) - TERM.typical)


@pytest.mark.slow
@pytest.mark.parametrize("windows", [4, 20, 60])
async def test_a_score_is_worth_what_the_number_of_windows_says(gallery: Gallery, windows: int) -> None:
    enrol(gallery, windows)
    async with at_work(gallery) as parts:
        joined = await parts.calls.join(call="", participant="seat", claim="Dora", transport="grpc")
        assert await newest_llr(parts, joined.key) == pytest.approx(expected(windows), abs=1e-5)


@pytest.mark.slow
async def test_more_windows_of_the_same_template_count_in_a_stream_that_runs(gallery: Gallery) -> None:
    enrol(gallery, 4)
    async with at_work(gallery) as parts:
        joined = await parts.calls.join(call="", participant="seat", claim="Dora", transport="grpc")
        await newest_llr(parts, joined.key)
        enrol(gallery, 60)
        await parts.calls.claims.refresh()
        assert await newest_llr(parts, joined.key, HORIZON + 10) == pytest.approx(expected(60), abs=1e-5)
        claimed = await parts.calls.claims.set_claim(joined.key, "")
        assert claimed.claim == ""
        await parts.calls.claims.set_claim(joined.key, "Dora")
        assert await newest_llr(parts, joined.key, 2 * HORIZON + 20) == pytest.approx(expected(60), abs=1e-5)


async def test_another_bundle_counts_those_of_its_own_template(gallery: Gallery) -> None:
    enrol(gallery, 4)
    enrol(gallery, 60, "next")
    async with at_work(gallery) as parts:
        joined = await parts.calls.join(call="", participant="seat", claim="Dora", transport="grpc")
        await newest_llr(parts, joined.key)
        verifier = Verifier(BrightnessEngine(), replace(WORTH, model_id="next"))
        await parts.calls.claims.change_model("next", verifier, AMPLE, TenantThresholds("next", None))
        assert await newest_llr(parts, joined.key, HORIZON + 10) == pytest.approx(expected(60), abs=1e-5)


async def test_a_number_that_is_not_known_counts_as_usual(gallery: Gallery) -> None:
    enrol(gallery, 4)
    with gallery.database.writing() as connection:
        connection.execute(sa.update(TEMPLATES).values(windows=0))
    async with at_work(gallery) as parts:
        joined = await parts.calls.join(call="", participant="seat", claim="Dora", transport="grpc")
        assert await newest_llr(parts, joined.key) == pytest.approx(expected(20), abs=1e-5)
