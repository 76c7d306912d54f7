import asyncio
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from guard.core.errors import DrainingError, GalleryError, GuardError, LostError, ReplacedError
from guard.core.items import SIZE, Decision, Gray, Reason, Verdict
from guard.feed import Feed
from guard.incidents.items import Incident
from guard.incidents.recorder import AFTER, BEFORE, Recorder, happened
from guard.metrics import Metrics
from guard.updates import Event, Update
from tests.incidents.people import PARTICIPANT, verdicts
from tests.service_fakes import HORIZON, Parts, frame, until, verdict

POLICY = {"verify": 4.0}


def recorder() -> Recorder:
    return Recorder(lambda incident: None, lambda tenant: POLICY, Metrics(CollectorRegistry(), "test"))


def told(recorder: Recorder, said: list[Verdict]) -> list[Incident]:
    return [made for one in said for made in recorder.take(Update(Event.VERDICT, replace(PARTICIPANT, verdict=one)))]


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
    found = made.take(Update(Event.LEFT, PARTICIPANT))
    assert [(one.kind, len(one.trace)) for one in found] == [("IMPOSTOR_SUSPECTED", 120), ("REPLAYED", 120)]
    assert made.take(Update(Event.LEFT, PARTICIPANT)) == []


def waiting(first: int, last: int, *, then: Decision = Decision.UNCERTAIN, count: int = 60) -> list[Verdict]:
    """An accusation that waits for its mirror check from verdict `first` to `last`, and what was decided `then`."""
    made = []
    for number in range(1, count):
        one = verdict(number, decision=then if number > last else Decision.UNCERTAIN)
        made.append(replace(one, mirror_check_pending=first <= number <= last))
    return made


def test_who_leaves_while_an_accusation_waits_is_accused_all_the_same() -> None:
    made = recorder()
    assert told(made, waiting(20, 30)[:25]) == []
    (found,) = made.take(Update(Event.LEFT, PARTICIPANT))
    assert (found.kind, found.time, len(found.trace)) == ("IMPOSTOR_SUSPECTED", 4.0, 25)
    assert found.policy == POLICY


@pytest.mark.parametrize(("cause", "filed"), [(LostError("connection"), 0), (DrainingError(), 0), (ReplacedError(), 1)])
def test_a_network_or_a_service_that_ends_a_call_accuses_nobody_whose_check_waits(
    cause: GuardError, filed: int
) -> None:
    made = recorder()
    told(made, waiting(20, 30)[:25])
    assert len(made.take(Update(Event.LEFT, PARTICIPANT, cause))) == filed


def test_an_accusation_that_waited_and_was_told_is_one_incident() -> None:
    made = recorder()
    assert told(made, waiting(20, 30, then=Decision.IMPOSTOR_SUSPECTED)) == []
    (found,) = made.take(Update(Event.LEFT, PARTICIPANT))
    assert (found.kind, found.time) == ("IMPOSTOR_SUSPECTED", pytest.approx(31 * 0.2))


def test_an_accusation_that_a_mirror_explained_is_none() -> None:
    made = recorder()
    assert told(made, waiting(20, 30)) == []
    assert made.take(Update(Event.LEFT, PARTICIPANT)) == []


def test_another_claim_while_an_accusation_waits_leaves_it_on_record() -> None:
    made = recorder()
    told(made, waiting(20, 30)[:25])
    calm = replace(PARTICIPANT, claim="Eve", verdict=verdict(26, decision=Decision.COLLECTING))
    assert made.take(Update(Event.VERDICT, calm)) == []
    (found,) = made.take(Update(Event.LEFT, calm))
    assert (found.kind, found.claim, found.time) == ("IMPOSTOR_SUSPECTED", "Dora", 4.0)


def test_pictures_are_taken_when_an_accusation_begins_to_wait() -> None:
    def look(key: str, take: Callable[[Gray], None]) -> None:
        take(np.full((64, SIZE, SIZE), 1, np.uint8))

    made = Recorder(lambda incident: None, lambda tenant: POLICY, Metrics(CollectorRegistry(), "test"), look)
    told(made, waiting(20, 30)[:25])
    (found,) = made.take(Update(Event.LEFT, PARTICIPANT))
    assert [round(one.time, 1) for one in found.pictures] == [1.6, 2.4, 3.2, 4.0]


def test_a_call_without_a_doubt_makes_none_and_only_the_newest_verdicts_are_held() -> None:
    made = recorder()
    assert told(made, verdicts(count=2000, wrong=1900)[:1899]) == []
    (incident,) = told(made, verdicts(count=2200, wrong=1900)[1899:])[:1]
    assert len(incident.trace) == BEFORE + AFTER
    assert incident.trace[BEFORE - 1].time == incident.time


@pytest.mark.parametrize("reason", [Reason.LOOPED, Reason.REPLAYED, Reason.STILL_PICTURE])
def test_a_recording_is_an_incident_once_a_minute(reason: Reason) -> None:
    shown = [verdict(n, score=None, reason=reason if n % 50 < 25 else Reason.GAP) for n in range(1, 1000)]
    made = told(recorder(), shown)
    assert {one.kind for one in made} == {reason}
    assert [round(one.time) for one in made] == [0, 90, 170]


