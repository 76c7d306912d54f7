"""Refused callers in the audit log: the first of each, and how many were passed over."""

from typing import Any

from guard.access.caller import NOBODY, Caller
from guard.audit.audit import Audit
from guard.audit.refusals import ALL, Refusals
from guard.audit.settings import AuditSettings
from guard.core.errors import CredentialsError
from tests.service_fakes import Clock

ERROR = CredentialsError("authorization", "is missing")


class Notes(Audit):
    """Keeps what is noted."""

    def __init__(self) -> None:
        super().__init__(AuditSettings())
        self.seen: list[tuple[str, Caller, dict[str, Any]]] = []

    def note(self, action: str, caller: Caller = NOBODY, **facts: Any) -> None:
        self.seen.append((action, caller, facts))


def test_a_refusal_says_who_asked_for_what_from_where() -> None:
    notes, caller = Notes(), Caller("console", "acme")
    Refusals(notes, Clock()).note("GET /metrics", "192.0.2.1", ERROR, caller)
    facts = {"method": "GET /metrics", "address": "192.0.2.1", "error": "CredentialsError", "passed_over": 0}
    assert notes.seen == [("caller.refused", caller, facts)]


def test_a_flood_from_one_address_is_a_line_a_minute_with_a_count() -> None:
    notes, clock = Notes(), Clock()
    refusals = Refusals(notes, clock)
    for _ in range(1000):
        refusals.note("GET /", "192.0.2.1", ERROR)
    refusals.note("GET /", "192.0.2.2", ERROR)
    clock.now += 60
    refusals.note("GET /", "192.0.2.1", ERROR)
    assert [(facts["address"], facts["passed_over"]) for _, _, facts in notes.seen] == [
        ("192.0.2.1", 0),
        ("192.0.2.2", 999),
        ("192.0.2.1", 0),
    ]


def test_a_flood_from_many_addresses_is_bounded_too() -> None:
    notes = Notes()
    refusals = Refusals(notes, Clock())
    for number in range(1000):
        refusals.note("GET /", f"2001:db8::{number:x}", ERROR)
    assert len(notes.seen) == ALL
