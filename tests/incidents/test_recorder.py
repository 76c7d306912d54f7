import asyncio
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from guard.core.errors import GalleryError
from guard.core.items import Decision, Reason, Verdict
from guard.feed import Feed
from guard.incidents.items import Incident
from guard.incidents.recorder import AFTER, BEFORE, Recorder, happened
from guard.metrics import Metrics
from guard.updates import Event, Update
from tests.incidents.people import PARTICIPANT, verdicts
from tests.service_fakes import until, verdict

POLICY = {"verify": 4.0}


def recorder() -> Recorder:
    return Recorder(lambda incident: None, lambda tenant: POLICY, Metrics(CollectorRegistry(), "test"))


def told(recorder: Recorder, said: list[Verdict]) -> list[Incident]:
    made = [recorder.take(Update(Event.VERDICT, replace(PARTICIPANT, verdict=one))) for one in said]
    return [one for one in made if one is not None]


def test_an_accusation_becomes_an_incident_with_the_verdicts_around_it() -> None:
    said = verdicts(count=300)
    (incident,) = told(recorder(), said)
    assert (incident.kind, incident.time, incident.claim) == ("IMPOSTOR_SUSPECTED", 20.0, "Dora")
    assert incident.trace == tuple(said[: 100 + AFTER])
    assert incident.policy == POLICY
    assert len(incident.id) == 32


def test_who_leaves_ends_the_incident() -> None:
    made = recorder()
    assert told(made, verdicts(count=120)) == []
    incident = made.take(Update(Event.LEFT, PARTICIPANT))
    assert incident is not None
    assert len(incident.trace) == 120
    assert made.take(Update(Event.LEFT, PARTICIPANT)) is None


def test_a_call_without_a_doubt_makes_none_and_only_the_newest_verdicts_are_held() -> None:
    made = recorder()
    assert told(made, verdicts(count=2000, wrong=1900)[:1899]) == []
    (incident,) = told(made, verdicts(count=2200, wrong=1900)[1899:])[:1]
    assert len(incident.trace) == BEFORE + AFTER


@pytest.mark.parametrize("reason", [Reason.LOOPED, Reason.REPLAYED, Reason.STILL_PICTURE])
def test_a_recording_is_an_incident_once_a_minute(reason: Reason) -> None:
    shown = [verdict(n, score=None, reason=reason if n % 50 < 25 else Reason.GAP) for n in range(1, 1000)]
    made = told(recorder(), shown)
    assert {one.kind for one in made} == {reason}
    assert [round(one.time) for one in made] == [0, 90, 170]


def test_what_is_withheld_is_an_incident_too() -> None:
    calm = verdict(1)
    assert happened(calm, replace(calm, withheld=Decision.IMPOSTOR_SUSPECTED)) == "IMPOSTOR_SUSPECTED"
    assert happened(replace(calm, withheld=Decision.IMPOSTOR_SUSPECTED), calm) is None
    assert happened(None, replace(calm, decision=Decision.DRIVER_CHANGED)) == "DRIVER_CHANGED"


async def test_incidents_are_written_and_one_that_cannot_be_does_not_end_the_work() -> None:
    kept: list[Incident] = []

    def keep(incident: Incident) -> None:
        kept.append(incident)
        if len(kept) == 1:
            raise GalleryError("down")

    metrics = Metrics(CollectorRegistry(), "test")
    feed, made = Feed(metrics), Recorder(keep, lambda tenant: POLICY, metrics)
    work = [asyncio.create_task(made.follow(feed)), asyncio.create_task(made.write())]
    await asyncio.sleep(0)
    for key in ("one", "two"):
        for one in verdicts(count=120)[95:]:
            feed.publish(Update(Event.VERDICT, replace(PARTICIPANT, key=key, verdict=one)))
        feed.publish(Update(Event.LEFT, replace(PARTICIPANT, key=key)))
    await until(lambda: len(kept) == 2)
    assert metrics.registry.get_sample_value("guard_incidents_total", {"kind": "IMPOSTOR_SUSPECTED"}) == 2
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
