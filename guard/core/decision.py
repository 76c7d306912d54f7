"""Where a score becomes a decision: a table of transitions, and what triggers them.

Theory of operation. Each scored window moves the evidence, and the suspicion that somebody else has taken over. Where
they lie says what they ask for:

    evidence <= suspect, or suspicion >= change        in between        verify <= evidence
    IMPOSTOR                                           NEITHER           GENUINE

A claim of the evidence, either way, is made only after it has been asked for for `dwell` seconds without a scored
window in between that did not; suspicion, which weighs whole stretches, needs no dwell. A claim once made is held until
what it rests on falls back past half of its threshold, so that a score that hovers at a threshold does not make the
decision flutter. Giving a claim up needs no dwell.

Who is not enrolled, where calls are followed all the same, is compared with the call's own opening only: SAME until the
suspicion reaches its threshold, then CHANGED until it has fallen to half of it. Nobody is VERIFIED by that.

Only scored windows make claims. Without scores the decision is kept, and after ten seconds it is STALE: a cut, a
pause or a covered camera never verifies and never accuses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from guard.core.items import Decision, Thresholds

ACCUSATIONS = frozenset({Decision.IMPOSTOR_SUSPECTED, Decision.DRIVER_CHANGED})
"""Decisions that say that somebody else drives."""
_SLACK = 0.02
"""Seconds, half a slot of the grid: what the rounding of times adds or takes does not decide."""
STALE_AFTER = 10.0
"""Seconds of stream time without a score after which a decision no longer holds."""
RELEASE = 0.5
"""Part of a threshold that the evidence must keep for a claim to be held."""


class Event(StrEnum):
    """What can happen to a decision."""

    GENUINE = "GENUINE"
    """The evidence asks for VERIFIED, for long enough."""
    NEITHER = "NEITHER"
    """The evidence asks for nothing, or not for long enough."""
    IMPOSTOR = "IMPOSTOR"
    """The evidence asks for IMPOSTOR_SUSPECTED, for long enough."""
    SAME = "SAME"
    """The call goes on as it opened; nobody is claimed."""
    CHANGED = "CHANGED"
    """The suspicion that somebody else drives than in the opening has reached its threshold; nobody is claimed."""
    SILENCE = "SILENCE"
    """No score for STALE_AFTER seconds since the last one."""
    ENROLLED = "ENROLLED"
    """There is something (new) to compare with: the claimed person's template, or the call's opening."""
    REMOVED = "REMOVED"
    """There is nothing to compare with."""


_TEMPLATE = {Event.ENROLLED: Decision.COLLECTING, Event.REMOVED: Decision.NOT_ENROLLED}
_SCORED = {
    Event.GENUINE: Decision.VERIFIED,
    Event.NEITHER: Decision.UNCERTAIN,
    Event.IMPOSTOR: Decision.IMPOSTOR_SUSPECTED,
}
_FOLLOWED = {Event.SAME: Decision.CONSISTENT, Event.CHANGED: Decision.DRIVER_CHANGED}
_SILENT = {Event.SILENCE: Decision.STALE}

TRANSITIONS: Mapping[Decision, Mapping[Event, Decision]] = {
    Decision.COLLECTING: {**_TEMPLATE, **_SCORED, **_FOLLOWED},
    Decision.VERIFIED: {**_TEMPLATE, **_SCORED, **_SILENT},
    Decision.UNCERTAIN: {**_TEMPLATE, **_SCORED, **_SILENT},
    Decision.IMPOSTOR_SUSPECTED: {**_TEMPLATE, **_SCORED, **_SILENT},
    Decision.CONSISTENT: {**_TEMPLATE, **_FOLLOWED, **_SILENT},
    Decision.DRIVER_CHANGED: {**_TEMPLATE, **_FOLLOWED, **_SILENT},
    Decision.STALE: {**_TEMPLATE, **_SCORED, **_FOLLOWED, **_SILENT},
    Decision.NOT_ENROLLED: _TEMPLATE,
    Decision.OPTED_OUT: {Event.ENROLLED: Decision.OPTED_OUT, Event.REMOVED: Decision.OPTED_OUT},
}
"""Next decision by decision and event. What is not here cannot happen: `after` raises."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A decision and what its next change depends on. Times are seconds of stream time."""

    decision: Decision
    asked: Event = Event.NEITHER
    """What the evidence asked for at the last scored window."""
    asked_since: float = 0.0
    """Time of the first scored window from which on it has asked for that."""
    scored_at: float | None = None
    """Time of the last scored window; None before the first against the present template."""


def after(decision: Decision, event: Event) -> Decision:
    """The decision that follows; raises AssertionError for what cannot happen: our fault, not the peer's."""
    if event not in TRANSITIONS[decision]:
        raise AssertionError(f"{event} cannot happen to {decision}")
    return TRANSITIONS[decision][event]


def opening(*, comparable: bool, opted_out: bool) -> Standing:
    """The standing of a stream that opens; `comparable` by a template or, later, with its own opening."""
    if opted_out:
        return Standing(Decision.OPTED_OUT)
    return Standing(Decision.COLLECTING if comparable else Decision.NOT_ENROLLED)


def on_template(standing: Standing, *, comparable: bool) -> Standing:
    """What the stream is compared with was set or removed: what was known about another one does not count."""
    return Standing(after(standing.decision, Event.ENROLLED if comparable else Event.REMOVED))


def on_score(
    standing: Standing, evidence: float, time: float, thresholds: Thresholds, suspicion: float = 0.0
) -> Standing:
    """A window was scored at `time`, which brought evidence and suspicion to these values."""
    accused = standing.decision is Decision.IMPOSTOR_SUSPECTED
    if suspicion >= thresholds.change * (RELEASE if accused else 1.0):
        return Standing(after(standing.decision, Event.IMPOSTOR), Event.NEITHER, scored_at=time)
    asked = _asks_for(standing.decision, evidence, thresholds)
    since = standing.asked_since if asked is standing.asked else time
    held = _SCORED[asked] is standing.decision
    event = asked if held or time - since >= thresholds.dwell - _SLACK else Event.NEITHER
    return Standing(after(standing.decision, event), asked, since, scored_at=time)


def on_comparison(standing: Standing, time: float, thresholds: Thresholds, suspicion: float) -> Standing:
    """A window was compared with the opening of its call at `time`, which brought the suspicion to this value."""
    accused = standing.decision is Decision.DRIVER_CHANGED
    changed = suspicion >= thresholds.continuity * (RELEASE if accused else 1.0)
    return Standing(after(standing.decision, Event.CHANGED if changed else Event.SAME), scored_at=time)


def on_no_score(standing: Standing, time: float) -> Standing:
    """It is `time` and there is no new score."""
    if standing.scored_at is None or time - standing.scored_at < STALE_AFTER - _SLACK:
        return standing
    return replace(standing, decision=after(standing.decision, Event.SILENCE), asked=Event.NEITHER)


def _asks_for(decision: Decision, evidence: float, thresholds: Thresholds) -> Event:
    verify = thresholds.verify * (RELEASE if decision is Decision.VERIFIED else 1.0)
    suspect = thresholds.suspect * (RELEASE if decision is Decision.IMPOSTOR_SUSPECTED else 1.0)
    if evidence >= verify:
        return Event.GENUINE
    return Event.IMPOSTOR if evidence <= suspect else Event.NEITHER
