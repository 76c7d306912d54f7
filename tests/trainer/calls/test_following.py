"""Evidence and suspicion of a whole call at once, against the guard's own fold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as some

from guard.core.change import Suspicion, suspect
from guard.core.evidence import Evidence, accumulate, window_weight
from guard.core.items import FPS, Thresholds
from guard.core.session import SessionModel, Spread, call_llr
from tests.core.test_change import CHANGE, HORIZON, SPREAD
from trainer.calls.following import call_llrs, evidence, news, suspicion

pytestmark = pytest.mark.slow

THRESHOLDS = Thresholds(2.0, -2.0, 1.0, 40.0, 9.0)
MODELS = {16: SessionModel(Spread(1.0, 0.5, 2.0, 1.0), Spread(-1.0, 1.0, 2.0, 1.0)), HORIZON: SPREAD}
moments = some.lists(
    some.tuples(
        some.integers(1, 400),  # grid frames since the one before
        some.sampled_from([False] * 9 + [True]),  # a new run begins
        some.sampled_from([16, HORIZON]),
        some.floats(-12, 12),
    ),
    max_size=120,
)
Columns = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def columns(seen: list[tuple[int, bool, int, float]]) -> Columns:
    """Time, run, horizon and LLR."""
    frames, breaks, horizons, llrs = zip(*seen, strict=True) if seen else ((),) * 4
    time = np.cumsum(np.array(frames, float)) / FPS
    return time, np.cumsum(np.array(breaks, np.int64)), np.array(horizons, np.int64), np.array(llrs, float)


@trying(deadline=None, max_examples=60)
@given(moments)
def test_evidence_is_what_is_accumulated_window_by_window(seen: list[tuple[int, bool, int, float]]) -> None:
    time, run, horizon, llr = columns(seen)
    now, told, last = Evidence(), [], None
    for at, (t, r, h, value) in enumerate(zip(time, run, horizon, llr, strict=True)):
        new = None if last is None or run[last] != r else round((t - time[last]) * FPS)
        now = accumulate(now, value, int(h), window_weight(new, int(h)), float(t), MODELS, THRESHOLDS)
        told.append(now.value)
        last = at
    assert evidence(time, run, horizon, llr, MODELS, THRESHOLDS) == pytest.approx(told, abs=1e-6)


@trying(deadline=None, max_examples=60)
@given(moments)
def test_suspicion_is_what_the_guard_comes_to_window_by_window(seen: list[tuple[int, bool, int, float]]) -> None:
    time, run, _, llr = columns(seen)
    frames = news(run, time, np.full(len(time), HORIZON))
    now, told = Suspicion(), []
    for new, r, t, value in zip(frames.tolist(), run, time, llr, strict=True):
        now = suspect(now, value, new, int(r), float(t), CHANGE)
        told.append(now.value)
    assert suspicion(time, run, llr, CHANGE) == pytest.approx(told, abs=1e-6)


def test_the_ratio_of_many_is_that_of_each() -> None:
    random = np.random.default_rng(0)
    mean, seconds = random.normal(0, 6, 300), np.append(0.0, random.exponential(10.0, 299))
    even = SessionModel(Spread(1.0, 0.5, 2.0, 2.0), Spread(-1.0, 0.5, 2.0, 2.0))
    for model in (SPREAD, even, SessionModel(SPREAD.impostor, SPREAD.genuine)):
        each = [call_llr(one, long, model) for one, long in zip(mean, seconds, strict=True)]
        assert call_llrs(mean, seconds, model) == pytest.approx(each, abs=1e-9)
