"""What was seen of each participant, and whether the promise came true: a fold over verdicts, no clock, no screen."""

from collections import deque
from dataclasses import dataclass, field

from guard.core.items import Decision, Verdict
from guard.demo.cast import Actor

SETTLE = 6.0
"""Seconds of stream that everybody is watched for after the report: an accusation of the other would show."""
TREND = 16
"""Verdicts kept for the bars: one each 0.2 s."""


@dataclass
class Part:
    """One actor's course so far."""

    actor: Actor
    # The newest verdict; None before the first.
    latest: Verdict | None = None
    # The newest verdicts, oldest first.
    recent: deque[Verdict] = field(default_factory=lambda: deque(maxlen=TREND))
    # Every change of decision with its stream time, oldest first.
    changes: list[tuple[float, Decision]] = field(default_factory=list)

    def see(self, verdict: Verdict) -> bool:
        """Take in one verdict; True when it changed the decision (of the first one, its own field would not tell)."""
        changed = self.latest is None or self.latest.decision is not verdict.decision
        if changed:
            self.changes.append((verdict.time, verdict.decision))
        self.latest = verdict
        self.recent.append(verdict)
        return changed

    def first(self, decision: Decision, since: float = 0.0) -> float | None:
        """Stream time of the first change to `decision` at or after `since`."""
        return next((time for time, changed in self.changes if changed is decision and time >= since), None)

    @property
    def falsely_accused(self) -> float | None:
        """Stream time at which the rightful driver was accused."""
        accused = self.first(Decision.IMPOSTOR_SUSPECTED)
        swap = self.actor.swap_after
        return accused if accused is not None and (swap is None or accused < swap) else None

    @property
    def reported(self) -> float | None:
        """Stream time at which the change of driver was reported."""
        swap = self.actor.swap_after
        return None if swap is None else self.first(Decision.IMPOSTOR_SUSPECTED, since=swap)


class Story:
    """The course of all participants."""

    def __init__(self, cast: tuple[Actor, ...]) -> None:
        self.parts = {actor.name: Part(actor) for actor in cast}
        self.swap = next(actor.swap_after for actor in cast if actor.swap_after is not None)

    @property
    def reported(self) -> float | None:
        """Stream time of the report of the swap, or None as long as there was none."""
        return next((part.reported for part in self.parts.values() if part.reported is not None), None)

    @property
    def finished(self) -> bool:
        """True when the outcome is settled: the swap was reported and everybody was watched for a while longer, or
        somebody was falsely accused.
        """
        if any(part.falsely_accused is not None for part in self.parts.values()):
            return True
        reported = self.reported
        return reported is not None and all(
            part.latest is not None and part.latest.time >= reported + SETTLE for part in self.parts.values()
        )

    def problems(self) -> list[str]:
        """What did not come true, one sentence each; empty when the demo kept its promise."""
        found = [problem for part in self.parts.values() for problem in _problems(part, self.swap)]
        if self.reported is None:
            found.append(f"the swap at {self.swap:.1f} s was not reported")
        return found


def _problems(part: Part, swap: float) -> list[str]:
    found = []
    name = part.actor.name
    if part.latest is None:
        return [f"no verdict about {name} arrived"]
    verified = part.first(Decision.VERIFIED)
    if verified is None or verified >= swap:
        found.append(f"{name} was not verified before the swap at {swap:.1f} s")
    if part.falsely_accused is not None:
        found.append(f"{name} was accused at {part.falsely_accused:.1f} s, while the rightful driver was there")
    return found
