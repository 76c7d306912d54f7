"""Figures: what every system reaches on every slice, with 95 % intervals over drivers; and DET curves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainer.measures import Floats, error_rates, weighted_auc
from trainer.protocols import MEASURES, tells
from trainer.ranking import bootstrap_ranks
from trainer.tables.labels import Labels
from trainer.tables.readings import Readings
from trainer.tables.slices import Slice
from trainer.trials import Interval, Pairs, products

PROTOCOL = "The layout's protocol"
_SEED = 4


@dataclass(frozen=True)
class Figure:
    """One measure of one system on one row of a table."""

    table: str
    row: str
    system: str
    measure: str
    value: float | None
    """None: it cannot be measured; then there is no interval either."""
    low: float | None
    high: float | None
    on: str
    """How many trials, and what has to be known of the interval; or why there is no figure."""


@dataclass(frozen=True)
class Curve:
    """A DET curve: shares of impostor trials `accepted` and of genuine trials `missed`, (N,) each."""

    system: str
    words: str
    """Which trials."""
    accepted: Floats
    missed: Floats


def figures(labels: Labels, systems: Mapping[str, Readings], slices: Iterable[Slice]) -> list[Figure]:
    """AUC of every system and, of the first, EER and minDCF; without a value where a kind of trial is missing."""
    found = []
    for part in slices:
        for place, (system, readings) in enumerate(systems.items()):
            pairs = scored(labels, readings, part)
            measures = {"AUC": weighted_auc} if place else MEASURES
            if not tells(pairs):
                why = f"not measurable: {pairs.counted}"
                found += [Figure(part.table, part.row, system, name, None, None, None, why) for name in measures]
                continue
            intervals = bootstrap_ranks(pairs, measures, np.random.default_rng(_SEED))
            found += [_figure(part, system, name, interval, pairs) for name, interval in intervals.items()]
    return found


def scored(labels: Labels, readings: Readings, part: Slice) -> Pairs:
    """The scores of a slice's trials by one system's readings."""
    score = products(readings[part.reference], readings[part.test], part.trials)
    drivers = labels.driver[part.trials]
    return Pairs(score, drivers[:, 0] == drivers[:, 1], drivers)


def protocol_figures(metrics: Iterable[Mapping[str, Any]]) -> list[Figure]:
    """What trainer.verification.evaluate_videos found, as a table of its own."""
    found = []
    for metric in metrics:
        measure, _, row = metric["name"].partition(", ")
        values = (metric[part] for part in ("value", "low", "high", "on"))
        found.append(Figure(PROTOCOL, row, metric["system"], measure, *values))
    return found


def panels(labels: Labels, systems: Mapping[str, Readings], slices: Iterable[Slice]) -> dict[str, list[Curve]]:
    """DET curves by the title of their panel: every system on the first slice, and the first system on every slice."""
    telling = [part for part in slices if tells(scored(labels, next(iter(systems.values())), part))]
    ours = next(iter(systems))

    def curve(system: str, part: Slice) -> Curve:
        return det(system, part.row, scored(labels, systems[system], part))

    shown = {part.row: [curve(system, part) for system in systems] for part in telling[:1]}
    return shown | ({ours: [curve(ours, part) for part in telling]} if telling else {})


def det(system: str, words: str, pairs: Pairs) -> Curve:
    """The points at which one more genuine trial is missed: between them a curve of trials is a level line."""
    missed, accepted = error_rates(pairs.score, pairs.genuine, np.ones(len(pairs.score)))
    corners = np.flatnonzero(np.diff(missed, prepend=-1.0))
    return Curve(system, words, accepted[corners], missed[corners])


def _figure(part: Slice, system: str, measure: str, interval: Interval, pairs: Pairs) -> Figure:
    on = f"{pairs.counted}; {interval.remark}" if interval.remark else pairs.counted
    return Figure(part.table, part.row, system, measure, interval.value, interval.low, interval.high, on)
