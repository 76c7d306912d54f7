"""First passages of many thresholds, against looking at one moment after the other."""

import numpy as np
import pytest

from trainer.calls.passages import passages


def slow(values: np.ndarray, time: np.ndarray, threshold: float, dwell: float) -> float:
    since = None
    for value, now in zip(values, time, strict=True):
        if value < threshold:
            since = None
            continue
        since = now if since is None else since
        if now - since >= dwell - 1e-9:
            return float(now)
    return np.inf


@pytest.mark.parametrize("dwell", [0.0, 0.2, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_they_are_when_a_guard_would_have_decided(seed: int, dwell: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=400).cumsum()
    time = np.cumsum(rng.choice([0.2, 0.2, 0.2, 2.6], 400))  # with cuts
    thresholds = np.arange(-5.0, 30.0, 1.5)
    expected = [slow(values, time, threshold, dwell) for threshold in thresholds]
    assert passages(values, time, thresholds, dwell) == pytest.approx(expected)


def test_a_call_without_moments_reaches_nothing() -> None:
    assert np.isinf(passages(np.empty(0), np.empty(0), np.array([1.0]))).all()
