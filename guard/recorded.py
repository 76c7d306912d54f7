"""A call on record: one JSON object a line, with all that is needed to decide it again, and no embedding or picture.

{"format": 1, "event": "JOINED" | "VERDICT" | "LEFT", "call", "participant", "claim", "transport", "opened_at" (ISO
8601), "link", "verdict": null or every field of guard.core.items.Verdict by its name}
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from guard.core.errors import InputError
from guard.core.items import Cut, Decision, Reason, Verdict
from guard.updates import Event, Participant, Update

FORMAT = 1


def line(update: Update) -> str:
    """The update as a line of a record, without its end."""
    one = update.participant
    facts = {
        "format": FORMAT,
        "event": update.event,
        "call": one.call,
        "participant": one.participant,
        "claim": one.claim,
        "transport": one.transport,
        "opened_at": one.opened_at.isoformat(),
        "link": one.link,
        "verdict": asdict(one.verdict) if one.verdict is not None else None,
    }
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


def read(lines: Iterable[str], name: str) -> Iterator[Update]:
    """The updates of a record. Raises InputError that names the line of `name` that is none."""
    for number, text in enumerate(lines, 1):
        try:
            yield _update(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            problem = f"line {number} is no update of a call ({type(error).__name__})"
            raise InputError(name, problem, "record calls with `guard watch --record`") from None


def _update(facts: dict[str, Any]) -> Update:
    if facts["format"] != FORMAT:
        raise ValueError("another format")
    verdict = facts["verdict"]
    participant = Participant(
        key="",
        call=str(facts["call"]),
        participant=str(facts["participant"]),
        claim=str(facts["claim"]),
        transport=str(facts["transport"]),
        opened_at=datetime.fromisoformat(facts["opened_at"]),
        verdict=None if verdict is None else _verdict(verdict),
    )
    return Update(Event(facts["event"]), participant)


def _verdict(facts: dict[str, Any]) -> Verdict:
    known = dict(facts)
    for name, words in (("decision", Decision), ("withheld", Decision), ("reason", Reason), ("last_cut", Cut)):
        if known.get(name) is not None:
            known[name] = words(known[name])
    verdict = Verdict(**known)
    for number in (verdict.time, verdict.evidence, verdict.cuts, verdict.horizon, verdict.sequence):
        number + 0.0  # a TypeError here, not in the middle of a decision
    return verdict
