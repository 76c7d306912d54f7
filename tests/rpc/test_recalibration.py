"""Recalibration over gRPC: told, refused, applied, taken back, on the record; and over the command line the same."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest

from guard.incidents.items import Disposition
from guard.recalibration.items import Exposure
from guard.v1 import incidents_pb2 as messages
from guard.v1.incidents_pb2_grpc import IncidentServiceStub
from tests.incidents.people import incident
from tests.service_fakes import BASIS, MODEL_ID, Serving, serving

NOW = datetime.now(UTC)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(audit={"log": tmp_path / "audit.log"}) as made:
        made.tenants.add([Exposure("default", MODEL_ID, NOW.date(), 360_000.0, 2.0)])
        yield made


@pytest.fixture
async def stub(served: Serving) -> AsyncIterator[IncidentServiceStub]:
    async with grpc.aio.insecure_channel(served.addresses.grpc) as channel:
        yield IncidentServiceStub(channel)


def accuse(served: Serving, count: int) -> None:
    for number in range(count):
        name = f"{number:032x}"
        served.incidents.keep(replace(incident(name), happened_at=NOW))
        served.incidents.dispose(name, Disposition.FALSE, "Grace", "default")


async def test_it_is_told_applied_and_taken_back_on_the_record(
    served: Serving, stub: IncidentServiceStub, tmp_path: Path
) -> None:
    accuse(served, 14)
    told = (await stub.GetRecalibration(messages.GetRecalibrationRequest())).recalibration
    assert (told.hours, told.expected, told.found_false, told.missing) == (100.0, 2.0, 14, 0)
    assert (told.ratio, told.strictness, told.HasField("applied")) == (pytest.approx(3.0), pytest.approx(3.0), False)
    assert told.ratio_low < 3.0 < told.ratio_high
    assert told.thresholds["change"] == BASIS.stricter(3.0).change
    done = (await stub.ApplyRecalibration(messages.ApplyRecalibrationRequest())).recalibration
    assert done.applied.strictness == pytest.approx(3.0)
    await served.service.calls.claims.refresh()
    assert served.service.calls.claims.tenants.of("default") == BASIS.stricter(3.0)
    reset = (await stub.ResetRecalibration(messages.ResetRecalibrationRequest())).recalibration
    assert not reset.HasField("applied")
    lines = (tmp_path / "audit.log").read_text()
    assert '"tenant.recalibrate"' in lines
    assert '"tenant.reset"' in lines


async def test_too_few_dispositions_are_refused_with_how_many_are_missing(
    served: Serving, stub: IncidentServiceStub
) -> None:
    accuse(served, 2)
    with pytest.raises(grpc.aio.AioRpcError, match="which is 3 too few") as caught:
        await stub.ApplyRecalibration(messages.ApplyRecalibrationRequest())
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert served.tenants.strict == {}
