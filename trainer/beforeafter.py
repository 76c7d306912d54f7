"""What tuning changed: the same trials scored by two bundles, and whether the difference is more than chance."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trainer.measures import Floats, Measure, equal_error_rate, weighted_auc
from trainer.protocols import tells
from trainer.trials import LEAST_IDENTITIES, Interval, Pairs, bootstrap, bounds

MEASURES: dict[str, tuple[Measure, int]] = {"AUC": (weighted_auc, 1), "EER": (equal_error_rate, -1)}
"""Each with the sign of a change for the better."""
_SEED = 4


@dataclass(frozen=True)
class Change:
    """One measure on the same trials before and after, and their difference with its own interval."""

    name: str
    before: Interval
    after: Interval
    difference: Interval
    drivers: int
    sign: int

    @property
    def verdict(self) -> str:
        """In a word, by the interval of the difference: those of the two figures may overlap and it still be one."""
        if self.difference.low is None or self.difference.high is None:
            return "too few people to tell"
        low, high = sorted((self.sign * self.difference.low, self.sign * self.difference.high))
        return "better" if low > 0 else "worse" if high < 0 else "no difference beyond chance"


def changes(before: Mapping[str, Pairs], after: Mapping[str, Pairs]) -> list[Change]:
    """AUC and EER of each kind of trial that tells something; both mappings hold the same trials in the same order."""
    return [
        _change(f"{name}, {words}", before[words], after[words], measure, sign)
        for words in before
        if tells(before[words])
        for name, (measure, sign) in MEASURES.items()
    ]


def untold(trials: Mapping[str, Pairs]) -> list[str]:
    """Why of some kinds of trial there is no change to tell, a sentence each."""
    return [
        f"{' and '.join(MEASURES)}, {words}: there are {pairs.counted}."
        for words, pairs in trials.items()
        if not tells(pairs)
    ]


def measured(pairs: Pairs) -> dict[str, Interval]:
    """Each measure of the pairs, by its name."""
    return {name: bootstrap(pairs, by, np.random.default_rng(_SEED)) for name, (by, _) in MEASURES.items()}


def _change(name: str, before: Pairs, after: Pairs, measure: Measure, sign: int) -> Change:
    one, other = (bootstrap(pairs, measure, np.random.default_rng(_SEED)) for pairs in (before, after))

    def difference(place: Floats, genuine: np.ndarray, weight: Floats) -> float:
        at = place.astype(int)
        return measure(after.score[at], genuine, weight) - measure(before.score[at], genuine, weight)

    # The bootstrap hands on scores in an order of its own: the trials' places go in for them, to find both scores by.
    places = Pairs(np.arange(len(before.score), dtype=float), before.genuine, before.drivers, before.faces)
    both = bootstrap(places, difference, np.random.default_rng(_SEED))
    return Change(name, one, other, both, len(np.unique(before.drivers)), sign)


def table(found: Sequence[Change]) -> Iterator[str]:
    """Lines of Markdown."""
    yield "| | before | after | change | |"
    yield "|---|---|---|---|---|"
    for change in found:
        moved = f"{change.difference.value:+.3f} ({bounds(change.difference.low, change.difference.high, '+.3f')})"
        yield f"| {change.name} | {_words(change.before)} | {_words(change.after)} | {moved} | {change.verdict} |"


def beside(systems: Mapping[str, Mapping[str, Pairs]]) -> Iterator[str]:
    """AUC of trials that tell something by other systems, a column each; all hold the same trials. Markdown."""
    yield _row("AUC", *systems)
    yield _row(*["---"] * (len(systems) + 1))
    for words, pairs in next(iter(systems.values())).items():
        if tells(pairs):
            yield _row(words, *(_words(measured(trials[words])["AUC"]) for trials in systems.values()))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def advice(people: Sequence[Change], world: Sequence[Change]) -> str:
    """Which of the two to use, as far as the figures say it; nothing is chosen silently."""
    verdicts = [change.verdict for change in people]
    if "too few people to tell" in verdicts:
        return f"Fewer than {LEAST_IDENTITIES} people are held out: whether the tuned bundle is better cannot be told."
    if "worse" in verdicts or "better" not in verdicts:
        return "The tuned bundle is NOT better on the people held out, beyond chance: keep the one it started from."
    if "worse" in [change.verdict for change in world]:
        return "The tuned bundle is better on the people held out, and worse on others: use it for your people only."
    return "The tuned bundle is better on the people held out, beyond chance."


def _words(interval: Interval) -> str:
    return f"{interval.value:.3f} ({bounds(interval.low, interval.high)})"
