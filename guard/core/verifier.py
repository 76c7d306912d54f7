"""From frames to verdicts: what a shell drives.

frame -> grid -> engine step -> window -> embedding      (Extractor.step: many streams at once)
                                          -> score -> evidence -> decision -> verdict      (Judge: one by one)
"""

from collections.abc import Sequence

from guard.core.extractor import Engine, Extractor, StepOutput
from guard.core.finding import Finding
from guard.core.frames import unmirrored
from guard.core.items import Cut, Decision, Floats, Frame, GridFrame, Measurement, Reason, Verdict
from guard.core.judge import Judge
from guard.core.recollection import Rows
from guard.core.settings import Settings
from guard.core.stream import Stream
from guard.core.turning import MirrorCheck, awaited

__all__ = ["Engine", "Extractor", "Measurement", "Settings", "StepOutput", "Stream", "Verifier"]

_SILENT_FOR = {Cut.DECODER_FAULT: Reason.DECODER_FAULT, Cut.CAPACITY: Reason.CAPACITY}


class Verifier(Judge):
    """A judge that measures, too. Holds no stream: each is the caller's, and is passed in with what happens to it."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        super().__init__(settings)
        self._extractor = Extractor(
            engine,
            settings.horizons,
            settings.verdict_stride,
            settings.motion_floor,
            settings.least_fps,
            edge=settings.edge,
        )

    def _blank(self, template: Floats | None, *, opted_out: bool) -> Stream:
        return self._extractor.open(template, opted_out=opted_out)

    def step(self, batch: Sequence[tuple[Stream, Frame]]) -> list[list[Verdict]]:
        """Take at most one frame of each stream; return its verdicts, by place in the batch, oldest first.

        A verdict is due every `verdict_stride` grid frames, whether it can carry a score or not.
        Raises EngineError: no verdict of this batch is given, the runs that it advanced are cut, nothing else happened.
        """
        measured = self._extractor.step(
            [(stream, unmirrored(frame) if stream.turned else frame) for stream, frame in batch]
        )
        return [
            [self.judge(stream, measurement) for measurement in measurements]
            for (stream, _), measurements in zip(batch, measured, strict=True)
        ]

    def conclude(self, stream: Stream, finding: Finding) -> Verdict:
        """As every judge does; but an accusation of who was never known as they are waits for a mirror check."""
        former, told = stream.standing.decision, stream.told
        verdict = super().conclude(stream, finding)
        stream.recognised |= stream.standing.decision is Decision.VERIFIED
        return awaited(stream, former, told, verdict)

    def mirror_check(self, stream: Stream) -> MirrorCheck | None:
        """What an accusation waits for; None when none does, or no window can be measured now.

        Raises EngineError.
        """
        horizon = 0 if stream.accused_at is None else self._extractor.measurable(stream)
        return MirrorCheck(self._extractor, stream, horizon) if horizon else None

    def checked(self, check: MirrorCheck) -> None:
        """Nothing is left of the check: turn the stream if that found a mirror, or else let the accusation be told.

        A stream that is turned begins anew. Raises EngineError.
        """
        stream, mirrored = check.stream, check.finds_mirror(self._settings.centre)
        stream.accused_at, stream.no_mirror = None, not mirrored
        if mirrored:
            stream.turned = True
            stream.cut(Cut.MIRRORED)
            self.begin_anew(stream)

    def check_at_once(self, stream: Stream) -> None:
        """Make the check that an accusation waits for, if one does, where no other stream waits. Raises EngineError."""
        check = self.mirror_check(stream)
        if check is not None:
            check.go_on(check.left)
            self.checked(check)

    def cut(self, stream: Stream, cut: Cut) -> None:
        """The shell knows that frames are missing or that the picture changed: the window starts anew."""
        stream.cut(cut)

    def skip(self, stream: Stream, time: float) -> Verdict | None:
        """A frame of presentation `time` came that there is no capacity to score: the run is over, if one goes on.

        Returns a verdict without a score (CAPACITY) in the rhythm of the others, STALE once the last score is too old.
        """
        measurement = self._extractor.skip(stream, time, Cut.CAPACITY, Reason.CAPACITY)
        return None if measurement is None else self.judge(stream, measurement)

    def show(self, stream: Stream, frame: GridFrame) -> None:
        """Let the stream see the next frame of a run that another bundle has judged: see guard.core.takeover.

        Raises EngineError.
        """
        self._extractor.show(stream, frame)

    def remember(self, stream: Stream, earlier: Rows) -> None:
        """What earlier calls of the claimed person showed, rows (N, 8): see guard.core.sketch."""
        stream.sketch.remember(earlier)

    def elapse(self, stream: Stream, time: float) -> Verdict | None:
        """No frame has come up to `time`, on the clock of Frame.time: that of the newest frame and the seconds since.

        Returns None while filler may still bridge the gap, and before the first frame; otherwise a verdict without a
        score, STALE once the last score is too old. The run goes on: frames that were held up may yet come in a burst.
        """
        if not stream.grid.misses(time):
            return None
        now = stream.grid.stream_time(time)
        return self.conclude(stream, Finding(now, stream.cuts, 0, None, None, None, _silence(stream)))


def _silence(stream: Stream) -> Reason:
    """Why nothing comes: what the shell said when it cut the run, unless frames have come since."""
    if stream.last_cut is None or stream.grid.running:
        return Reason.GAP
    return _SILENT_FOR.get(stream.last_cut, Reason.GAP)
