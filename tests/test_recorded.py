import json
import re
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest

from guard.core.errors import InputError
from guard.core.items import Cut, Decision, Reason, Verdict
from guard.recorded import _Verdict, line, read
from guard.updates import Event, Link, Participant, Update
from tests.service_fakes import verdict

PARTICIPANT = Participant(
    "", "board", "Séat", "Dora", "whip", datetime(2026, 11, 26, 20, 0, tzinfo=UTC), link=Link.FLOWING
)
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
    Update(Event.LEFT, replace(PARTICIPANT, link=Link.ENDED)),
]


def test_updates_come_back_from_their_lines_to_the_bit() -> None:
    assert list(read(map(line, UPDATES), "a record")) == UPDATES


def test_a_line_holds_neither_an_embedding_nor_a_key() -> None:
    facts = json.loads(line(UPDATES[1]))
    assert facts.keys() == {
        "format", "event", "call", "participant", "claim", "transport", "opened_at", "link", "verdict"
    }  # fmt: skip
    assert not any(isinstance(value, list) for value in facts["verdict"].values())


def test_a_line_has_the_fields_of_a_verdict() -> None:
    facts = json.loads(line(UPDATES[1]))["verdict"]
    assert list(facts) == [field.name for field in fields(Verdict)] == list(_Verdict.model_fields)


def refused(text: str, before: Sequence[Update] = UPDATES[:1]) -> str:
    """What is said of a record whose last line this is."""
    with pytest.raises(InputError) as refusal:
        list(read([*map(line, before), text], "a record"))
    assert f"line {len(before) + 1} " in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 400
    return str(refusal.value)


def changed(**changes: object) -> str:
    return json.dumps(json.loads(line(UPDATES[1])) | changes)


def with_verdict(update: Update = UPDATES[1], **changes: object) -> str:
    """The line with another verdict; text in angle brackets is written without its quotes."""
    facts = json.loads(line(update))
    facts["verdict"] |= changes
    return re.sub(r'"<(.*?)>"', r"\1", json.dumps(facts))


@pytest.mark.parametrize(
    ("change", "value", "said"),
    [
        ("format", 2, "format 2 is not 1, which this program reads"),
        ("event", "HIDDEN", "event: input should be 'JOINED', 'VERDICT', 'LINK' or 'LEFT'"),
        ("opened_at", "now", "opened_at: input should be a valid datetime"),
        ("claim", 3, "claim: input should be a valid string"),
        ("claim", "", "a score has an llr where somebody is claimed, and only there"),
        ("link", "HERE", "link: input should be 'CONNECTING'"),
        ("verdict", {"time": 1}, "verdict.score: field required"),
        ("verdict", 3, "verdict: input should be an object"),
        ("verdict", None, "a VERDICT has to have a verdict"),
    ],
)
def test_a_line_that_is_none_is_named_with_what_is_wrong(change: str, value: object, said: str) -> None:
    assert said in refused(changed(**{change: value}))


@pytest.mark.parametrize("text", ["", "3", "[]", "{", "[" * 100_000, '{"call": "\\ud800"}', "9" * 9999, "not json"])
def test_what_is_no_object_of_a_line_is_named(text: str) -> None:
    assert "line 2 is no update of a call: " in refused(text)


def test_what_a_line_lacks_is_named() -> None:
    facts = json.loads(line(UPDATES[1]))
    del facts["transport"]
    assert "transport: field required" in refused(json.dumps(facts))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("time", "soon", "time: input should be a valid number"),
        ("time", "<NaN>", "time: input should be a finite number"),
        ("time", "<1e400>", "time: input should be a finite number"),
        ("time", 1e300, "time: input should be less than or equal to"),
        ("time", -0.2, "time: input should be greater than or equal to 0"),
        ("llr", "x", "llr: input should be a valid number"),
        ("llr", "<Infinity>", "llr: input should be a finite number"),
        ("llr", 1e300, "llr: input should be less than or equal to"),
        ("llr", None, "a score has an llr where somebody is claimed"),
        ("llr", True, "llr: input should be a valid number"),
        ("score", 7.0, "score: input should be less than or equal to"),
        ("score", None, "either a score or the reason why there is none"),
        ("reason", "GAP", "either a score or the reason why there is none"),
        ("evidence", "<-Infinity>", "evidence: input should be a finite number"),
        ("horizon", -64, "horizon: input should be greater than or equal to 0"),
        ("horizon", 0, "a horizon where there is a score"),
        ("horizon", 64.5, "horizon: input should be a valid integer"),
        ("sequence", 0, "sequence: input should be greater than or equal to 1"),
        ("cuts", -1, "cuts: input should be greater than or equal to 0"),
        ("change", "<NaN>", "change: input should be a finite number"),
        ("change_llr", "<NaN>", "change_llr: input should be a finite number"),
        ("filler", 1.5, "filler: input should be less than or equal to 1"),
        ("decision", "FINE", "decision: input should be"),
        ("decision_changed", 1, "decision_changed: input should be a valid boolean"),
        ("x\n" * 999, 1, "x\\nx\\n"),
        ("likelihood", 1, "verdict.likelihood: extra inputs are not permitted"),
    ],
)
def test_a_verdict_that_no_service_tells_is_refused_before_it_is_decided(field: str, value: object, said: str) -> None:
    assert said in refused(with_verdict(**{field: value}))


def test_an_llr_without_a_score_is_refused() -> None:
    assert "an LLR without a score" in refused(with_verdict(UPDATES[2], llr=1.0))


def test_scores_that_run_back_are_refused_and_silence_that_was_told_early_is_not() -> None:
    late = replace(PARTICIPANT, verdict=replace(verdict(8), time=1.0))
    said = refused(with_verdict(UPDATES[1], sequence=9, time=0.8), [Update(Event.VERDICT, late)])
    assert "its time, 0.8 s, lies before 1 s" in said
    silent = replace(verdict(8, score=None, reason=Reason.GAP), time=1.0)
    before = Update(Event.VERDICT, replace(PARTICIPANT, verdict=silent))
    assert len(list(read([line(before), with_verdict(UPDATES[1], sequence=9, time=0.8)], "a record"))) == 2
    other = replace(late, participant="Eve")
    repeated = [Update(Event.VERDICT, late), Update(Event.VERDICT, other), UPDATES[1], Update(Event.LEFT, late)]
    assert list(read(map(line, repeated), "a record")) == repeated
