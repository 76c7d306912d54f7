"""Incidents over gRPC: told to viewers, disposed of by operators, on the record."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from guard.rpc.errors import field_of
from guard.rpc.messages import verdict_item
from guard.v1 import incidents_pb2 as messages
from guard.v1.incidents_pb2_grpc import IncidentServiceStub
from guard.v1.types_pb2 import DECISION_IMPOSTOR_SUSPECTED, DECISION_UNSPECIFIED, REASON_REPLAYED, REASON_UNSPECIFIED
from tests.incidents.people import incident
from tests.service_fakes import Serving, serving

ID = "a" * 32


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(audit={"log": tmp_path / "audit.log"}) as made:
        made.incidents.keep(incident())
        yield made


@pytest.fixture
async def stub(served: Serving) -> AsyncIterator[IncidentServiceStub]:
    async with grpc.aio.insecure_channel(served.addresses.grpc) as channel:
        yield IncidentServiceStub(channel)


async def test_an_incident_is_listed_without_and_given_with_its_verdicts(stub: IncidentServiceStub) -> None:
    (listed,) = (await stub.ListIncidents(messages.ListIncidentsRequest())).incidents
    assert (listed.id, listed.accusation, listed.recording) == (ID, DECISION_IMPOSTOR_SUSPECTED, REASON_UNSPECIFIED)
    assert len(listed.verdicts) == 0
    whole = (await stub.GetIncident(messages.GetIncidentRequest(id=ID))).incident
    assert [verdict_item(one).decision for one in whole.verdicts] == [one.decision for one in incident().trace]
    assert (whole.model_id, dict(whole.policy), whole.time.seconds) == ("fake", {"verify": 4.0, "suspect": -4.0}, 20)


async def test_pages_together_are_the_list_the_newest_first(served: Serving, stub: IncidentServiceStub) -> None:
    for number in range(7):
        happened = incident().happened_at + timedelta(microseconds=number // 2)  # some at the same moment
        served.incidents.keep(replace(incident(f"{number:032x}"), happened_at=happened))
    told = await stub.ListIncidents(messages.ListIncidentsRequest())
    assert (len(told.incidents), told.next_page_token) == (8, "")
    moments = [one.happened_at.ToMicroseconds() for one in told.incidents]
    assert moments == sorted(moments, reverse=True)
    pages: list[messages.Incident] = []
    request = messages.ListIncidentsRequest(page_size=3)
    while True:
        answer = await stub.ListIncidents(request)
        pages += answer.incidents
        if not answer.next_page_token:
            break
        assert len(answer.incidents) == 3
        request.page_token = answer.next_page_token
    assert pages == list(told.incidents)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.ListIncidents(messages.ListIncidentsRequest(page_token="nonsense"))
    assert field_of(caught.value) == "page_token"


async def test_a_recording_is_told_as_such(served: Serving, stub: IncidentServiceStub) -> None:
    served.incidents.keep(replace(incident("b" * 32), kind="REPLAYED"))
    told = (await stub.GetIncident(messages.GetIncidentRequest(id="b" * 32))).incident
    assert (told.accusation, told.recording) == (DECISION_UNSPECIFIED, REASON_REPLAYED)


async def test_a_disposition_is_noted_and_recorded(served: Serving, stub: IncidentServiceStub, tmp_path: Path) -> None:
    request = messages.DisposeIncidentRequest(id=ID, disposition=messages.DISPOSITION_FALSE)
    told = (await stub.DisposeIncident(request)).incident
    assert told.disposition == messages.DISPOSITION_FALSE
    assert told.HasField("disposed_at")
    assert served.incidents.kept[ID].disposition == "FALSE"
    assert '"incident.dispose"' in (tmp_path / "audit.log").read_text()


@pytest.mark.parametrize(
    ("name", "disposition", "code"),
    [
        ("c" * 32, messages.DISPOSITION_FALSE, grpc.StatusCode.NOT_FOUND),
        (ID, messages.DISPOSITION_OPEN, grpc.StatusCode.INVALID_ARGUMENT),
        (ID, messages.DISPOSITION_UNSPECIFIED, grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
async def test_what_cannot_be_disposed_of_is_refused(
    stub: IncidentServiceStub, name: str, disposition: messages.Disposition, code: grpc.StatusCode
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.DisposeIncident(messages.DisposeIncidentRequest(id=name, disposition=disposition))
    assert caught.value.code() is code
