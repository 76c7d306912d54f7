"""Literal verdicts for the demo's tests."""

from guard.core.items import Decision, Reason, Verdict


def verdict(
    time: float, decision: Decision, score: float | None = 0.5, evidence: float = 0.0, reason: Reason | None = None
) -> Verdict:
    llr = None if score is None else 10.0 * score - 4.0
    return Verdict(time, score, llr, evidence, decision, reason, 64, 1, 0, None, "test", decision_changed=False)
