"""From frames to verdicts: what a shell drives.

frame -> grid -> engine step -> window -> embedding      (Extractor.step: many streams at once)
                                          -> score -> evidence -> decision -> verdict      (Verifier: one by one)
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from guard.core.decision import on_no_score, on_score, on_template, opening
from guard.core.errors import SettingsError
from guard.core.evidence import Evidence, accumulate, window_weight
from guard.core.extractor import LEAST_FPS, Engine, Extractor, StepOutput
from guard.core.items import FPS, Calibration, Cut, Floats, Frame, GridFrame, Measurement, Reason, Thresholds, Verdict
from guard.core.learning import Learning
from guard.core.scoring import check_template, log_likelihood_ratio, score
from guard.core.stream import Stream
from guard.core.window import SHORTEST

__all__ = ["Engine", "Extractor", "Measurement", "Settings", "StepOutput", "Stream", "Verifier"]

_LARGEST = 1e6
"""Of a value in calibration or thresholds: whatever is computed from them is finite."""
_SILENT_FOR = {Cut.DECODER_FAULT: Reason.DECODER_FAULT, Cut.CAPACITY: Reason.CAPACITY}


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """How a bundle's embeddings become verdicts.

    `horizons` are window lengths in frames, each with its `calibration`; `verdict_stride` is in grid frames,
    `motion_floor` in gray levels; `centre` (256,) is taken off embeddings before they are compared, None takes nothing.
    `least_fps` is how many frames a second a source has to give.
    Raises SettingsError naming the field.
    """

    model_id: str
    horizons: tuple[int, ...]
    verdict_stride: int
    calibration: dict[int, Calibration]
    thresholds: Thresholds
    motion_floor: float
    centre: Floats | None
    least_fps: float = LEAST_FPS

    def __post_init__(self) -> None:
        if not self.horizons or min(self.horizons) < SHORTEST:
            raise SettingsError("horizons", f"{self.horizons} must be one or more, each of at least {SHORTEST} frames")
        if self.verdict_stride < 1:
            raise SettingsError("verdict_stride", f"{self.verdict_stride} must be at least 1")
        if not 0 < self.least_fps <= FPS:
            raise SettingsError("least_fps", f"{self.least_fps} must be above 0 and at most {FPS}")
        if missing := set(self.horizons) - set(self.calibration):
            raise SettingsError("calibration", f"is missing for horizons {sorted(missing)}")
        for field, parts in (("calibration", self.calibration.values()), ("thresholds", [self.thresholds])):
            if not all(abs(value) <= _LARGEST for part in parts for value in astuple(part)):  # NaN is not, either
                raise SettingsError(field, f"holds a value that is no number of at most {_LARGEST:g}")
        if not self.thresholds.suspect < 0 < self.thresholds.verify:
            raise SettingsError("thresholds", "suspect must lie below 0 and verify above")
        if self.thresholds.limit < max(self.thresholds.verify, -self.thresholds.suspect) or self.thresholds.memory <= 0:
            raise SettingsError("thresholds", "limit must reach both thresholds and memory be positive")


class Verifier:
    """Judges streams by one bundle. Holds no stream: each is the caller's, and is passed in with what happens to it."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._settings = settings
        self._extractor = Extractor(
            engine, settings.horizons, settings.verdict_stride, settings.motion_floor, settings.least_fps
        )

    def open(self, template: Floats | None, *, opted_out: bool = False) -> Stream:
        """A stream of a participant who claims to be the person of `template` (256,); None: not enrolled.

        Raises InputError for a template that cannot be scored against.
        """
        return self._extractor.open(None if template is None else check_template(template), opted_out=opted_out)

    def step(self, batch: Sequence[tuple[Stream, Frame]]) -> list[list[Verdict]]:
        """Take at most one frame of each stream; return its verdicts, by place in the batch, oldest first.

        A verdict is due every `verdict_stride` grid frames, whether it can carry a score or not.
        Raises EngineError: no verdict of this batch is given, the runs that it advanced are cut, nothing else happened.
        """
        measured = self._extractor.step(batch)
        return [
            [self._judge(stream, measurement) for measurement in measurements]
            for (stream, _), measurements in zip(batch, measured, strict=True)
        ]

    def cut(self, stream: Stream, cut: Cut) -> None:
        """The shell knows that frames are missing or that the picture changed: the window starts anew."""
        stream.cut(cut)

    def skip(self, stream: Stream, time: float) -> Verdict | None:
        """A frame of presentation `time` came that there is no capacity to score: the run is over, if one goes on.

        Returns a verdict without a score (CAPACITY) in the rhythm of the others, STALE once the last score is too old.
        """
        measurement = self._extractor.skip(stream, time, Cut.CAPACITY, Reason.CAPACITY)
        return None if measurement is None else self._judge(stream, measurement)

    def show(self, stream: Stream, frame: GridFrame) -> None:
        """Let the stream see the next frame of a run that another bundle has judged: see guard.core.takeover.

        Raises EngineError.
        """
        self._extractor.show(stream, frame)

    def elapse(self, stream: Stream, time: float) -> Verdict | None:
        """No frame has come up to `time`, on the clock of Frame.time: that of the newest frame and the seconds since.

        Returns None while filler may still bridge the gap, and before the first frame; otherwise a verdict without a
        score, STALE once the last score is too old. The run goes on: frames that were held up may yet come in a burst.
        """
        if not stream.grid.misses(time):
            return None
        return self._without_score(stream, stream.grid.stream_time(time), _silence(stream))

    def set_template(self, stream: Stream, template: Floats | None) -> None:
        """The claimed person was enrolled (again) or removed. What was known about another template does not count.

        Raises InputError for a template that cannot be scored against, and leaves the old one.
        """
        stream.template = None if template is None else check_template(template)
        stream.learning = None if stream.learning is None else Learning()
        stream.scored, stream.evidence = None, Evidence()
        stream.standing = on_template(stream.standing, enrolled=template is not None)

    def set_missing(self, stream: Stream, reason: Reason) -> None:
        """Why verdicts carry no score while there is no template: NOT_ENROLLED or NEEDS_REENROLMENT."""
        stream.missing = reason

    def learn(self, stream: Stream) -> None:
        """From now on the stream keeps what it shows of the person, see `Stream.learning`."""
        stream.learning = Learning()

    def set_opted_out(self, stream: Stream, opted_out: bool) -> None:
        """The claimed person is not to be verified from now on, or may be again: either way everything begins anew."""
        stream.forget()
        stream.learning = None
        stream.opted_out = opted_out
        stream.scored, stream.evidence = None, Evidence()
        stream.standing = opening(enrolled=stream.template is not None, opted_out=opted_out)

    def _judge(self, stream: Stream, measurement: Measurement) -> Verdict:
        if measurement.embedding is None or stream.template is None or measurement.reason is not None:
            return self._without_score(stream, measurement.time, measurement.reason)
        value = score(stream.template, measurement.embedding, self._settings.centre)
        return self._with_score(stream, measurement, value)

    def _with_score(self, stream: Stream, window: Measurement, value: float) -> Verdict:
        thresholds = self._settings.thresholds
        llr = log_likelihood_ratio(value, self._settings.calibration[window.horizon])
        weight = window_weight(_new_frames(stream.scored, window), window.horizon)
        stream.evidence = accumulate(stream.evidence, llr, weight, window.time, thresholds)
        stream.standing = on_score(stream.standing, stream.evidence.value, window.time, thresholds)
        stream.scored = window
        if stream.learning is not None:
            stream.learning.see(window, stream.standing.decision)
        return self._verdict(stream, window.time, value, llr, None, window.horizon)

    def _without_score(self, stream: Stream, time: float, reason: Reason | None) -> Verdict:
        stream.standing = on_no_score(stream.standing, time)
        if stream.opted_out:
            reason = Reason.OPTED_OUT
        elif stream.template is None:
            reason = stream.missing
        return self._verdict(stream, time, None, None, reason, 0)

    def _verdict(
        self, stream: Stream, time: float, value: float | None, llr: float | None, reason: Reason | None, horizon: int
    ) -> Verdict:
        decision = stream.standing.decision
        changed, stream.told = decision is not stream.told, decision
        stream.sequence += 1
        return Verdict(
            time=time,
            score=value,
            llr=llr,
            evidence=stream.evidence.value,
            decision=decision,
            reason=reason,
            horizon=horizon,
            sequence=stream.sequence,
            cuts=stream.cuts,
            last_cut=stream.last_cut,
            model_id=self._settings.model_id,
            decision_changed=changed,
        )


def _new_frames(last: Measurement | None, window: Measurement) -> int | None:
    """Grid frames of `window` that came after the `last` scored one; None when they belong to different runs."""
    return None if last is None or last.run != window.run else window.slot - last.slot


def _silence(stream: Stream) -> Reason:
    """Why nothing comes: what the shell said when it cut the run, unless frames have come since."""
    if stream.last_cut is None or stream.grid.running:
        return Reason.GAP
    return _SILENT_FOR.get(stream.last_cut, Reason.GAP)
