"""A call on record: one JSON object a line, with all that is needed to decide it again, and no embedding or picture.

{"format": 1, "event": "JOINED" | "VERDICT" | "LEFT", "call", "participant", "claim", "transport", "opened_at" (ISO
8601), "link", "verdict": null or every field of guard.core.items.Verdict by its name}

Whoever writes a backend can write a record, so nothing in it is believed that no service tells: a number that is none
would decide something all the same.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from guard.core.errors import InputError, in_a_line
from guard.core.items import Cut, Decision, Reason, Verdict
from guard.updates import Event, Link, Participant, Update

FORMAT = 1

Key = tuple[str, str, datetime]
"""Names a stream of a record: call, participant, and when it was opened."""
Number = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
"""Of what is measured; far beyond what any bundle says, and near enough that sums and squares of it stay numbers."""
Count = Annotated[int, Field(ge=0, lt=1 << 63)]


class _Verdict(BaseModel):
    """A verdict as it is written: the fields of Verdict."""

    model_config = ConfigDict(strict=True, extra="forbid")

    time: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
    score: Annotated[float, Field(ge=-1.001, le=1.001, allow_inf_nan=False)] | None  # a cosine, rounded to 32 bits
    llr: Number | None
    evidence: Number
    decision: Decision
    reason: Reason | None
    horizon: Annotated[int, Field(ge=0, le=100_000)]
    sequence: Annotated[int, Field(ge=1, lt=1 << 63)]
    cuts: Count
    last_cut: Cut | None
    model_id: str
    decision_changed: bool
    change: Annotated[Number, Field(ge=0)] = 0.0
    change_llr: Number | None = None
    motion: Annotated[Number, Field(ge=0)] | None = None
    filler: Annotated[float, Field(ge=0, le=1)] | None = None
    withheld: Decision | None = None
    mirror_check_pending: bool = False

    @model_validator(mode="after")
    def _check(self) -> "_Verdict":
        if (self.score is None) is (self.reason is None):
            raise PydanticCustomError("score", "has to have either a score or the reason why there is none")
        if (self.score is None) is not (self.horizon == 0):
            raise PydanticCustomError("horizon", "has to have a horizon where there is a score, and 0 where none is")
        if self.score is None and (self.llr is not None or self.change_llr is not None):
            raise PydanticCustomError("llr", "has an LLR without a score")
        return self


class _Line(BaseModel):
    """An update as it is written."""

    model_config = ConfigDict(strict=True)

    format: Literal[1]
    event: Event
    call: str
    participant: str
    claim: str
    transport: str
    opened_at: datetime
    link: Link = Link.CONNECTING
    verdict: _Verdict | None

    @model_validator(mode="after")
    def _check(self) -> "_Line":
        if self.verdict is None and self.event is Event.VERDICT:
            raise PydanticCustomError("verdict", "a VERDICT has to have a verdict")
        scored = self.verdict if self.verdict is not None and self.verdict.score is not None else None
        if scored is not None and (scored.llr is None) is not (self.claim == ""):
            raise PydanticCustomError("llr", "a score has an llr where somebody is claimed, and only there")
        return self


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
    """The updates of a record. Raises InputError that says which line of `name` is none, and what is wrong with it."""
    scored: dict[Key, tuple[int, float]] = {}  # the newest verdict of each stream with a score: sequence and time
    for number, text in enumerate(lines, 1):
        try:
            update = _update(_Line.model_validate_json(text))
        except ValidationError as error:
            problem = f"line {number} is no update of a call: {_mistake(error)}"
            raise InputError(name, problem, "record calls with `guard watch --record`") from None
        verdict = update.participant.verdict
        if verdict is not None and verdict.score is not None:
            key = key_of(update.participant)
            sequence, time = scored.get(key, (0, 0.0))
            if verdict.sequence > sequence and verdict.time < time:  # without a score it may: frames that were held up
                problem = f"line {number} cannot follow: its time, {verdict.time:g} s, lies before {time:g} s"
                raise InputError(name, problem, "keep the lines of a stream in order")
            scored[key] = max((sequence, time), (verdict.sequence, verdict.time))
        yield update


def key_of(one: Participant) -> Key:
    """Which stream of the record that is."""
    return one.call, one.participant, one.opened_at


def _mistake(error: ValidationError) -> str:
    """The first thing that is wrong with a line, in a sentence of one line."""
    first = error.errors()[0]
    where, said = ".".join(map(str, first["loc"])), first["msg"][0].lower() + first["msg"][1:]
    if first["loc"] == ("format",) and first["type"] == "literal_error":
        where, said = "", f"format {first['input']!r} is not {FORMAT}, which this program reads"
    return in_a_line((f"{where}: " if where else "") + said.replace(" at line 1 column", " at column"), 200)


def _update(one: _Line) -> Update:
    participant = Participant(
        key="",
        call=one.call,
        participant=one.participant,
        claim=one.claim,
        transport=one.transport,
        opened_at=one.opened_at,
        verdict=None if one.verdict is None else Verdict(**dict(one.verdict)),
        link=one.link,
    )
    return Update(one.event, participant)
