"""What templates that follow calls gain and risk: guard's own rules of learning, on people of a bank.

Everybody enrols, calls in their first session, and is verified in the others, before and after. A bank has a minute of
each session, so a lesson of ten minutes plays pieces of it again; a template has room for no more windows than a minute
gives.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guard.core.calibration import Quality
from guard.core.scoring import directions
from guard.core.settings import Settings
from trainer.calibrate import cllr
from trainer.calls.bank import Person, Recording
from trainer.calls.fitting import applied
from trainer.calls.lessons import BEFORE, LESSON, Enrolment, School
from trainer.calls.scored import THINNED, identity
from trainer.measures import Measure, weighted_auc
from trainer.trials import Interval, Pairs, bootstrap

SEED = 47
REFERENCES = (1, 3)
"""Clips of 12 s that templates are made of before they follow calls."""
ROUNDS = 200
ANYTHING = -1.0
"""The score of whoever is the least like a template."""


@dataclass(frozen=True, eq=False)
class Verified:
    """W windows of calls against templates: cosine `score`, `llr` as guard has it, and who is claimed and who drives.

    Each recording has the same `weight` (W,).
    """

    score: NDArray[np.float64]
    llr: NDArray[np.float64]
    drivers: NDArray[np.int64]
    weight: NDArray[np.float64]

    @property
    def genuine(self) -> NDArray[np.bool_]:
        """(W,) whether the claimed person drives."""
        return np.asarray(self.drivers[:, 0] == self.drivers[:, 1])


class Adaptation:
    """A guard of these settings and the people of a bank, each of whom has rivals before their face."""

    def __init__(self, people: Sequence[Person], settings: Settings) -> None:
        self._people, self._settings = people, settings
        self._line = settings.calibration[max(settings.horizons)]
        self._least = -self._line.offset / self._line.slope  # as in guard.adapting

    def rows(self) -> Iterator[dict[str, Any]]:
        """For each number of references: what one's own call does, what others can teach, and what that does."""
        for references in REFERENCES:
            yield {"what": f"{references} references, own call", **self.gain(references)}
            for what, row in self.risks(references):
                yield {"what": f"{references} references, {what}", **row}

    def gain(self, references: int) -> dict[str, Any]:
        """What one's own call does, of those whose template it changes."""
        school = self._school(references)
        enrolled = self._enrolled(school, references)
        lessons = [(one, school.learned(one, [(_first(one.person), LESSON)])) for one in enrolled]
        changed = [(one, after) for one, learned in lessons if (after := one.after(learned, self._least)) is not one]
        counts = {"people": len(enrolled), "changed": len(changed)}
        if not changed:
            return counts
        before, after = (self._verified([pair[number] for pair in changed], self._people) for number in (0, 1))
        return counts | gained(before, after)

    def risks(self, references: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """How often guard learns of an impostor, and what they gain who are taken up: those it may, and all of them."""
        school = self._school(references)
        pairs = [(one, self._rival(one.person)) for one in self._enrolled(school, references)]
        called = [self._taught(school, one, other, 0.0) for one, other in pairs]
        taken = [self._taught(school, one, other, BEFORE) for one, other in pairs]
        agreeing = [(one, other) for one, other in pairs if self._forced(school, one, other, self._least) is not one]
        shares = {"impostor": sum(called), "takeover": sum(taken), "agree": len(agreeing)}
        yield "others", {"pairs": len(pairs)} | {name: count / len(pairs) for name, count in shares.items()}
        for what, some, least in (("those who agree", agreeing, self._least), ("anybody", pairs, ANYTHING)):
            if some:
                yield f"{what} taken up", self._shift([(*pair, self._forced(school, *pair, least)) for pair in some])

    def _taught(self, school: School, one: Enrolment, other: Person, before: float) -> bool:
        """Whether the template takes up anything of another's call, or of one they take over after so many seconds."""
        own = [(_first(one.person), before)] if before else []
        learned = school.learned(one, [*own, (_first(other), LESSON)])
        return one.after(learned, self._least) is not one

    def _forced(self, school: School, one: Enrolment, other: Person, least: float) -> Enrolment:
        """As if another's first session had been VERIFIED throughout."""
        return one.after(school.shown(_first(other)), least)

    def _school(self, references: int) -> School:
        """The same calls each time, whatever was played before."""
        return School(self._settings, np.random.default_rng([SEED, references]))

    def _enrolled(self, school: School, references: int) -> list[Enrolment]:
        found = [school.enrolled(person, references) for person in self._people]
        return [one for one in found if one is not None]

    def _rival(self, person: Person) -> Person:
        """The next one before the same face."""
        before_it = [other for other in self._people if other.face == person.face]
        return before_it[(before_it.index(person) + 1) % len(before_it)]

    def _shift(self, taken: Sequence[tuple[Enrolment, Person, Enrolment]]) -> dict[str, Any]:
        """How far templates went, and mean LLRs in later sessions: of the person, and of whose windows were added."""
        rows = []
        for one, other, after in taken:
            row = {"cosine": float(one.template @ after.template)}
            for who, person in (("genuine", one.person), ("impostor", other)):
                for when, enrolment in (("", one), ("_after", after)):
                    seen = self._verified([enrolment], [person])
                    row[f"{who}_llr{when}"] = float(np.average(seen.llr, weights=seen.weight))
            rows.append(row)
        return {"pairs": len(rows)} | {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}

    def _verified(self, enrolled: Sequence[Enrolment], drivers: Sequence[Person]) -> Verified:
        """Windows of all sessions but the first of these drivers against everybody enrolled before the same face."""
        parts = [
            self._windows(one, person, recording)
            for one in enrolled
            for person in drivers
            if person.face == one.person.face
            for recording in _later(person)
        ]
        return Verified(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _windows(self, one: Enrolment, person: Person, recording: Recording) -> tuple[NDArray, ...]:
        horizon = max(self._settings.horizons)
        column, kept = recording.column(horizon), np.flatnonzero(recording.scored(horizon))[::THINNED]
        score = (directions(recording.embedding[kept, column], self._settings.centre) @ one.template).astype(float)
        qualities = {
            Quality.MOTION: np.log(recording.motion[kept, column]),
            Quality.FILLER: recording.filler[kept, column],
            Quality.WINDOWS: np.full(len(kept), np.log(one.windows)),
            Quality.SMOOTHNESS: recording.smoothness[kept, column],
        }
        drivers = np.tile((identity(one.person), identity(person)), (len(kept), 1))
        return score, applied(self._line, score, qualities), drivers, np.full(len(kept), 1.0 / max(1, len(kept)))


def gained(before: Verified, after: Verified) -> dict[str, Any]:
    """AUC, Cllr and mean scores of the same windows, and how much they rose, with intervals over drivers."""
    auc = _rise(weighted_auc, before.score, after.score, before)
    cost = _rise(cllr, before.llr, after.llr, before)
    figures = {
        "auc": weighted_auc(before.score, before.genuine, before.weight),
        "auc_rise": auc.value,
        "auc_low": auc.low,
        "auc_high": auc.high,
        "cllr": cllr(before.llr, before.genuine, before.weight),
        "cllr_rise": cost.value,
        "cllr_low": cost.low,
        "cllr_high": cost.high,
    }
    for name, kept in (("genuine", before.genuine), ("impostor", ~before.genuine)):
        if kept.any():
            for when, seen in (("", before), ("_after", after)):
                figures[f"{name}_score{when}"] = float(np.average(seen.score[kept], weights=seen.weight[kept]))
    return figures | {"windows": len(before.score), "drivers": len(np.unique(before.drivers))}


def _rise(measure: Measure, before: NDArray[np.float64], after: NDArray[np.float64], windows: Verified) -> Interval:
    """The scores that are drawn again are the windows' numbers: both figures are then of the same windows."""

    def rise(number: NDArray, genuine: NDArray[np.bool_], weight: NDArray) -> float:
        drawn = number.astype(int)
        return measure(after[drawn], genuine, weight) - measure(before[drawn], genuine, weight)

    pairs = Pairs(np.arange(len(before), dtype=float), windows.genuine, windows.drivers)
    return bootstrap(pairs, rise, np.random.default_rng(SEED), ROUNDS, windows.weight)


def _first(person: Person) -> list[Recording]:
    """The performances of the session that teaches."""
    return next(iter(person.sessions().values()))


def _later(person: Person) -> list[Recording]:
    """Those of the others, in which people are verified."""
    return [recording for session in list(person.sessions().values())[1:] for recording in session]
