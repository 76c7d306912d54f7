"""Speed and cost of a run, by a clock that the test turns."""

import pytest

from trainer.pace import Pace, cost
from trainer.presets import PRESETS


def test_reports_do_not_count() -> None:
    now = [0.0]
    pace = Pace(1000, clock=lambda: now[0])
    now[0] = 4.0
    pace.advanced(200)
    assert pace.frames_per_second == 50
    now[0] = 100.0
    pace.pause_over()
    now[0] = 102.0
    pace.advanced(200)
    assert pace.frames_per_second == 100


def test_hours_are_said_once_the_speed_is_known() -> None:
    now = [0.0]
    pace = Pace(1000, clock=lambda: now[0])
    said = []
    for step in range(1, 6):
        now[0] += 1.0
        pace.advanced(200)
        said.append(pace.outlook(step))
    # 997 steps of 200 frames are left, at 200 frames a second.
    assert said == [None, None, "200 frames/s: 0.3 hours for the 0.20 M frames left", None, None]


@pytest.mark.parametrize(("name", "millions"), [("paper", "245.76 M"), ("cpu", "0.31 M")])
def test_a_preset_says_what_it_costs(name: str, millions: str) -> None:
    assert cost(PRESETS[name]).endswith(f"{millions} frames in all")
    assert cost(PRESETS["paper"]).startswith("30000 steps of 16 drivers x 8 clips x 64 frames: ")
