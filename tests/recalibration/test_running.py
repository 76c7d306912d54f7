"""What is applied for a tenant holds in streams that run, and only in that tenant's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime

from guard.core.errors import GalleryError
from guard.core.items import Decision
from guard.core.verifier import Verifier
from guard.recalibration.items import Applied
from guard.recalibration.thresholds import TenantThresholds
from tests.service_fakes import (
    AMPLE,
    BASIS,
    DARK_PERSON,
    HORIZON,
    MODEL,
    MODEL_ID,
    THRESHOLDS,
    BrightnessEngine,
    FakeGallery,
    FakeTenants,
    Parts,
    frame,
    serving,
    until,
)

STRICT = 4.0


class EveryTenant(FakeGallery):
    """Dora is enrolled with every tenant and for every model."""

    def template(self, name: str, model_id: str, tenant: str = "default") -> object:  # type: ignore[override]
        return DARK_PERSON if name == "Dora" else None


@asynccontextmanager
async def at_work(store: FakeTenants) -> AsyncIterator[Parts]:
    async def read(model_id: str) -> dict[str, Applied]:
        return store.applied(model_id)

    parts = Parts(EveryTenant(), tenants=TenantThresholds(MODEL_ID, BASIS, read))
    working = asyncio.create_task(parts.worker.run(parts.calls.publish))
    yield parts
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    parts.worker.shutdown()


async def accused_at(parts: Parts, key: str) -> float:
    """The evidence by which an impostor is accused, who drives from the first frame on."""
    for number in range(75):
        await parts.calls.room(key)
        parts.calls.offer(key, frame(number, bright=True), parts.clock())
        await parts.worker.rest(key)
        verdict = parts.calls.newest(key)
        if verdict is not None and verdict.decision is Decision.IMPOSTOR_SUSPECTED:
            return verdict.evidence
    raise AssertionError("nobody was accused")


async def test_thresholds_of_a_tenant_hold_in_its_running_streams_without_a_restart() -> None:
    store = FakeTenants()
    async with at_work(store) as parts:
        mine = await parts.calls.join(call="", participant="a", claim="Dora", transport="whep")
        theirs = await parts.calls.join(call="", participant="a", claim="Dora", transport="whep", tenant="other")
        store.apply("default", MODEL_ID, STRICT, "Grace")
        await parts.calls.claims.refresh()
        late = await parts.calls.join(call="", participant="b", claim="Dora", transport="whep")
        strict = BASIS.stricter(STRICT).suspect
        assert strict < -5.4
        assert await accused_at(parts, mine.key) <= strict
        assert await accused_at(parts, late.key) <= strict
        assert strict < await accused_at(parts, theirs.key) <= THRESHOLDS.suspect
        store.reset("default")
        await parts.calls.claims.refresh()
        again = await parts.calls.join(call="", participant="c", claim="Dora", transport="whep")
        assert strict < await accused_at(parts, again.key) <= THRESHOLDS.suspect


async def test_what_is_taken_back_or_applied_again_is_seen_and_a_gallery_that_is_away_changes_nothing() -> None:
    store = FakeTenants()

    async def read(model_id: str) -> dict[str, Applied]:
        return store.applied(model_id)

    tenants = TenantThresholds(MODEL_ID, BASIS, read)
    usual = tenants.rates("default")
    assert usual == BASIS.rates(THRESHOLDS)
    store.apply("default", MODEL_ID, STRICT, "Grace")
    await tenants.refresh()
    assert (tenants.of("default"), tenants.strictness("default")) == (BASIS.stricter(STRICT), STRICT)
    assert tenants.rates("default") == BASIS.rates(BASIS.stricter(STRICT)) != usual
    store.fault = GalleryError("down")
    await tenants.refresh()
    assert tenants.strictness("default") == STRICT
    store.fault = None
    store.reset("default")
    await tenants.refresh()
    assert (tenants.of("default"), tenants.strictness("default"), tenants.rates("default")) == (None, 1.0, usual)


async def test_another_bundle_of_the_same_model_keeps_what_was_applied_and_another_model_does_not() -> None:
    store = FakeTenants()
    store.apply("default", MODEL_ID, STRICT, "Grace")

    async def read(model_id: str) -> dict[str, Applied]:
        return store.applied(model_id)

    async with at_work(store) as parts:
        await parts.calls.claims.tenants.refresh()
        one = await parts.calls.join(call="", participant="a", claim="Dora", transport="whep")
        for model_id, expected in ((MODEL_ID, BASIS.stricter(STRICT)), ("next", None)):
            tenants = TenantThresholds(model_id, BASIS, read)
            await tenants.refresh()
            verifier = Verifier(BrightnessEngine(), replace(MODEL, model_id=model_id))
            await parts.calls.claims.change_model(model_id, verifier, AMPLE, tenants)
            lane = parts.worker._lanes[one.key]
            assert lane.verifier is verifier
            assert lane.stream.thresholds == expected


async def test_the_service_counts_hours_follows_what_is_applied_and_says_it_in_incidents() -> None:
    async with serving() as made:
        made.tenants.strict["default", MODEL_ID] = Applied(STRICT, "Grace", datetime.now(UTC))
        await made.service.calls.claims.refresh()
        policy = made.service.findings.policy("default")
        assert (policy["strictness"], policy["suspect"]) == (STRICT, BASIS.stricter(STRICT).suspect)
        assert made.service.findings.policy("other") == {**asdict(THRESHOLDS), "strictness": 1.0}
        joined = await made.service.calls.join(call="", participant="a", claim="Dora", transport="whep")
        for number in range(2 * HORIZON):
            await made.service.calls.room(joined.key)
            made.service.calls.offer(joined.key, frame(number), 0.0)
        await made.service.worker.rest(joined.key)
        await until(lambda: made.service.findings._counting._counted)
    (one,) = made.tenants.added
    assert (one.tenant, one.model_id) == ("default", MODEL_ID)
    assert 0.2 <= one.seconds <= 1.0
