import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from guard.core.errors import InputError
from guard.core.items import Cut, Decision, Reason
from guard.recorded import line, read
from guard.updates import Event, Participant, Update
from tests.service_fakes import verdict

PARTICIPANT = Participant("", "board", "Séat", "Dora", "whip", datetime(2026, 11, 26, 20, 0, tzinfo=UTC))
UPDATES = [
    Update(Event.JOINED, PARTICIPANT),
    Update(Event.VERDICT, replace(PARTICIPANT, verdict=verdict(1, score=0.1 + 0.2))),
    Update(
        Event.VERDICT,
        replace(
            PARTICIPANT,
            verdict=replace(
                verdict(2, score=None, reason=Reason.LOOPED, decision=Decision.UNCERTAIN),
                last_cut=Cut.GAP,
                withheld=Decision.IMPOSTOR_SUSPECTED,
                motion=1.5,
            ),
        ),
    ),
    Update(Event.LEFT, PARTICIPANT),
]


def test_updates_come_back_from_their_lines_to_the_bit() -> None:
    assert list(read(map(line, UPDATES), "a record")) == UPDATES


def test_a_line_holds_neither_an_embedding_nor_a_key() -> None:
    facts = json.loads(line(UPDATES[1]))
    assert facts.keys() == {
        "format", "event", "call", "participant", "claim", "transport", "opened_at", "link", "verdict"
    }  # fmt: skip
    assert not any(isinstance(value, list) for value in facts["verdict"].values())


@pytest.mark.parametrize(
    ("change", "value"),
    [("format", 2), ("event", "HIDDEN"), ("opened_at", "now"), ("verdict", {"time": 1}), ("verdict", 3)],
)
def test_a_line_that_is_none_is_named(change: str, value: object) -> None:
    broken = json.dumps(json.loads(line(UPDATES[1])) | {change: value})
    with pytest.raises(InputError, match="a record: line 2 is no update"):
        list(read([line(UPDATES[0]), broken], "a record"))
    for text in ("", "3", "[]", "{"):
        with pytest.raises(InputError, match="line 1"):
            list(read([text], "a record"))


def test_a_verdict_of_the_wrong_kind_is_refused_before_it_is_decided() -> None:
    facts = json.loads(line(UPDATES[1]))
    facts["verdict"]["time"] = "soon"
    with pytest.raises(InputError, match="line 1"):
        list(read([json.dumps(facts)], "a record"))
