"""From measurements to verdicts: a fold without an engine, a clock or a file.

measurement -> score -> LLR -> finding            (Judge.judge)
                               finding -> evidence, suspicion -> decision -> verdict      (Judge.conclude)
"""

from dataclasses import replace

import numpy as np

from guard.core.baseline import Baseline
from guard.core.calibration import log_likelihood_ratio, qualities
from guard.core.change import Change, suspect
from guard.core.decision import ACCUSATIONS, on_comparison, on_no_score, on_score, on_template, opening
from guard.core.evidence import accumulate, window_weight
from guard.core.finding import Finding
from guard.core.items import FPS, Decision, Floats, Measurement, Reason, Thresholds, Verdict
from guard.core.learning import Learning
from guard.core.scoring import check_template, score
from guard.core.settings import Settings
from guard.core.stream import Stream


class Judge:
    """Judges streams by one bundle. Holds no stream: each is the caller's, and is passed in with what happens to it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def open(
        self,
        template: Floats | None,
        *,
        opted_out: bool = False,
        windows: int | None = None,
        continuity: bool = False,
    ) -> Stream:
        """A stream of a participant who claims to be the person of `template` (256,); None: not enrolled.

        `windows` is how many the template was made of, None: not known. With `continuity` who is not enrolled is
        compared with the opening of the call. Raises InputError for a template that cannot be scored against.
        """
        stream = self._blank(None if template is None else check_template(template), opted_out=opted_out)
        stream.windows, stream.continuity = windows, continuity and self.follows
        stream.standing = opening(comparable=stream.comparable, opted_out=opted_out)
        stream.told = stream.standing.decision
        return stream

    def _blank(self, template: Floats | None, *, opted_out: bool) -> Stream:
        longest, edge = max(self._settings.horizons), self._settings.edge
        return Stream(0, longest, template, opted_out=opted_out, edge=edge)

    @property
    def follows(self) -> bool:
        """Whether a call can be compared with its own opening."""
        return self._settings.continuity is not None

    def follow(self, stream: Stream, continuity: bool) -> None:
        """Whether the call is to be compared with its opening without a template; the next one set makes it hold."""
        stream.continuity = continuity and self.follows

    def judge(self, stream: Stream, measurement: Measurement) -> Verdict:
        """The verdict about the stream after one more measurement. Raises EngineError for an embedding of no use."""
        if measurement.embedding is None or measurement.reason is not None:
            return self.conclude(stream, _unscored(measurement, measurement.reason))
        if stream.template is not None:
            return self._judge_claim(stream, stream.template, measurement, measurement.embedding)
        if stream.continuity and self._settings.continuity is not None and not stream.opted_out:
            return self._judge_call(stream, measurement, self._settings.continuity)
        return self.conclude(stream, _unscored(measurement, None))

    def conclude(self, stream: Stream, finding: Finding) -> Verdict:
        """The verdict about the stream after a finding: all that a recorded call needs to be decided again."""
        if finding.reason is not None or finding.score is None:
            return self.without_score(stream, finding)
        thresholds = stream.thresholds or self._settings.thresholds
        if finding.llr is not None:
            weight = window_weight(_new_frames(stream.scored, finding), finding.horizon)
            stream.evidence = accumulate(
                stream.evidence, finding.llr, finding.horizon, weight, finding.time, self._settings.sessions, thresholds
            )
        self._suspect(stream, finding)
        suspicion = stream.suspicion.value
        if finding.llr is None:
            stream.standing = on_comparison(stream.standing, finding.time, thresholds, suspicion)
        else:
            stream.standing = on_score(stream.standing, stream.evidence.value, finding.time, thresholds, suspicion)
        stream.scored = finding
        return self._verdict(stream, finding)

    def without_score(self, stream: Stream, finding: Finding) -> Verdict:
        """The verdict about a stream of which a look gave no score; evidence and suspicion stay as they are."""
        stream.standing = on_no_score(stream.standing, finding.time)
        reason = finding.reason
        if stream.opted_out:
            reason = Reason.OPTED_OUT
        elif not stream.comparable:
            reason = stream.missing
        return self._verdict(stream, replace(finding, horizon=0, score=None, llr=None, change_llr=None, reason=reason))

    def set_template(self, stream: Stream, template: Floats | None, windows: int | None = None) -> None:
        """The claimed person was enrolled (again) or removed. What was known about another template does not count.

        Raises InputError for a template that cannot be scored against, and leaves the old one.
        """
        stream.template = None if template is None else check_template(template)
        stream.windows = windows
        stream.continuity = stream.continuity and self.follows
        stream.learning = None if stream.learning is None else Learning()
        stream.forget_findings()
        stream.standing = on_template(stream.standing, comparable=stream.comparable)

    def begin_anew(self, stream: Stream) -> None:
        """What was found of the stream was of mirrored pictures and does not count; template and opt-out stay."""
        stream.forget_findings()
        stream.standing = on_template(stream.standing, comparable=stream.comparable)

    def set_thresholds(self, stream: Stream, thresholds: Thresholds | None) -> None:
        """The stream is judged by these from now on, None: by those of the settings. What was found stays."""
        stream.thresholds = thresholds

    def set_missing(self, stream: Stream, reason: Reason) -> None:
        """Why verdicts carry no score while there is no template: NOT_ENROLLED or NEEDS_REENROLMENT."""
        stream.missing = reason

    def set_opted_out(self, stream: Stream, opted_out: bool) -> None:
        """The claimed person is not to be verified from now on, or may be again: either way everything begins anew."""
        stream.forget()
        stream.learning = None
        stream.opted_out = opted_out
        stream.forget_findings()
        stream.standing = opening(comparable=stream.comparable, opted_out=opted_out)

    def learn(self, stream: Stream) -> None:
        """From now on the stream keeps what it shows of the person, see `Stream.learning`."""
        stream.learning = Learning()

    def _judge_claim(self, stream: Stream, template: Floats, window: Measurement, embedding: Floats) -> Verdict:
        """Of who is enrolled: the window against the template, and against the call so far."""
        settings = self._settings
        value = score(template, embedding, settings.centre)
        known = qualities(window.motion, window.filler, stream.windows, window.smoothness)
        llr = log_likelihood_ratio(value, settings.calibration[window.horizon], known)
        change_llr, compared = None, None if settings.change is None else window.of(settings.change.horizon)
        if settings.change is not None and compared is not None:
            stream.baseline = stream.baseline or Baseline(settings.change.horizon, settings.centre)
            change_llr = self._compared(stream.baseline, settings.change, window, compared, llr)
        verdict = self.conclude(stream, _scored(window, value, llr, change_llr))
        if stream.learning is not None:
            stream.learning.see(window, stream.standing.decision)
        if stream.baseline is not None and stream.standing.decision in ACCUSATIONS:
            stream.baseline.doubt()
        elif stream.baseline is not None and compared is not None and stream.standing.decision is Decision.VERIFIED:
            calm = stream.suspicion.value == 0
            stream.baseline.see(compared, llr, window.run, window.time, calm=calm)
        return verdict

    def _judge_call(self, stream: Stream, window: Measurement, change: Change) -> Verdict:
        """Of who is not enrolled: the window against the opening of the call, once that is over."""
        compared = window.of(change.horizon)
        if compared is None:
            return self.conclude(stream, _unscored(window, Reason.TOO_FEW_FRAMES))
        if stream.baseline is None:
            opening_windows = max(1, int(self._settings.opening * FPS / change.horizon))
            centre = self._settings.centre
            stream.baseline = Baseline(change.horizon, centre, lag=0.0, least=opening_windows, most=opening_windows)
        if stream.baseline.template is None:
            stream.baseline.see(compared, 0.0, window.run, window.time, calm=True)
            return self.conclude(stream, _unscored(window, Reason.OPENING))
        value = score(stream.baseline.template, compared, self._settings.centre)
        change_llr = self._compared(stream.baseline, change, window, compared, 0.0)
        return self.conclude(stream, replace(_scored(window, value, None, change_llr), horizon=change.horizon))

    def _compared(
        self, baseline: Baseline, change: Change, window: Measurement, embedding: Floats, llr: float
    ) -> float | None:
        """LLR of the driver so far over another one; None while too little is known of how the call was."""
        if baseline.template is None:
            return None
        value = score(baseline.template, embedding, self._settings.centre)
        known = qualities(window.motion, window.filler, baseline.count, window.smoothness)
        return log_likelihood_ratio(value, change.line, known) + change.lean * (llr - baseline.llr)

    def _suspect(self, stream: Stream, finding: Finding) -> None:
        change = self._settings.change if finding.llr is not None else self._settings.continuity
        if change is None or finding.change_llr is None:
            return
        last = stream.suspicion
        new = change.horizon if last.run != finding.run else round((finding.time - last.time) * FPS)
        frames = max(0, min(change.horizon, new))
        stream.suspicion = suspect(last, finding.change_llr, frames, finding.run, finding.time, change)

    def _verdict(self, stream: Stream, finding: Finding) -> Verdict:
        decision, withheld = stream.standing.decision, None
        changed, stream.told = decision is not stream.told, decision
        if self._settings.observe and decision in ACCUSATIONS:
            decision, withheld = Decision.UNCERTAIN, decision
        stream.sequence += 1
        return Verdict(
            time=finding.time,
            score=finding.score,
            llr=finding.llr,
            evidence=stream.evidence.value,
            decision=decision,
            reason=finding.reason,
            horizon=finding.horizon,
            sequence=stream.sequence,
            cuts=stream.cuts,
            last_cut=stream.last_cut,
            model_id=self._settings.model_id,
            decision_changed=changed,
            change=stream.suspicion.value,
            change_llr=finding.change_llr,
            motion=finding.motion,
            filler=finding.filler,
            withheld=withheld,
        )


def _scored(window: Measurement, value: float, llr: float | None, change_llr: float | None) -> Finding:
    """Values as they travel, in 32 bits: what is recorded of a call decides it again in the same way."""
    return Finding(
        window.time,
        window.run,
        window.horizon,
        float(np.float32(value)),
        None if llr is None else float(np.float32(llr)),
        None if change_llr is None else float(np.float32(change_llr)),
        None,
        window.motion,
        window.filler,
    )


def _unscored(window: Measurement, reason: Reason | None) -> Finding:
    return Finding(window.time, window.run, 0, None, None, None, reason, window.motion, window.filler)


def _new_frames(last: Finding | None, finding: Finding) -> int | None:
    """Grid frames of a window that came after the `last` scored one; None when they belong to different runs."""
    return None if last is None or last.run != finding.run else round((finding.time - last.time) * FPS)
