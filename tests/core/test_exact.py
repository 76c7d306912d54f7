"""Whatever streams go through, what is measured equals the whole window computed afresh; with the fake engine.

The same with the real model: tests/test_streaming_exact.py.
"""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from guard.core.extractor import Extractor
from guard.core.items import Measurement, Reason
from guard.core.obstacle import MOST_FILLER
from guard.core.window import EDGE
from tests.core.fakes import FakeEngine, whole_clip
from tests.core.helpers import noise
from tests.core.plans import Life, Segment, life, play, segments, window_of

HORIZONS = (5, 9, 14)
PICTURES = noise(50, seed=4)


def assert_measured(one: Life, measured: list[Measurement], stride: int) -> None:
    """All that was due was measured, and rightly."""
    due = [(run, slot) for run, rows in enumerate(one.runs) for slot in range(len(rows)) if (slot - 4) % stride == 0]
    assert [(m.run, m.slot) for m in measured] == due
    for m in measured:
        assert m.horizon == max((horizon for horizon in HORIZONS if horizon <= m.slot + 1), default=0)
        if m.embedding is not None:
            assert np.abs(m.embedding - whole_clip(window_of(one, m))).max() < 1e-5
            assert set(m.shorter) == {horizon for horizon in HORIZONS if horizon < m.horizon}
            for horizon, embedding in m.shorter.items():
                assert np.abs(embedding - whole_clip(window_of(one, m)[-horizon:])).max() < 1e-5
        elif m.horizon:
            repeated = sum(a is b for a, b in zip(one.runs[m.run][:-1], one.runs[m.run][1:], strict=True))
            assert m.reason is Reason.TOO_MUCH_FILLER
            assert repeated / m.horizon > MOST_FILLER
        else:
            assert m.reason is Reason.TOO_FEW_FRAMES


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(some.lists(segments(30), min_size=1, max_size=4), some.integers(1, 7), some.randoms(use_true_random=False))
def test_streamed_windows_equal_whole_windows(plans: list[list[Segment]], stride: int, random: Random) -> None:
    lives = [life(plan, np.roll(PICTURES, 7 * n, axis=0)) for n, plan in enumerate(plans)]
    extractor = Extractor(FakeEngine(), HORIZONS, stride, 0.0, least_fps=0.01, edge=EDGE)  # plans drop as they like
    measured = play(extractor, [extractor.open() for _ in lives], lives, random)
    for one, of_one in zip(lives, measured, strict=True):
        assert_measured(one, of_one, stride)
