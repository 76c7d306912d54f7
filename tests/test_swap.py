"""Another bundle for streams that run, with a real worker and an engine that knows people by brightness."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from guard.core.errors import BundleError, GalleryError
from guard.core.items import Decision, Floats, Reason, Verdict
from guard.core.verifier import Settings as ModelSettings
from guard.core.verifier import Verifier
from guard.model import Model
from guard.recalibration.thresholds import TenantThresholds
from guard.updates import Participant
from tests.service_fakes import (
    AMPLE,
    BRIGHT_PERSON,
    DARK_PERSON,
    HORIZON,
    MODEL,
    BrightnessEngine,
    FakeGallery,
    Parts,
    frame,
    serving,
)

OTHER = ModelSettings("other", (HORIZON,), 5, MODEL.calibration, MODEL.thresholds, 0.1, None)


class OppositeEngine(BrightnessEngine):
    """Another model, whose embeddings of dark pictures are other ones."""

    def project(self, state: Floats, pooled: Floats, differences: Floats) -> Floats:
        return np.where(state < 128, -DARK_PERSON, DARK_PERSON)


class TwoModels(FakeGallery):
    """Dora is enrolled for both models, Berta for the first only."""

    def template(self, name: str, model_id: str, tenant: str = "default") -> Floats | None:
        if model_id == "other" and self.fault is None:
            return -DARK_PERSON if name == "Dora" else None
        return super().template(name, model_id, tenant)


@pytest.fixture
async def parts() -> AsyncIterator[Parts]:
    made = Parts(TwoModels(Dora=DARK_PERSON, Berta=BRIGHT_PERSON))
    working = asyncio.create_task(made.worker.run(made.calls.publish))
    yield made
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    made.worker.shutdown()


async def join(parts: Parts, claim: str = "Dora") -> Participant:
    return await parts.calls.join(call="", participant=claim, claim=claim, transport="grpc")


async def send(parts: Parts, key: str, start: int, count: int) -> None:
    for number in range(start, start + count):
        await parts.calls.room(key)
        parts.calls.offer(key, frame(number), parts.clock())
    await parts.worker.rest(key)


async def change(parts: Parts) -> None:
    tenants = TenantThresholds("other", None)
    await parts.calls.claims.change_model("other", Verifier(OppositeEngine(), OTHER), AMPLE, tenants)


def newest(parts: Parts, key: str) -> Verdict:
    verdict = parts.calls.newest(key)
    assert verdict is not None
    return verdict


async def test_a_stream_goes_on_from_its_window_with_its_evidence_and_its_decision(parts: Parts) -> None:
    joined = await join(parts)
    await send(parts, joined.key, 0, 2 * HORIZON)
    before = newest(parts, joined.key)
    assert before.decision is Decision.VERIFIED
    await change(parts)
    await send(parts, joined.key, 2 * HORIZON, 5)
    after = newest(parts, joined.key)
    assert (after.model_id, after.score, after.cuts) == ("other", pytest.approx(1.0), 0)
    assert (after.decision, after.sequence) == (before.decision, before.sequence + 1)
    assert after.evidence >= before.evidence


async def test_who_is_not_enrolled_for_the_new_model_is_told_so(parts: Parts) -> None:
    joined = await join(parts, "Berta")
    await send(parts, joined.key, 0, 2 * HORIZON)
    await change(parts)
    await send(parts, joined.key, 2 * HORIZON, 5)
    after = newest(parts, joined.key)
    assert (after.decision, after.reason) == (Decision.NOT_ENROLLED, Reason.NEEDS_REENROLMENT)
    assert not parts.calls.enrolled(joined.key)


async def test_newcomers_are_judged_by_the_new_model_at_once(parts: Parts) -> None:
    await change(parts)
    joined = await join(parts)
    await send(parts, joined.key, 0, HORIZON)
    assert newest(parts, joined.key).model_id == "other"
    assert newest(parts, joined.key).score == pytest.approx(1.0)


async def test_live_frames_are_scored_while_streams_change_over(parts: Parts) -> None:
    keys = [(await join(parts, claim)).key for claim in ("Dora", "Berta")]
    for key in keys:
        await send(parts, key, 0, HORIZON)
    changing = asyncio.create_task(change(parts))
    for number in range(HORIZON, 3 * HORIZON):
        for key in keys:
            parts.calls.offer(key, frame(number), parts.clock())
        await parts.worker.rest(*keys)
    await changing
    assert [newest(parts, key).model_id for key in keys] == ["other", "other"]
    assert [newest(parts, key).cuts for key in keys] == [0, 0]


async def test_one_who_leaves_meanwhile_holds_nobody_up(parts: Parts) -> None:
    joined = await join(parts)
    await send(parts, joined.key, 0, HORIZON)
    changing = asyncio.create_task(change(parts))
    await asyncio.sleep(0)
    parts.calls.leave(joined.key)
    await asyncio.wait_for(changing, 10)


async def test_without_the_gallery_nothing_changes(parts: Parts) -> None:
    joined = await join(parts)
    await send(parts, joined.key, 0, HORIZON)
    parts.gallery.fault = GalleryError("gallery: is away")
    with pytest.raises(GalleryError):
        await change(parts)
    await send(parts, joined.key, HORIZON, 10)
    assert newest(parts, joined.key).model_id == MODEL.model_id
    assert newest(parts, joined.key).score == pytest.approx(1.0)


@pytest.mark.parametrize("fault", [BundleError("weights.bin", "is damaged"), MemoryError()])
async def test_a_bundle_that_cannot_be_had_leaves_the_old_one_and_is_counted(fault: Exception) -> None:
    def broken() -> Model:
        raise fault

    async with serving() as guard:
        await guard.service.change_model(broken)
        assert guard.value("guard_bundle_swaps_total", outcome="failed") == 1
        assert guard.value("guard_info", model_id="fake", version="0.1.0") == 1
        await guard.service.change_model(lambda: Model(OppositeEngine(), OTHER, AMPLE))
        assert guard.value("guard_bundle_swaps_total", outcome="done") == 1
        assert guard.value("guard_info", model_id="other", version="0.1.0") == 1
