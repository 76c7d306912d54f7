"""From what mistakes cost to thresholds: never a cosine, and never a promise that was not measured.

A call is VERIFIED when that is expected to cost less than a check by hand, and its driver accused when that is: the two
costs are counted in checks. The accusations of genuine people are bounded besides, by what was seen in simulated calls.
"""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace

from guard.core.errors import SettingsError
from guard.core.items import Thresholds
from guard.core.session import SessionModel, reach

FALSE_ACCUSATIONS = "policy.false_accusations"
WATCHED = 300.0
"""Seconds within which a simulated call has to come to its decision: a delay of so many stands for never."""
HEADROOM = 1.0
"""Evidence beyond a threshold that is kept: at a limit nearer by, a single window would take a decision back."""
LEAST = 0.1
"""Of the evidence that a claim takes, either way, however cheap a mistake is: without any, nothing is claimed."""


@dataclass(frozen=True, slots=True)
class Point:
    """One threshold as it did in simulated calls. Rates are per 100 participant-hours, delays in seconds.

    `errors` are wrong decisions: a genuine person accused, or an impostor VERIFIED. `events` of them were seen, in
    `hours`; errors count one session more than had any, for the next one may. Delays are the median and the 95th
    percentile of rightful decisions, WATCHED where that is never, `reached` the share that came to one.
    """

    threshold: float
    errors: float
    delay_median: float
    delay_p95: float
    reached: float
    events: int
    hours: float


@dataclass(frozen=True, slots=True)
class Operating:
    """Measured points of each threshold; each list gets stricter from one to the next. Empty: not measured."""

    verify: tuple[Point, ...] = ()
    suspect: tuple[Point, ...] = ()
    change: tuple[Point, ...] = ()
    continuity: tuple[Point, ...] = ()

    def check(self) -> None:
        """Raises SettingsError for points that are none, or in no order."""
        for name in ("verify", "suspect", "change", "continuity"):
            points: tuple[Point, ...] = getattr(self, name)
            if not all(math.isfinite(value) and value >= 0 for point in points for value in astuple(point)[1:]):
                raise SettingsError(f"operating.{name}", "holds a value that is no number, or below 0")
            if any(point.reached > 1 for point in points):
                raise SettingsError(f"operating.{name}", "holds a share that is above 1")
            if any(point.threshold * (-1 if name == "suspect" else 1) < 0 for point in points):
                raise SettingsError(f"operating.{name}", "holds a threshold of the wrong sign")
            strict = [abs(point.threshold) for point in points]
            if not all(map(math.isfinite, strict)) or strict != sorted(strict):
                raise SettingsError(f"operating.{name}", "must go from lax to strict thresholds")


