"""Claims of those who appeared, judged as guard judges them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from guard.core.items import Decision, Floats
from guard.core.judge import Judge
from trainer.attacks.filming import Appearance, Person


@dataclass(frozen=True, eq=False)
class Claim:
    """Driver `who` claims to be `claimed` for one clip: `llr` (n,) of its full windows, and the decision at its end."""

    who: int
    claimed: int
    llr: Floats
    due: int
    """Full windows, those without a score too."""
    decision: Decision

    @property
    def genuine(self) -> bool:
        return self.who == self.claimed


def claims(people: Sequence[Person], seen: Iterable[Appearance], judge: Judge, horizon: int) -> Iterator[Claim]:
    """Who appears as somebody claims to be them; all others, to be themselves and everybody of the same face."""
    for one in seen:
        alike = [other for other in range(len(people)) if people[other].face == people[one.who].face]
        for claimed in alike if one.aim is None else [one.aim]:
            yield _judged(one, claimed, people[claimed], judge, horizon)


def _judged(one: Appearance, claimed: int, person: Person, judge: Judge, horizon: int) -> Claim:
    stream = judge.open(person.template, windows=person.windows)
    verdicts = [judge.judge(stream, measurement) for measurement in one.seen]
    llr = [told.llr for told in verdicts if told.llr is not None and told.horizon == horizon]
    full = sum(measurement.horizon == horizon for measurement in one.seen)
    return Claim(one.who, claimed, np.array(llr), full, verdicts[-1].decision)
