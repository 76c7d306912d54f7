"""Recordings of the claimed person, known across restarts, guards and from enrolment, in a real gallery."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from guard.core.items import Cut, Frame, Gray, Reason, Verdict
from guard.enrolment.clips import Clip, Windows
from guard.enrolment.keeping import keep
from guard.gallery import Gallery
from guard.motionstore import MotionStore
from tests.core.performances import shown, wander
from tests.gallery.people import consent
from tests.service_fakes import MODEL, NEEDS, BrightnessEngine, Parts

pytestmark = pytest.mark.slow

FRAMES = 330


def performance(seed: int) -> Gray:
    """Somebody dark, as Dora is."""
    return (shown(wander(FRAMES, seed)) * 0.4).astype(np.uint8)


CLIP, RECORDING = performance(1), performance(2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A gallery in which Dora is enrolled from CLIP with two tenants; with the other from half of another one."""
    path = tmp_path / "gallery.sqlite"
    enrol(Gallery(path), CLIP)
    enrol(Gallery(path), performance(3)[:100], "other")
    return path


def enrol(gallery: Gallery, pictures: Gray, tenant: str = "default") -> None:
    windows, clip = Windows(BrightnessEngine(), MODEL), Clip("clip", "monday")
    for number, picture in enumerate(pictures):
        clip.windows += windows.take(Frame(picture, number / 25))
    clip.motion = windows.motion
    keep("Dora", [clip], MODEL, gallery, tenant=tenant, consent=consent(), add=False, needs=replace(NEEDS, motion=0.1))


@asynccontextmanager
async def guard_on(path: Path) -> AsyncIterator[Parts]:
    """A service's parts on the gallery; at its end what waits is kept."""
    gallery = Gallery(path)
    parts = Parts(gallery, motions=MotionStore(gallery, 24))
    working = asyncio.create_task(parts.worker.run(parts.calls.publish))
    yield parts
    parts.calls.close_all(RuntimeError())  # type: ignore[arg-type]
    parts.worker._read_mailbox()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await parts.calls.motions.flush()
    parts.worker.shutdown()


async def show(parts: Parts, pictures: Gray, tenant: str = "default") -> Verdict:
    """The newest verdict of a call that shows these, as Dora."""
    joined = await parts.calls.join(call="", participant="seat", claim="Dora", transport="whep", tenant=tenant)
    for number, picture in enumerate(pictures):
        await parts.calls.room(joined.key)
        parts.calls.offer(joined.key, Frame(picture, number / 25), parts.clock())
    await parts.worker.rest(joined.key)
    verdict = parts.calls.newest(joined.key)
    assert verdict is not None
    return verdict


async def test_a_clip_that_somebody_was_enrolled_from_is_a_replay_but_not_with_another_tenant(path: Path) -> None:
    async with guard_on(path) as parts:
        assert (await show(parts, CLIP)).reason is Reason.REPLAYED
        assert (await show(parts, CLIP, "other")).reason is None
        assert (await show(parts, RECORDING)).reason is None


async def test_a_recording_of_a_verified_call_is_known_after_a_restart_and_to_a_second_guard(path: Path) -> None:
    async with guard_on(path) as other:
        async with guard_on(path) as parts:
            assert (await show(parts, RECORDING)).reason is None
        assert (await show(other, RECORDING)).reason is Reason.REPLAYED
    async with guard_on(path) as parts:
        assert (await show(parts, RECORDING)).reason is Reason.REPLAYED
        assert (await show(parts, RECORDING, "other")).reason is None
    with Gallery(path).database.reading() as connection:  # a replay teaches nothing
        assert connection.exec_driver_sql("SELECT count(*) FROM motions").scalar_one() == 2


async def test_who_is_enrolled_anew_while_a_stream_runs_is_compared_with_the_new_clips(path: Path) -> None:
    async with guard_on(path) as parts:
        joined = await parts.calls.join(call="", participant="seat", claim="Dora", transport="whep")
        enrol(Gallery(path), RECORDING[:290])
        await parts.calls.claims.refresh()
        for number, picture in enumerate(RECORDING[:290]):
            await parts.calls.room(joined.key)
            parts.calls.offer(joined.key, Frame(picture, number / 25), parts.clock())
        await parts.worker.rest(joined.key)
        verdict = parts.calls.newest(joined.key)
        assert verdict is not None
        assert verdict.reason is Reason.REPLAYED


async def test_who_was_removed_is_not_remembered(path: Path) -> None:
    async with guard_on(path) as parts:
        assert (await show(parts, RECORDING)).reason is None
    gallery = Gallery(path)
    gallery.remove("Dora")
    enrol(gallery, performance(4))
    async with guard_on(path) as parts:
        assert (await show(parts, RECORDING)).reason is None


def test_a_clip_that_is_too_short_to_be_recognised_leaves_no_sketch() -> None:
    windows = Windows(BrightnessEngine(), MODEL)
    for number, picture in enumerate(CLIP[:250]):
        windows.take(Frame(picture, number / 25))
    assert windows.motion is None
    windows.cut(Cut.GAP)
    for number, picture in enumerate(CLIP):
        windows.take(Frame(picture, 100 + number / 25))
    assert windows.motion is not None
