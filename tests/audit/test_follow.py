"""Which events of a stream are recorded."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from guard.audit.audit import Audit
from guard.audit.follow import Follower
from guard.audit.names import Names
from guard.audit.settings import AuditSettings, names_of
from guard.audit.verify import lines_of
from guard.core.errors import ReplacedError
from guard.core.items import Decision
from guard.updates import Event, Participant, Update
from tests.service_fakes import verdict

SEAT = Participant(
    "key1", "board", "seat 1", "Ada", "grpc", datetime(2026, 1, 1, tzinfo=UTC), tenant="acme", subject="meet-1"
)


def decided(number: int, decision: Decision) -> Update:
    return Update(Event.VERDICT, replace(SEAT, verdict=verdict(number, decision=decision, changed=True)))


def test_a_streams_life_and_the_decisions_that_matter(tmp_path: Path) -> None:
    audit = Audit(AuditSettings(log=tmp_path / "audit.jsonl"))
    follower = Follower(audit)
    follower.take(Update(Event.JOINED, SEAT))
    decisions = [Decision.UNCERTAIN, Decision.VERIFIED, Decision.STALE, Decision.UNCERTAIN]
    for number, decision in enumerate([*decisions, Decision.IMPOSTOR_SUSPECTED]):
        follower.take(decided(number, decision))
    follower.take(Update(Event.LEFT, SEAT, cause=ReplacedError()))
    audit.flush(sign=False)
    path = tmp_path / "audit.jsonl"
    lines = list(Names(names_of(path)).shown(map(json.loads, lines_of(path))))
    assert {(line["subject"], line["tenant"], line["facts"]["stream"]) for line in lines} == {
        ("meet-1", "acme", "key1")
    }
    told = [(line["action"], line["facts"].get("before"), line["facts"].get("after")) for line in lines]
    assert told == [
        ("stream.opened", None, None),
        ("decision.changed", "UNCERTAIN", "VERIFIED"),
        ("decision.changed", "VERIFIED", "STALE"),
        ("decision.changed", "UNCERTAIN", "IMPOSTOR_SUSPECTED"),
        ("stream.closed", None, None),
    ]
    assert lines[0]["facts"] == {
        "stream": "key1",
        "call": "board",
        "participant": "seat 1",
        "claim": "Ada",
        "transport": "grpc",
    }
    assert lines[-1]["facts"]["cause"] == "ReplacedError"
    assert follower._decisions == {}
