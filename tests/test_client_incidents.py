"""The client's side of incidents, over a real server on localhost."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import grpc
import pytest

from guard.client import Disposition, GuardClient
from guard.client_sync import SyncGuardClient
from guard.incidents.pictures import Picture
from guard.recalibration.items import Exposure
from tests.incidents.people import incident
from tests.service_fakes import BASIS, MODEL_ID, Serving, serving, until

ID = "a" * 32
PICTURE = Picture(20.0, bytes(number % 251 for number in range(128 * 128)))


@pytest.fixture
async def served() -> AsyncIterator[Serving]:
    async with serving() as made:
        made.incidents.keep(replace(incident(), pictures=(PICTURE,)))
        yield made


async def test_incidents_are_listed_told_whole_reported_and_disposed_of(served: Serving) -> None:
    async with GuardClient(served.addresses.grpc) as client:
        (listed,) = await client.incidents()
        assert (listed.id, listed.kind, listed.trace, listed.disposition) == (ID, "IMPOSTOR_SUSPECTED", (), "OPEN")
        assert listed.model_id == ""
        whole = await client.incident(ID)
        assert whole.pictures == (PICTURE,)
        told = replace(incident(), tenant="")
        assert (whole.policy, whole.opened_at, whole.happened_at) == (told.policy, told.opened_at, told.happened_at)
        assert [one.decision for one in whole.trace] == [one.decision for one in told.trace]
        assert [one.llr for one in whole.trace] == pytest.approx([one.llr for one in told.trace])
        assert (await client.report(ID)).count("data:image/png;base64,") == 1
        done = await client.dispose(ID, Disposition.FALSE)
        assert (done.disposition, served.incidents.kept[ID].disposition) == (Disposition.FALSE, Disposition.FALSE)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await client.incident("c" * 32)
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_recording_is_told_as_such(served: Serving) -> None:
    served.incidents.keep(replace(incident("b" * 32), kind="REPLAYED"))
    async with GuardClient(served.addresses.grpc) as client:
        assert (await client.incident("b" * 32)).kind == "REPLAYED"


async def test_a_tenant_is_recalibrated_and_reset_also_without_an_event_loop(served: Serving) -> None:
    now = datetime.now(UTC)
    served.tenants.add([Exposure("default", MODEL_ID, now.date(), 360_000.0, 2.0)])
    for number in range(14):
        one = f"{number:032x}"
        served.incidents.keep(replace(incident(one), happened_at=now))
        served.incidents.dispose(one, Disposition.FALSE, "Grace", "default")
    with SyncGuardClient(served.addresses.grpc) as client:
        found = await asyncio.to_thread(client.recalibration)
        assert (found.found.false, found.found.missing, found.applied) == (14, 0, None)
        assert found.estimate.strictness == pytest.approx(3.0)
        assert found.thresholds == BASIS.stricter(3.0)
        applied = (await asyncio.to_thread(client.recalibrate)).applied
        assert applied is not None
        assert applied.strictness == pytest.approx(3.0)
        assert (await asyncio.to_thread(client.reset_recalibration)).applied is None
        assert len(await asyncio.to_thread(client.incidents)) == 15
        assert (await asyncio.to_thread(client.incident, ID)).id == ID
        assert "<svg" in await asyncio.to_thread(client.report, ID)
        done = await asyncio.to_thread(client.dispose, ID, Disposition.CONFIRMED)
        assert done.disposition is Disposition.CONFIRMED


async def test_the_service_tells_how_many_incidents_nobody_has_looked_at(
    served: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guard.findings.EVERY", 0.01)
    async with serving() as made:
        made.incidents.keep(incident())
        made.incidents.keep(incident("b" * 32))
        await until(lambda: made.value("guard_incidents_open") == 2)
        made.incidents.dispose(ID, Disposition.FALSE, "Grace", "default")
        await until(lambda: made.value("guard_incidents_open") == 1)
