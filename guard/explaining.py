"""A policy in words, with what is to be expected of it: `guard policy explain`."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp

from guard.bundle import Bundle
from guard.core.change import STRETCHES
from guard.core.items import FPS, Thresholds
from guard.core.policy import WATCHED, Operating, Point
from guard.core.recalibration import measured_at
from guard.core.session import ASSUMED, SessionModel, share_beyond
from guard.core.settings import OPENING
from guard.policy import PolicySettings, basis, chosen, session_model


@dataclass(frozen=True, slots=True)
class Explained:
    """One threshold: its `name`, its value in natural-log units, what it does in a sentence, and what was measured.

    `origin` is "tenant", "policy" or "bundle". `point` is None where no simulated call says anything of it.
    """

    name: str
    value: float
    origin: str
    sentence: str
    point: Point | None


def explain(bundle: Bundle, policy: PolicySettings, strictness: float = 1.0) -> list[Explained]:
    """The thresholds of the policy, for a tenant of that strictness. SettingsError for a policy that cannot be kept."""
    choice = chosen(bundle, policy)
    operators, now = choice.thresholds, basis(bundle, policy).stricter(strictness)
    told = []
    for name, sentence in _sentences(bundle, policy, now):
        value = getattr(now, name)
        origin = "bundle" if value == getattr(bundle.thresholds, name) else "policy"
        point = choice.points.get(name)
        if value != getattr(operators, name):
            origin, point = "tenant", None
        point = point or _measured(bundle.operating, name, value)
        if name == "continuity" and policy.opening_seconds != OPENING:
            point = None  # simulated calls are compared with an opening of that length
        told.append(Explained(name, value, origin, sentence, point))
    return told


def _measured(operating: Operating, name: str, value: float) -> Point | None:
    """What holds of a threshold: that of a laxer one next to it, nothing beyond the strictest that was tried."""
    points: tuple[Point, ...] = getattr(operating, name)
    beyond = not points or abs(value) > abs(points[-1].threshold)
    return None if beyond else measured_at(operating, name, value)


def _sentences(bundle: Bundle, policy: PolicySettings, thresholds: Thresholds) -> Iterator[tuple[str, str]]:
    settings = bundle.settings()
    yield from _of_the_claim(thresholds, session_model(bundle))
    if settings.change is not None:
        back = STRETCHES * settings.change.horizon / FPS
        spoken = f"a stretch of the last {back:.0f} s speaks for another driver by {thresholds.change:g}"
        yield "change", f"IMPOSTOR_SUSPECTED as well once, after VERIFIED, {spoken} natural-log units."
    if settings.continuity is not None:
        wanted = "" if policy.continuity else " Off unless a caller asks for it."
        differs = f"differs from its first {policy.opening_seconds:g} s by {thresholds.continuity:g} natural-log units"
        yield "continuity", f"DRIVER_CHANGED once the call of somebody who claims nobody {differs}.{wanted}"


def _of_the_claim(thresholds: Thresholds, model: SessionModel) -> Iterator[tuple[str, str]]:
    memory, dwell = thresholds.memory, f"for {thresholds.dwell:g} s"
    spread = "an assumed" if model is ASSUMED else "the fitted"
    genuine = share_beyond(thresholds.verify, model.genuine, memory, model)
    impostor = share_beyond(thresholds.verify, model.impostor, memory, model)
    yield (
        "verify",
        (
            f"VERIFIED once the call is {exp(thresholds.verify):.3g} times likelier with the claimed person than with "
            f"somebody else, {dwell}. By {spread} spread of sessions {genuine:.0%} of genuine calls and "
            f"{impostor:.1%} of impostors' stand there at a given moment, however long they last."
        ),
    )
    accused = 1 - share_beyond(thresholds.suspect, model.genuine, memory, model)
    found = 1 - share_beyond(thresholds.suspect, model.impostor, memory, model)
    yield (
        "suspect",
        (
            f"IMPOSTOR_SUSPECTED once it is {exp(-thresholds.suspect):.3g} times likelier with somebody else, {dwell}. "
            f"{found:.0%} of impostors' calls and {accused:.2%} of genuine ones stand there."
        ),
    )


def lines(bundle: Bundle, policy: PolicySettings, strictness: float = 1.0) -> Iterator[str]:
    """The policy for human eyes, a line at a time."""
    yield f"Model {bundle.model_id}. What is not set of the policy is the bundle's."
    if strictness > 1:
        yield (
            f"The tenant's thresholds are picked as if false accusations were {strictness:.2f} times as many as was "
            "measured, by its analysts' dispositions."
        )
    if policy.observe:
        yield "The service only observes: nobody is accused; what would have been said is in `withheld` and in metrics."
    costs = (policy.false_accusation_cost, policy.missed_impostor_cost)
    if policy.prior != PolicySettings().prior and costs == (None, None):
        yield "policy.prior moves nothing by itself: it takes false_accusation_cost or missed_impostor_cost as well."
    yield (
        "Simulated hours are of the people that the bundle's thresholds were chosen by: with others "
        "mistakes may be more, and decisions later."
    )
    for one in explain(bundle, policy, strictness):
        yield f"{one.name} = {one.value:.2f} ({one.origin}): {one.sentence}"
        yield f"    {_expectation(one)}"


def _expectation(one: Explained) -> str:
    point = one.point
    if point is None:
        return "Not measured in simulated calls: nothing is promised about how often it errs or how long it takes."
    wrong = "impostors VERIFIED" if one.name == "verify" else "false accusations"
    return (
        f"In {point.hours:,.0f} simulated hours: {_rate(point.errors)} {wrong} per 100 participant-hours "
        f"({point.events} seen, and one session more reckoned with); {_delay(point)}."
    )


def _delay(point: Point) -> str:
    """How soon rightful decisions came, and how many never did: a number of seconds never stands for that."""
    told = []
    if point.reached > 0.5:
        told.append(f"half within {point.delay_median:.0f} s")
    if point.reached > 0.95:
        told.append(f"95 % within {point.delay_p95:.0f} s")
    if point.reached < 1:
        told.append(f"{1 - point.reached:.1%} not within {WATCHED:.0f} s")
    return "rightful decisions: " + ", ".join(told)


def _rate(errors: float) -> str:
    """A rate to two digits, from 10 on to the whole number: never as a power of ten."""
    return f"{errors:.2g}" if errors < 10 else f"{errors:.0f}"
