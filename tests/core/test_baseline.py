"""What a call is compared with: who gets into it, when, and when it is final."""

import numpy as np
import pytest

from guard.core.baseline import LAG, LEAST, MOST, Baseline
from guard.core.scoring import make_template

HORIZON = 50
ROWS = np.random.default_rng(3).normal(size=(200, 256)).astype(np.float32)


def filled(baseline: Baseline, seconds: float, start: float = 0.0, run: int = 0, calm: bool = True) -> None:
    """A window every fifth of a second; each embedding is that of its two seconds."""
    for n in range(round(seconds * 5)):
        time = start + n / 5
        baseline.see(ROWS[int(time / 2)], float(int(time / 2)), run, time, calm=calm)


def test_it_stands_once_enough_windows_are_old_enough() -> None:
    baseline = Baseline(HORIZON, None)
    filled(baseline, LAG + 2 * (LEAST - 1))
    assert baseline.template is None
    filled(baseline, 0.4, start=LAG + 2 * (LEAST - 1))
    assert baseline.count == LEAST
    assert baseline.template == pytest.approx(make_template(ROWS[:LEAST], None), abs=1e-6)
    assert baseline.llr == pytest.approx(np.mean(range(LEAST)))


def test_the_centre_is_taken_off_what_it_is_made_of() -> None:
    centre = ROWS[150] / 3
    baseline = Baseline(HORIZON, centre)
    filled(baseline, LAG + 2 * LEAST)
    assert baseline.template == pytest.approx(make_template(ROWS[: baseline.count], centre), abs=1e-6)


def test_it_is_final_after_its_most_windows() -> None:
    baseline = Baseline(HORIZON, None)
    filled(baseline, 300)
    assert (baseline.count, baseline.frozen) == (MOST, True)
    before = baseline.template
    filled(baseline, 60, start=300.0)
    assert baseline.template is before


def test_windows_that_share_frames_count_once_and_those_of_another_run_do_not_share() -> None:
    baseline = Baseline(HORIZON, None, lag=0.0, least=1, most=9)
    for time, run in ((0.0, 0), (0.2, 0), (1.8, 0), (2.0, 0), (2.4, 1)):
        baseline.see(ROWS[0], 0.0, run, time, calm=True)
    assert baseline.count == 3


def test_while_something_speaks_of_a_change_nothing_is_admitted_and_little_waits() -> None:
    baseline = Baseline(HORIZON, None)
    filled(baseline, 100, calm=False)
    assert baseline.count == 0
    assert len(baseline._waiting) <= 2 + LAG * 25 / HORIZON


def test_who_is_doubted_leaves_nothing_behind() -> None:
    baseline = Baseline(HORIZON, None)
    filled(baseline, 8)
    baseline.doubt()
    filled(baseline, 11, start=100.0)
    assert baseline.count == 1
