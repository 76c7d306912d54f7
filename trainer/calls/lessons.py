"""Calls that teach a template, as guard lets them: who enrolled from what, and what a guard learns of a call."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from guard.core.items import Floats
from guard.core.judge import Judge
from guard.core.learning import LONG, addition
from guard.core.scoring import directions, make_template
from guard.core.settings import Settings
from guard.enrolment.clips import EVERY
from trainer.calls.bank import Person, Recording
from trainer.calls.playing import PIECE, length, piece
from trainer.calls.scored import STRIDE

LESSON = LONG + 120.0
"""Seconds that whoever teaches drives: as long as a call has to be VERIFIED, and what it takes to be so."""
BEFORE = 240.0
"""Seconds of the genuine driver before somebody takes over: the call's own baseline has long been there."""

Act = tuple[Sequence[Recording], float]
"""Performances that pieces are played of, for so many seconds."""


@dataclass(frozen=True, eq=False)
class Enrolment:
    """Somebody's template: of `pieces`, directions (n, 256) of each clip, and of those `learned` in a call."""

    person: Person
    pieces: tuple[Floats, ...]
    learned: Floats | None = None

    @property
    def template(self) -> Floats:
        """(256,) of unit norm."""
        return make_template(np.concatenate(self._all), None)

    @property
    def windows(self) -> int:
        """How many it is made of."""
        return sum(map(len, self._all))

    @property
    def _all(self) -> tuple[Floats, ...]:
        return self.pieces if self.learned is None else (*self.pieces, self.learned)

    def after(self, learned: Floats | None, least: float) -> "Enrolment":
        """With what guard takes up of directions (N, 256) from a call; the same if it takes up nothing."""
        added = None if learned is None else addition(self.pieces, 0, learned, least)
        return self if added is None else replace(self, learned=added)


class School:
    """A guard of these settings, and the calls that it hears."""

    def __init__(self, settings: Settings, rng: np.random.Generator) -> None:
        self._settings, self._rng = settings, rng
        self._judge = Judge(settings)
        self._horizon = max(settings.horizons)

    def enrolled(self, person: Person, references: int) -> Enrolment | None:
        """Of the first so many references, as an enrolment looks at them: one window in EVERY frames. None: of nothing.

        A bank has one in STRIDE.
        """
        pieces = []
        for clip in person.references[:references]:
            found = clip.embeddings(self._horizon)
            pieces.append(self._directions(found[np.arange(0, len(found), EVERY / STRIDE).astype(int)]))
        return Enrolment(person, tuple(pieces)) if sum(map(len, pieces)) else None

    def learned(self, enrolment: Enrolment, acts: Sequence[Act]) -> Floats | None:
        """Directions (N, 256) that guard has kept when the call of these acts is over; None: nothing."""
        stream = self._judge.open(enrolment.template, windows=enrolment.windows)
        self._judge.learn(stream)
        time = 0.0
        for performances, seconds in acts:
            end = time + seconds
            while time < end:
                recording = performances[int(self._rng.integers(len(performances)))]
                start, moments, filled = piece(recording, sorted(self._settings.horizons), self._rng)
                for moment, frames in zip(moments.tolist(), filled.tolist(), strict=True):
                    heard = [one for one in self._settings.horizons if one <= frames]
                    at = time - start + float(recording.time[moment])
                    # Each piece is a run of its own, which its start in the call numbers.
                    self._judge.judge(stream, recording.measurement(moment, heard, at, round(time * 1000)))
                time += min(PIECE, length(recording))
        kept = stream.learning.embeddings if stream.learning is not None else None
        return None if kept is None else self._directions(kept)

    def shown(self, performances: Sequence[Recording]) -> Floats:
        """Directions (n, 256) of windows of the performances that share no frame: what a call could teach at best."""
        apart = -(-self._horizon // STRIDE)
        return self._directions(np.concatenate([one.embeddings(self._horizon)[::apart] for one in performances]))

    def _directions(self, embeddings: Floats) -> Floats:
        return directions(embeddings, self._settings.centre)
