"""A video file judged as if it were a participant's stream."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from guard.core.items import Cut, Decision, Verdict
from guard.core.verifier import Verifier
from guard.gallery.items import Enrolled
from guard.video import Report, events


@dataclass(frozen=True, slots=True)
class Summary:
    """What a whole file led to. `mean_score` is None when no window could be scored, `unscored` says why not."""

    frames: int
    seconds: float
    windows_scored: int
    unscored: dict[str, int]
    mean_score: float | None
    decision: Decision
    evidence: float
    cuts: int


class Replay:
    """Iterate to judge the file, verdict by verdict; `summary` then tells what it came to.

    With `look`, the face is looked for: see guard.video.events.
    """

    def __init__(
        self, path: Path, verifier: Verifier, enrolled: Enrolled, report: Report, *, look: bool = False
    ) -> None:
        self._events = events(path, report, look=look)
        self._verifier = verifier
        self._stream = verifier.open(enrolled.template, windows=enrolled.windows)
        self._frames = 0
        self._seconds = 0.0
        self._verdicts: list[Verdict] = []

    def __iter__(self) -> Iterator[Verdict]:
        """The verdicts in order. Raises VideoError."""
        for event in self._events:
            if isinstance(event, Cut):
                self._verifier.cut(self._stream, event)
                continue
            self._frames, self._seconds = self._frames + 1, event.time
            for verdict in self._verifier.step([(self._stream, event)])[0]:
                self._verdicts.append(verdict)
                yield verdict
            self._verifier.check_at_once(self._stream)

    def summary(self) -> Summary:
        """Of what has been judged so far."""
        scores = [verdict.score for verdict in self._verdicts if verdict.score is not None]
        last = self._verdicts[-1] if self._verdicts else None
        return Summary(
            frames=self._frames,
            seconds=self._seconds,
            windows_scored=len(scores),
            unscored=dict(Counter(str(verdict.reason) for verdict in self._verdicts if verdict.reason is not None)),
            mean_score=sum(scores) / len(scores) if scores else None,
            decision=last.decision if last else Decision.COLLECTING,
            evidence=last.evidence if last else 0.0,
            cuts=self._stream.cuts,
        )
