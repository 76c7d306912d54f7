"""Simulated calls: curves to choose thresholds from, and what the chosen ones do to people they were not chosen on."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from guard.core.errors import SettingsError
from guard.core.items import Thresholds
from guard.core.policy import Operating, Point, Policy, choose, least_rate
from guard.core.settings import Settings
from trainer.calls.bank import Person
from trainer.calls.calibrating import halves
from trainer.calls.curves import CHANGE, SUSPECT, VERIFY, curve, of_evidence, of_suspicion, open_ended
from trainer.calls.outcomes import Outcome, outcome, summary
from trainer.calls.scenes import Played, Scene, Simulator, genuine_calls, scenes

SEED = 41
HOURLY = 100.0
"""False accusations per 100 participant-hours beyond which nothing is chosen."""


def played(
    people: Sequence[Person], settings: Settings, hours: float, seed: int, *, continuity: bool = False
) -> Iterator[Played]:
    """`hours` of genuine calls, and for each hour a call with an impostor from the start and a take-over.

    Every scene gets its turn before any gets another.
    """
    rng, stage = np.random.default_rng([SEED, seed]), scenes(people, max(settings.horizons), settings.centre)
    simulator = Simulator(settings, rng, continuity=continuity)
    for number in range(genuine_calls(hours)):
        if number % len(stage) == 0:
            order: list[Scene] = [stage[place] for place in rng.permutation(len(stage))]
        scene = order[number % len(stage)]
        yield simulator.genuine(scene)
        if scene.others and number % 2 == 0:
            yield simulator.takeover(scene)
            if not continuity:
                yield simulator.impostor(scene)


def operating(people: Sequence[Person], settings: Settings, hours: float) -> Operating:
    """Curves of every threshold, each as if it were the only one that accuses."""
    open_settings = replace(settings, thresholds=open_ended(settings.thresholds))
    dwell = settings.thresholds.dwell
    against: dict[str, list] = {"genuine": [], "impostor": [], "takeover": []}
    for one in played(people, open_settings, hours, seed=1):
        kind = "genuine" if one.since is None else "takeover" if one.since else "impostor"
        against[kind].append(
            (
                of_evidence(one, VERIFY, dwell, 1.0),
                of_evidence(one, SUSPECT, dwell, -1.0),
                of_suspicion(one, CHANGE),
            )
        )
    called = {"genuine": [], "takeover": []}
    if settings.continuity is not None:
        for one in played(people, open_settings, hours, seed=2, continuity=True):
            called["genuine" if one.since is None else "takeover"].append(of_suspicion(one, CHANGE))
    genuine, impostor, takeover = (list(zip(*against[kind], strict=True)) for kind in against)
    suspect = curve(SUSPECT, genuine[1], impostor[1])
    return Operating(
        verify=curve(VERIFY, impostor[0], genuine[0]),
        suspect=tuple(replace(point, threshold=-point.threshold) for point in suspect),
        change=curve(CHANGE, genuine[2], takeover[2]),
        continuity=curve(CHANGE, called["genuine"], called["takeover"]) if called["genuine"] else (),
    )


@dataclass(frozen=True)
class Simulated:
    """What false accusations per 100 participant-hours take, and what came of it."""

    rate: float
    """What was asked for, or the least that the calls of those whom thresholds were chosen by would give."""
    operating: Operating
    """Curves on the drivers that thresholds were chosen by."""
    thresholds: Thresholds
    found: dict[str, dict[str, Any]]
    """Figures by kind of driver, of others than the thresholds were chosen by; also where nobody is claimed."""
    chosen_by: int
    """How many drivers the thresholds were chosen by, whose calls the curves are of."""

    def rows(self) -> Iterator[dict[str, Any]]:
        """The thresholds, and all figures."""
        yield {"what": "thresholds", "promised_per_100h": self.rate, **asdict(self.thresholds)}
        for what, figures in self.found.items():
            yield {"what": what, **figures}

    def delays(self) -> dict[str, tuple[tuple[Point, ...], float]]:
        """The curves of thresholds that accuse, each with the threshold that was chosen on it."""
        curves, chosen = self.operating, self.thresholds
        return {
            "impostor from the start": (curves.suspect, chosen.suspect),
            "take-over": (curves.change, chosen.change),
            "take-over, nobody claimed": (curves.continuity, chosen.continuity),
        }

    def figures(self) -> dict[str, Any]:
        """Those that count most, by kind of driver."""
        names = ("delay_median_s", "delay_p95_s", "false_accusations_per_100h", "hours", "events", "people", "pairs")
        promised = {"promised_per_100h": self.rate}
        return {kind: promised | {name: self.found[kind][name] for name in names} for kind in self.found}


def simulate(
    people: Sequence[Person], settings: Settings, hours: float, rate: float, *, exchanged: bool = False
) -> Simulated:
    """Thresholds chosen in `hours` of calls of half of the procedural people, tried on the others and on real ones.

    `exchanged`: chosen on those who are otherwise tried; so must be what the settings were fitted on.
    """
    fitting, testing = halves(people, exchanged=exchanged)
    real = [person for person in people if person.kind == "real"]
    curves = operating(fitting, settings, hours)
    rate, chosen = chosen_for(rate, settings, curves)
    decided, found = replace(settings, thresholds=chosen), {}
    for kind, some, amount in (("procedural", testing, hours), ("real", real, hours / 5)):
        if scenes(some, max(settings.horizons), settings.centre):
            found |= _figures(kind, [outcome(one) for one in played(some, decided, amount, seed=3)])
    if settings.continuity is not None:
        calls = played(testing, decided, hours / 2, seed=4, continuity=True)
        found |= _figures("procedural, nobody claimed", [outcome(one) for one in calls])
    return Simulated(rate, curves, chosen, found, len(fitting))


def _figures(kind: str, outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """Of all calls, and where some are spoilt and others not also of either."""
    found = {kind: summary(outcomes)}
    parts = {name: [one for one in outcomes if one.spoilt is spoilt] for name, spoilt in _PARTS}
    if all(parts.values()):
        found |= {f"{kind}, {name}": summary(part) for name, part in parts.items()}
    return found


_PARTS = (("ordinary", False), ("spoilt", True))


def chosen_for(rate: float, settings: Settings, curves: Operating) -> tuple[float, Thresholds]:
    """The bundle's thresholds, those that accuse made to err `rate` times in 100 participant-hours.

    The evidence may err half as often, as by a policy, and a change of driver as often as it leaves, so that take-overs
    are told as soon as the rate allows. (A policy does not pass on what is left: of two rates the lower might then have
    the laxer threshold.) Of few people one session more than erred is much: where `rate` is out of reach, the least
    that can be had takes its place. Returns that rate, too. Raises SettingsError where it is beyond HOURLY.
    """
    model = settings.sessions[max(settings.horizons)]
    least = least_rate(curves, settings.thresholds.memory, model, continuity=False)
    if least > max(rate, HOURLY):
        raise SettingsError(
            "--rate",
            f"{rate:g} is out of reach, and so is {HOURLY:g}",
            "give more --drivers, or more --hours where they are few",
        )
    rate = max(rate, least)
    chosen = choose(Policy(false_accusations=rate), settings.thresholds, curves, model)
    left = rate - chosen.points["suspect"].errors
    change = next(point.threshold for point in curves.change if point.errors <= left)
    return rate, replace(chosen.thresholds, change=change)
