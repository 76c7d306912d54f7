"""What a recorded call would have come to under another policy: the same findings, concluded anew.

Nothing is measured again, so scores and likelihood ratios stay those of the bundle that measured. Whatever is decided
follows from the record and the settings alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from guard.core.decision import ACCUSATIONS
from guard.core.errors import InputError, in_a_line
from guard.core.finding import Finding
from guard.core.items import Cut, Reason, Verdict
from guard.core.judge import Judge
from guard.core.settings import Settings
from guard.core.stream import Stream
from guard.core.turning import held_back
from guard.recorded import Key, key_of
from guard.updates import Event, Update

_SOMEBODY = np.eye(1, 256, dtype=np.float32)[0]
"""Stands for the template, which no record has and no conclusion looks at."""
_UNKNOWN = (Reason.NOT_ENROLLED, Reason.NEEDS_REENROLMENT, Reason.OPTED_OUT)


@dataclass(slots=True)
class _Seen:
    """One stream of the record."""

    stream: Stream
    claim: str
    # The reason by which nobody was compared with; None while somebody was.
    unknown: Reason | None
    sequence: int = 0
    # The newest verdict as it would have been.
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Redecided:
    """An update as it would have been, and its verdict as `recorded`: None where it has none, or one told before.

    `missing` verdicts before it are not on record.
    """

    update: Update
    recorded: Verdict | None
    missing: int = 0

    @property
    def verdict(self) -> Verdict | None:
        """As it would have been."""
        return self.update.participant.verdict

    @property
    def differs(self) -> bool:
        """Whether another decision was recorded."""
        then, now = self.recorded, self.verdict
        return then is not None and now is not None and then.decision is not now.decision


def redecide(updates: Iterable[Update], settings: Settings) -> Iterator[Redecided]:
    """The record as it would have been: updates with their verdicts decided anew, each verdict once.

    Raises InputError for a verdict that another model measured, or cannot have.
    """
    judge, seen = Judge(settings), dict[Key, _Seen]()
    for number, update in enumerate(updates, 1):  # one a line
        one, verdict = update.participant, update.participant.verdict
        key = key_of(one)
        if verdict is None:
            yield Redecided(update, None)
            continue
        if (problem := _misfit(verdict, judge, settings)) is not None:
            raise InputError("the record", f"line {number} {problem}", "name its --bundle")
        if key not in seen:
            seen[key] = _opened(judge, one.claim, verdict)
        known, missing = seen[key], 0
        # It was told before where somebody joins or leaves, or where two watches wrote the record.
        if news := verdict.sequence > known.sequence:
            _follow(judge, known, one.claim, verdict)
            missing, known.sequence = verdict.sequence - known.sequence - 1, verdict.sequence
            known.verdict = _concluded(judge, known.stream, verdict)
        if news or update.event is not Event.VERDICT:
            again = replace(update, participant=replace(one, verdict=known.verdict))
            yield Redecided(again, verdict if news else None, missing)


def _misfit(verdict: Verdict, judge: Judge, settings: Settings) -> str | None:
    """Why the model of the settings cannot have measured that; None where it can."""
    if verdict.model_id != settings.model_id:
        return f"was measured by {in_a_line(verdict.model_id, 100)}, not by {settings.model_id}"
    if verdict.score is not None and verdict.horizon not in settings.horizons:
        return f"has a window of {verdict.horizon} frames, which {settings.model_id} never scores"
    if verdict.score is not None and verdict.llr is None and not judge.follows:
        return f"has a score of who claims nobody, which {settings.model_id} never gives"
    return None


def _opened(judge: Judge, claim: str, verdict: Verdict) -> _Seen:
    unknown = _unknown(verdict)
    template = _SOMEBODY if claim and unknown is None else None
    out = unknown is Reason.OPTED_OUT
    return _Seen(judge.open(template, opted_out=out, continuity=not claim and unknown is None), claim, unknown)


def _follow(judge: Judge, known: _Seen, claim: str, verdict: Verdict) -> None:
    """Let what happened to the claim happen to the stream."""
    unknown = _unknown(verdict)
    if (unknown is Reason.OPTED_OUT) is not known.stream.opted_out:
        judge.set_opted_out(known.stream, unknown is Reason.OPTED_OUT)
    if (claim, unknown) != (known.claim, known.unknown):
        judge.follow(known.stream, not claim and unknown is None)
        judge.set_template(known.stream, _SOMEBODY if claim and unknown is None else None)
        known.claim, known.unknown = claim, unknown
    if unknown is not None:
        judge.set_missing(known.stream, unknown)
    if verdict.last_cut is Cut.MIRRORED and verdict.cuts != known.stream.cuts:
        judge.begin_anew(known.stream)


def _unknown(verdict: Verdict) -> Reason | None:
    return verdict.reason if verdict.reason in _UNKNOWN else None


def _concluded(judge: Judge, stream: Stream, verdict: Verdict) -> Verdict:
    stream.cuts, stream.last_cut = verdict.cuts, verdict.last_cut
    finding = Finding(
        time=verdict.time,
        run=verdict.cuts,
        horizon=verdict.horizon,
        score=verdict.score,
        llr=verdict.llr,
        change_llr=verdict.change_llr,
        reason=verdict.reason,
        motion=verdict.motion,
        filler=verdict.filler,
    )
    told = stream.told
    concluded = judge.conclude(stream, finding)
    if verdict.mirror_check_pending and stream.standing.decision in ACCUSATIONS:
        concluded = held_back(stream, told, concluded)  # as it waited then
    return replace(concluded, sequence=verdict.sequence)