def shown_then_accused(recording: range, accused: int, count: int) -> list[Verdict]:
    """A recording at these verdicts, and an accusation that holds from `accused` on."""
    made = []
    for number in range(1, count):
        reason = Reason.REPLAYED if number in recording else None
        decision = Decision.IMPOSTOR_SUSPECTED if number >= accused else Decision.VERIFIED
        made.append(verdict(number, decision=decision, score=None if reason else 0.5, reason=reason))
    return made


@pytest.mark.parametrize("accused", [60, 75, 149, 150, 200])
def test_an_accusation_is_an_incident_however_soon_after_a_recording(accused: int) -> None:
    said = shown_then_accused(range(50, 70), accused, 400)
    recording, accusation = told(recorder(), said)
    assert (recording.kind, recording.time) == ("REPLAYED", 10.0)
    assert (accusation.kind, accusation.time) == ("IMPOSTOR_SUSPECTED", 0.2 * accused)
    assert recording.trace == tuple(said[: 49 + AFTER + 1])
    assert accusation.trace == tuple(said[: accused + AFTER])


def test_pictures_are_of_the_accusation_and_none_of_the_recording_before_it() -> None:
    looked: list[str] = []

    def look(key: str, take: Callable[[Gray], None]) -> None:
        looked.append(key)
        take(np.full((64, SIZE, SIZE), len(looked), np.uint8))

    metrics = Metrics(CollectorRegistry(), "test")
    made = Recorder(lambda incident: None, lambda tenant: POLICY, metrics, look)
    recording, accusation = told(made, shown_then_accused(range(50, 70), 75, 400))
    assert recording.pictures == ()
    assert [(round(one.time, 1), one.pixels[0]) for one in accusation.pictures] == [
        (12.6, 1), (13.4, 1), (14.2, 1), (15.0, 1), (17.6, 2), (18.4, 2), (19.2, 2), (20.0, 2)
    ]  # fmt: skip


def test_two_kinds_in_one_verdict_are_two_incidents_and_who_leaves_ends_both() -> None:
    made = recorder()
    assert told(made, shown_then_accused(range(50, 60), 50, 60)) == []
    found = made.take(Update(Event.LEFT, PARTICIPANT))
    assert [(one.kind, one.time) for one in found] == [("IMPOSTOR_SUSPECTED", 10.0), ("REPLAYED", 10.0)]


def test_another_recording_soon_after_one_is_an_incident() -> None:
    shown = {50: Reason.REPLAYED, 51: Reason.REPLAYED, 140: Reason.LOOPED, 141: Reason.LOOPED, 145: Reason.REPLAYED}
    said = [verdict(n, score=None if n in shown else 0.5, reason=shown.get(n)) for n in range(1, 400)]
    assert [(one.kind, round(one.time)) for one in told(recorder(), said)] == [("REPLAYED", 10), ("LOOPED", 28)]


def test_an_incident_is_of_who_was_claimed_then_and_another_claim_is_another_thing() -> None:
    made, found = recorder(), []
    for number in range(1, 400):
        decision = Decision.COLLECTING if 100 <= number < 130 else Decision.IMPOSTOR_SUSPECTED
        one = replace(PARTICIPANT, claim="Dora" if number < 100 else "Eve", verdict=verdict(number, decision=decision))
        found += made.take(Update(Event.VERDICT, one))
    assert [(one.claim, round(one.time)) for one in found] == [("Dora", 0), ("Eve", 26)]


def test_the_thresholds_are_those_that_held_when_it_happened() -> None:
    policy = {"suspect": -4.0}
    made = Recorder(lambda incident: None, lambda tenant: dict(policy), Metrics(CollectorRegistry(), "test"))
    said = verdicts()
    assert told(made, said[:120]) == []
    policy["suspect"] = -8.0
    (incident,) = told(made, said[120:])[:1]
    assert incident.policy == {"suspect": -4.0}


def test_what_is_withheld_is_an_incident_too() -> None:
    calm = verdict(1)
    assert happened(calm, replace(calm, withheld=Decision.IMPOSTOR_SUSPECTED)) == ["IMPOSTOR_SUSPECTED"]
    assert happened(replace(calm, withheld=Decision.IMPOSTOR_SUSPECTED), calm) == []
    assert happened(None, replace(calm, decision=Decision.DRIVER_CHANGED)) == ["DRIVER_CHANGED"]


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
    await until(lambda: len(kept) == 4)
    for kind in ("IMPOSTOR_SUSPECTED", "REPLAYED"):
        assert metrics.registry.get_sample_value("guard_incidents_total", {"kind": kind}) == 2
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)


@pytest.mark.slow
async def test_who_ends_the_stream_before_the_accusation_is_told_is_on_record() -> None:
    parts, kept = Parts(), []
    made = Recorder(kept.append, lambda tenant: POLICY, parts.metrics)
    work = [parts.worker.run(parts.calls.publish), made.follow(parts.feed), made.write()]
    tasks = [asyncio.create_task(one) for one in work]
    await asyncio.sleep(0)
    joined = await parts.calls.join(call="", participant="seat", claim="Berta", transport="whip")
    for number in range(4 * HORIZON):
        parts.calls.offer(joined.key, frame(number), parts.clock())
        await parts.worker.rest(joined.key)
        if (newest := parts.calls.newest(joined.key)) and newest.mirror_check_pending:
            break
    parts.calls.leave(joined.key)
    await until(lambda: kept)
    assert [(one.kind, one.claim, one.time, one.unchecked) for one in kept] == [
        ("IMPOSTOR_SUSPECTED", "Berta", newest.time, True)
    ]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    parts.worker.shutdown()
