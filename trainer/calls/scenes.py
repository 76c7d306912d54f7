"""Who is in a simulated call and who takes it over: genuine calls, impostors from the start, take-overs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from guard.core.items import Decision, Floats
from guard.core.judge import Judge
from guard.core.policy import WATCHED
from guard.core.settings import Settings
from trainer.calls.bank import Person, Recording
from trainer.calls.playing import Call
from trainer.calls.scored import claim, identity, lot

GENUINE = 1800.0
"""Seconds of a genuine call."""
IMPOSTOR = WATCHED
"""Seconds for which an impostor drives: a decision that took longer does not count as one."""
OPENING = 240.0
"""Seconds after which a call goes on to other material even if its own baseline is not there yet."""
BEFORE = (20.0, 60.0)
"""Seconds of the genuine driver between the opening and a take-over, at least and at most."""


def genuine_calls(hours: float) -> int:
    """How many genuine calls last so long together."""
    return max(1, round(hours * 3600 / GENUINE))


@dataclass(frozen=True, eq=False)
class Scene:
    """A person's session: material of the call's opening and of the rest, and of each who could take it over."""

    number: int
    driver: int
    lot: int
    """See trainer.calls.scored.lot."""
    session: int
    template: Floats
    windows: int
    opening: Sequence[Recording]
    rest: Sequence[Recording]
    others: dict[int, Sequence[Recording]]

    @property
    def spoilt(self) -> bool:
        """Whether something in the session is beyond the ordinary, see trainer.calls.spoiling."""
        return any(recording.label.spoilt for recording in (*self.opening, *self.rest))


def scenes(people: Sequence[Person], horizon: int, centre: Floats | None) -> list[Scene]:
    """All of people who can be enrolled; each performance of a session is the opening of one of them.

    Of a session that has one performance only, opening and rest are the same.
    """
    found = []
    for person in people:
        enrolled = claim(person, len(person.references), horizon, centre)
        if enrolled is None:
            continue
        for session, performances in person.sessions().items():
            others = {
                identity(other): other.sessions()[session]
                for other in people
                if other.face == person.face and other is not person and session in other.sessions()
            }
            for number, opening in enumerate(performances):
                rest = [one for place, one in enumerate(performances) if place != number] or [opening]
                who = (len(found), identity(person), lot(person), session)
                found.append(Scene(*who, *enrolled[1:], [opening], rest, others))
    return found


@dataclass(frozen=True)
class Played:
    """A call that was simulated: who was claimed, who came instead since when (s), and the call as it was heard."""

    driver: int
    impostor: int | None
    since: float | None
    call: Call
    scene: Scene


TRUSTED = (Decision.VERIFIED, Decision.CONSISTENT)


def trusted(played: Played) -> bool:
    """Whether the call was taken for the right person's when the impostor came.

    Who takes over a call that was not inherits no trust, and the guard has no baseline of it to compare with.
    """
    since = played.since or 0.0
    before = int((played.call.time < since).sum())
    return before > 0 and played.call.decisions[before - 1] in TRUSTED


class Simulator:
    """Plays scenes before a guard; with `continuity` nobody is enrolled, and calls are compared with their opening."""

    def __init__(self, settings: Settings, rng: np.random.Generator, *, continuity: bool = False) -> None:
        self._settings, self._judge = settings, Judge(settings)
        self._rng, self._continuity = rng, continuity

    def genuine(self, scene: Scene) -> Played:
        """The claimed person drives for GENUINE seconds."""
        call = self._opened(scene)
        call.play(scene.rest, lambda call: call.seconds >= GENUINE)
        return Played(scene.driver, None, None, call, scene)

    def impostor(self, scene: Scene) -> Played:
        """Somebody else drives from the start, for IMPOSTOR seconds."""
        call, other = self._call(scene), self._other(scene)
        call.play(scene.others[other], lambda call: call.seconds >= IMPOSTOR)
        return Played(scene.driver, other, 0.0, call, scene)

    def takeover(self, scene: Scene) -> Played:
        """Somebody else takes a genuine call over and drives for IMPOSTOR seconds."""
        call, other = self._opened(scene), self._other(scene)
        end = call.seconds + float(self._rng.uniform(*BEFORE))
        call.play(scene.rest, lambda call: call.seconds >= end)
        since = call.seconds
        call.play(scene.others[other], lambda call: call.seconds >= since + IMPOSTOR)
        return Played(scene.driver, other, since, call, scene)

    def _opened(self, scene: Scene) -> Call:
        call = self._call(scene)
        call.play(scene.opening, lambda call: call.settled or call.seconds >= OPENING)
        return call

    def _call(self, scene: Scene) -> Call:
        template = None if self._continuity else scene.template
        stream = self._judge.open(template, windows=scene.windows, continuity=self._continuity)
        return Call(self._settings, stream, self._rng)

    def _other(self, scene: Scene) -> int:
        return int(self._rng.choice(list(scene.others)))