@dataclass(frozen=True, slots=True)
class Policy:
    """What an operator wants. What is None is left to the bundle.

    Costs are in checks by hand and above 1: of a genuine person accused, and of an impostor VERIFIED. `prior` is the
    share of participants who are genuine. `false_accusations` are per 100 hours of a genuine participant; with
    `continuity` they are promised of calls, too, that are compared with their own opening.
    """

    false_accusation_cost: float | None = None
    missed_impostor_cost: float | None = None
    prior: float = 0.9
    false_accusations: float | None = None
    continuity: bool = False

    def __post_init__(self) -> None:
        for name in ("false_accusation_cost", "missed_impostor_cost"):
            value = getattr(self, name)
            if value is not None and not 1 < value < math.inf:
                problem = f"{value} must be above 1: otherwise nobody need be checked by hand"
                raise SettingsError(f"policy.{name}", problem)
        if not 0 < self.prior < 1:
            raise SettingsError("policy.prior", f"{self.prior} must be above 0 and below 1")
        if self.false_accusations is not None and not 0 < self.false_accusations < math.inf:
            raise SettingsError("policy.false_accusations", f"{self.false_accusations} must be above 0")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Thresholds, and the measured points that they were picked from, by the name of the threshold."""

    thresholds: Thresholds
    points: dict[str, Point] = field(default_factory=dict)


def choose(policy: Policy, bundle: Thresholds, operating: Operating, model: SessionModel) -> Chosen:
    """The bundle's thresholds, made those of the policy.

    A false accusation comes of the evidence or of a change of driver, so each gets half of the rate. Raises
    SettingsError for a policy that no amount of evidence can reach, naming what can be.
    """
    verify, suspect = _bayes(policy, bundle)
    thresholds = replace(bundle, verify=verify, suspect=suspect)
    _check_reach(thresholds, model)
    points: dict[str, Point] = {}
    if policy.false_accusations is not None:
        points = _kept(policy.false_accusations, operating, thresholds.memory, model, continuity=policy.continuity)
        if policy.false_accusation_cost is not None and suspect < points["suspect"].threshold:
            del points["suspect"]
        picked = {name: point.threshold for name, point in points.items()}
        thresholds = replace(thresholds, **picked)
    return Chosen(with_room(thresholds), points)


def _kept(
    rate: float, operating: Operating, memory: float, model: SessionModel, *, continuity: bool
) -> dict[str, Point]:
    """What keeps the rate, by the name of the threshold. Raises SettingsError where nothing that was measured does."""
    least = least_rate(operating, memory, model, continuity=continuity)
    if rate < least:
        raise _out_of_reach(rate, least)
    points = {
        "suspect": _pick(_reachable(operating.suspect, memory, model), rate / 2),
        "change": _pick(operating.change, rate / 2),
    }
    if operating.continuity:
        # A caller may ask for it where the policy does not: then what errs least has to do.
        points["continuity"] = _pick(operating.continuity, max(rate, _least(operating.continuity)))
    return points


def with_room(thresholds: Thresholds) -> Thresholds:
    """The same, the bound of the evidence raised where it lies too near to what it has to reach."""
    needed = max(thresholds.verify, -thresholds.suspect) + HEADROOM
    return replace(thresholds, limit=max(thresholds.limit, needed))


def _bayes(policy: Policy, bundle: Thresholds) -> tuple[float, float]:
    """Where VERIFIED, and where an accusation, is expected to cost as much as a check by hand: verify and suspect."""
    genuine = math.log(policy.prior / (1 - policy.prior))
    missed, accused = policy.missed_impostor_cost, policy.false_accusation_cost
    verify = bundle.verify if missed is None else max(LEAST, math.log(missed - 1) - genuine)
    suspect = bundle.suspect if accused is None else min(-LEAST, -math.log(accused - 1) - genuine)
    return verify, suspect


def least_rate(operating: Operating, memory: float, model: SessionModel, *, continuity: bool) -> float:
    """The fewest false accusations in 100 participant-hours that a policy can ask for: any more can be had, too.

    With `continuity` those of calls that claim nobody are among them. Raises SettingsError where nothing was measured.
    """
    accusing = {
        "suspect": 2 * _least(_reachable(operating.suspect, memory, model)),
        "change": 2 * _least(operating.change),
    }
    if continuity and operating.continuity:
        accusing["continuity"] = _least(operating.continuity)
    for name, least in accusing.items():
        if least == math.inf:
            problem = f"cannot be promised: the bundle does not say how often a threshold {name} errs that is reached"
            raise SettingsError(
                FALSE_ACCUSATIONS, problem, "leave the setting out, or run trainer simulate-calls for it"
            )
    return max(accusing.values())


def _out_of_reach(asked: float, least: float) -> SettingsError:
    problem = (
        f"{asked:g} in 100 participant-hours is out of reach: the least that measured thresholds keep is {least:.3g}"
    )
    return SettingsError(FALSE_ACCUSATIONS, problem, f"ask for {rounded_up(least):g} or more")


def rounded_up(rate: float) -> float:
    """To three digits, and never below: what is told can be asked for."""
    step = 10.0 ** (math.floor(math.log10(rate)) - 2)
    steps = math.ceil(rate / step)
    return next(told for told in (float(f"{(steps + more) * step:.3g}") for more in (0, 1, 2)) if told >= rate)


def _least(points: Sequence[Point]) -> float:
    return min((point.errors for point in points), default=math.inf)


def _reachable(points: Sequence[Point], memory: float, model: SessionModel) -> list[Point]:
    """Those of the evidence against the driver that one in twenty impostors' calls comes to."""
    low, _ = reach(memory, model)
    return [point for point in points if point.threshold >= low]


def _pick(points: Sequence[Point], errors: float) -> Point:
    """The first point, from the laxest on, with no more errors than that; one there must be."""
    return next(point for point in points if point.errors <= errors)


def _check_reach(thresholds: Thresholds, model: SessionModel) -> None:
    """Raise SettingsError for a threshold that not one in twenty calls comes to, however long it lasts."""
    low, high = reach(thresholds.memory, model)
    if thresholds.verify > high:
        problem = f"asks for an evidence of {thresholds.verify:.2f}, and 19 of 20 genuine calls never pass {high:.2f}"
        raise SettingsError("policy.missed_impostor_cost", problem, "lower it: no amount of video says more")
    if thresholds.suspect < low:
        problem = (
            f"asks for an evidence of {thresholds.suspect:.2f}, and 19 of 20 impostors' calls stay above {low:.2f}"
        )
        raise SettingsError("policy.false_accusation_cost", problem, "lower it: no amount of video says more")
