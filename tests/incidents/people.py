"""Verdicts of a call that goes wrong, for tests of incidents."""

from dataclasses import replace
from datetime import UTC, datetime

from guard.core.items import Decision, Reason, Verdict
from guard.incidents.items import Incident
from guard.updates import Participant
from tests.service_fakes import verdict

PARTICIPANT = Participant(
    "key", "board", "seat <1>", "Dora", "whip", datetime(2026, 11, 26, 20, 0, tzinfo=UTC), subject="backend"
)


def verdicts(count: int = 200, wrong: int = 100) -> list[Verdict]:
    """Dora drives, then somebody else, and then a recording of her."""
    made = []
    for number in range(1, count + 1):
        good = number < wrong
        decision = Decision.VERIFIED if good else Decision.IMPOSTOR_SUSPECTED
        one = verdict(number, decision=decision, score=0.6 if good else -0.2, changed=number in (1, wrong))
        if number > count - 20:
            one = replace(one, score=None, llr=None, reason=Reason.REPLAYED)
        made.append(replace(one, evidence=3.0 if good else -4.0, motion=1.2, filler=0.01))
    return made


def incident(name: str = "a" * 32, claim: str = "Dora", tenant: str = "default", day: int = 26) -> Incident:
    one = PARTICIPANT
    return Incident(
        name,
        tenant,
        "IMPOSTOR_SUSPECTED",
        one.call,
        one.participant,
        claim,
        one.transport,
        one.opened_at,
        datetime(2026, 11, day, 20, 1, tzinfo=UTC),
        20.0,
        {"verify": 4.0, "suspect": -4.0},
        tuple(verdicts()),
    )
