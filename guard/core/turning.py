"""Whether a stream's pictures are mirrored: looked at when somebody is about to be accused, for the mirror alone can
make a genuine person look like another one.

No picture tells that it is mirrored, and people move otherwise mirrored. What tells is the window once more, turned:
of a genuine person whose picture is mirrored it is nearer to the template by far, of an impostor hardly ever.
Only who was never known as they are is looked at: nobody's camera becomes a mirror in mid-call, but somebody may take
over, and would be judged anew for it.

A mirror check takes as many steps of the engine as the window has frames, so whoever drives the verifier makes it, a
few at a time between the steps of others. Until then the accusation waits: verdicts go on with their scores, and say
`mirror_check_pending` and the decision that was told before.
"""

from collections import deque
from dataclasses import replace

import numpy as np

from guard.core.decision import ACCUSATIONS, Event
from guard.core.extractor import Extractor
from guard.core.items import Decision, Floats, GridFrame, Verdict
from guard.core.scoring import score
from guard.core.stream import Stream

NEARER = 0.06
"""By how much more a window has to score turned for the stream to be turned: `trainer mirrored` says what that errs."""
LONGEST = 10.0
"""Seconds of stream time that an accusation waits at most; then it is told, and withdrawn if a check that comes later
finds a mirror."""


class MirrorCheck:
    """A stream's newest window, shown to the engine with left and right exchanged: `go_on` until nothing is `left`.

    It keeps the window's pictures meanwhile. Raises EngineError, as all it does.
    """

    def __init__(self, extractor: Extractor, stream: Stream, horizon: int) -> None:
        self.stream = stream
        self._extractor, self._horizon = extractor, horizon
        self._seen = extractor.embed(stream, horizon)
        self._pictures = deque(stream.history.pictures(horizon)[:, :, ::-1])
        self._other = extractor.open()

    @property
    def left(self) -> int:
        """Pictures of the window that are still to be shown."""
        return len(self._pictures)

    def go_on(self, pictures: int) -> None:
        """Show at most so many more."""
        for number in range(min(pictures, self.left)):
            picture = np.ascontiguousarray(self._pictures.popleft())
            self._extractor.show(self._other, GridFrame(picture, 0.0, number, False))

    def turned(self) -> Floats:
        """The embedding (256,) of the window turned, once nothing is left."""
        return self._extractor.embed(self._other, self._horizon)

    def finds_mirror(self, centre: Floats | None) -> bool:
        """Whether the window is nearer to the stream's template turned, once nothing is left."""
        known = self.stream.template
        if known is None:
            return False
        return score(known, self.turned(), centre) - score(known, self._seen, centre) > NEARER


def awaited(stream: Stream, former: Decision, told: Decision, verdict: Verdict) -> Verdict:
    """What is told: the verdict, or another one in its place while an accusation waits for a mirror check.

    `former` is the decision and `told` the one that was told before the verdict.
    """
    standing, known = stream.standing, stream.template is None or stream.turned or stream.recognised
    if standing.decision not in ACCUSATIONS:
        stream.accused_at = None
        # Who has only fallen silent is accused again as before.
        stream.no_mirror &= verdict.score is None or standing.asked is Event.IMPOSTOR
    elif former not in ACCUSATIONS and not (known or stream.no_mirror or told in ACCUSATIONS):
        stream.accused_at = verdict.time
    waits = stream.accused_at is not None and verdict.time - stream.accused_at < LONGEST
    return held_back(stream, told, verdict) if waits else verdict


def held_back(stream: Stream, told: Decision, verdict: Verdict) -> Verdict:
    """The verdict without its accusation: what was `told` before still holds."""
    stream.told = told
    return replace(verdict, decision=told, withheld=None, decision_changed=False, mirror_check_pending=True)
