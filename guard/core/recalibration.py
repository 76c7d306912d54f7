"""From what analysts found to a tenant's thresholds: how much oftener its people are accused falsely than was measured.

False accusations are taken to be Poisson, of mean `ratio` times what was to be expected of the hours that were watched:
each hour at the rate that simulated calls gave for the thresholds that held in it. The prior of the ratio is a Gamma of
mean 1 that weighs as much as PRIOR accusations, so the posterior is a Gamma too (Gelman et al., Bayesian Data Analysis,
3rd ed., section 2.6), and a few events change little. Thresholds are then picked as if the bundle had erred that often.
"""

import math
from dataclasses import dataclass, replace

from guard.core.items import Thresholds
from guard.core.policy import Operating, Point, with_room
from guard.core.session import SessionModel, reach

PRIOR = 4.0
"""False accusations that the measured rate outweighs."""
NEEDED = 5
"""Accusations that must have been looked at, and half of all: the ones that are open may be of the other kind."""
MOST = 10.0
"""Of the strictness: who marks everything false must not silence the guard altogether."""
GAIN = 0.95
"""A stricter threshold tells later, so it has to err less by this much: in between, only the hours differ."""
ONE_IN_TWENTY = 0.05
HALVINGS = 60
_ACCUSING = ("suspect", "change", "continuity")
_HOURS = 100.0
"""Rates of the operating points are per so many participant-hours."""


@dataclass(frozen=True, slots=True)
class Rates:
    """False accusations to be expected of an hour of a genuine participant: of who is enrolled, and of who is not."""

    claimed: float
    followed: float


@dataclass(frozen=True, slots=True)
class Basis:
    """What a tenant's thresholds are picked from: those of the operator's policy, and what was measured of others.

    `promised` are the policy's false accusations in 100 participant-hours; None: what was measured of `thresholds`.
    """

    thresholds: Thresholds
    operating: Operating
    model: SessionModel
    promised: float | None = None

    def stricter(self, strictness: float) -> Thresholds:
        """Thresholds that keep the promise though the bundle errs `strictness` times as often as was measured.

        Never laxer than the operator's. Where nothing that was measured errs so seldom, what errs least of that.
        """
        if strictness <= 1:
            return self.thresholds
        return with_room(replace(self.thresholds, **{name: self._picked(name, strictness)[0] for name in _ACCUSING}))

    def keeps(self, strictness: float) -> bool:
        """Whether something that was measured errs so seldom, for each threshold of which anything was."""
        return strictness <= 1 or all(self._picked(name, strictness)[1] for name in _ACCUSING)

    def rates(self, thresholds: Thresholds) -> Rates | None:
        """What was measured of these thresholds; None where nothing was.

        Half an event is added to those that were seen: none in a hundred hours is not never.
        """
        suspect, change, continuity = (
            measured_at(self.operating, name, getattr(thresholds, name)) for name in _ACCUSING
        )
        if suspect is None or change is None:
            return None
        return Rates(_hourly(suspect) + _hourly(change), 0.0 if continuity is None else _hourly(continuity))

    def _picked(self, name: str, strictness: float) -> tuple[float, bool]:
        """The threshold, and whether what was measured of it is little enough."""
        picked: float = getattr(self.thresholds, name)
        points: tuple[Point, ...] = getattr(self.operating, name)
        if not points:
            return picked, True
        present = measured_at(self.operating, name, picked) or points[0]
        allowed = self._allowed(name, present) / strictness
        least = present.errors
        for point in points:
            if least <= allowed:
                break
            stricter = abs(point.threshold) > abs(picked) and self._reachable(point)
            if stricter and point.errors <= GAIN * least:
                picked, least = point.threshold, point.errors
        return picked, least <= allowed

    def _allowed(self, name: str, present: Point) -> float:
        """False accusations in 100 hours that this threshold may come to: half of the promise each, as the policy's."""
        if self.promised is not None:
            return self.promised if name == "continuity" else self.promised / 2
        return present.errors

    def _reachable(self, point: Point) -> bool:
        """Whether one in twenty impostors' calls comes to it, as was measured, and of the evidence by the model, too.

        A threshold that none comes to would accuse nobody at all.
        """
        low, _ = reach(self.thresholds.memory, self.model)
        return point.reached >= ONE_IN_TWENTY and point.threshold >= low


@dataclass(frozen=True, slots=True)
class Found:
    """Accusations of a tenant's participants by what analysts found them to be, in `hours` of them that were scored.

    `expected` false ones were to be expected in these hours.
    """

    hours: float
    expected: float
    false: int
    confirmed: int
    open: int

    @property
    def missing(self) -> int:
        """Dispositions without which nothing is concluded; 0 once there are enough."""
        looked_at = self.false + self.confirmed
        return max(0, max(NEEDED, math.ceil((looked_at + self.open) / 2)) - looked_at)


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many times as many false accusations there are as were measured: mean, and an interval of 95 %.

    `strictness` is what thresholds are picked with for it: the mean, but never below 1 nor above MOST.
    """

    ratio: float
    low: float
    high: float

    @property
    def strictness(self) -> float:
        """From 1, the operator's own thresholds, to MOST."""
        return min(MOST, max(1.0, self.ratio))


def estimate(found: Found) -> Estimate:
    """What the dispositions say; those that were confirmed, or are open, move nothing."""
    shape, rate = PRIOR + found.false, PRIOR + found.expected
    return Estimate(shape / rate, gamma_quantile(0.025, shape) / rate, gamma_quantile(0.975, shape) / rate)


def gamma_quantile(share: float, shape: float) -> float:
    """Where the distribution function of a Gamma of scale 1 comes to `share`, 0..1."""
    low, high = 0.0, shape + 20 * math.sqrt(shape) + 20
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if gamma_below(middle, shape) >= share else (middle, high)
    return high


def gamma_below(value: float, shape: float) -> float:
    """Distribution function of a Gamma of scale 1: the series of NIST's Digital Library, 8.7.1, all terms positive."""
    if value <= 0:
        return 0.0
    term = total = 1.0
    step = shape
    while term > total * 1e-16:
        step += 1
        term *= value / step
        total += term
    return min(1.0, total * math.exp(shape * math.log(value) - value - math.lgamma(shape + 1)))


def measured_at(operating: Operating, name: str, threshold: float) -> Point | None:
    """The measured point of a threshold that was not picked from one: the strictest that is not stricter."""
    points: tuple[Point, ...] = getattr(operating, name)
    laxer = [point for point in points if abs(point.threshold) <= abs(threshold)]
    return laxer[-1] if laxer else None


def _hourly(point: Point) -> float:
    return (point.events + 0.5) / point.hours if point.hours > 0 else point.errors / _HOURS
