"""How far clips have come, and what to do next."""

from dataclasses import replace

import numpy as np
import pytest

from guard.core.items import Reason
from guard.enrolment import progress as module
from guard.enrolment.progress import Progress, progress, variety
from tests.enrolment.people import HORIZON, NEEDS, around, clip, overlapping

FLOOR = 0.01
"""Variety that is needed."""


def reached(*clips: object, reason: Reason | None = None) -> Progress:
    return progress(list(clips), NEEDS, FLOOR, reason)  # type: ignore[arg-type]


def test_shares_grow_to_one_and_no_further() -> None:
    nothing, half = reached(), reached(clip(around(0, 1.0)[:2], motion=0.25))
    assert (nothing.windows, nothing.seconds, nothing.material, nothing.motion, nothing.variety) == (0, 0, 0, 0, 0)
    assert (half.windows, half.seconds, half.material, half.motion) == (2, 1.28, 0.5, 0.5)
    all_of_it = reached(clip(around(0, 1.0)))
    assert (all_of_it.material, all_of_it.motion, all_of_it.variety) == (1, 1, 1)


def test_the_scarcer_of_seconds_and_windows_counts() -> None:
    needs = replace(NEEDS, seconds=100.0)
    assert progress([clip(around(0, 1.0))], needs, FLOOR).material == pytest.approx(8 * 16 / 25 / 100)


@pytest.mark.parametrize("spread", [0.0, 0.3, 1.0])
def test_variety_is_the_mean_distance_to_the_nearest_window_that_shares_no_frame(spread: float) -> None:
    clips = [overlapping(around(0, spread, seed, count=9), HORIZON // 2) for seed in range(2)]
    units = [(number, one.slot, one.embedding) for number, part in enumerate(clips) for one in part.windows]
    slow = [
        min(
            1 - float(unit @ other)
            for at, place, other in units
            if at != number or abs(place - slot) >= HORIZON  # half a window further on they share frames
        )
        for number, slot, unit in units
    ]
    assert variety(clips) == pytest.approx(np.mean(slow), abs=1e-5)


def test_windows_without_another_that_shares_no_frame_have_no_variety() -> None:
    assert variety([]) == 0
    assert variety([clip(around(0, 1.0)[:1])]) == 0
    assert variety([overlapping(around(0, 1.0, count=HORIZON), 1)]) == 0


def test_a_loop_of_any_length_that_comes_again_has_no_variety() -> None:
    for turn in (2, 3, 5):
        once = around(0, 1.0, count=turn)
        assert variety([clip(np.tile(once, (3, 1)))]) == pytest.approx(0, abs=1e-5)
        assert variety([clip(once)]) > 0.4


def test_the_same_clip_under_other_names_has_no_variety() -> None:
    rows = around(0, 1.0)
    assert variety([clip(rows, name) for name in "abc"]) == pytest.approx(0, abs=1e-5)


def test_of_long_material_some_windows_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = around(0, 1.0, count=60)
    whole = variety([clip(rows)])
    monkeypatch.setattr(module, "LOOKED_AT", 20)
    assert variety([clip(rows)]) == pytest.approx(whole, rel=0.1)
    assert variety([clip(np.tile(rows, (2, 1)))]) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(
    ("reason", "advised"),
    [
        (Reason.FROZEN, "the picture stands still: look whether the camera works"),
        (Reason.TOO_MUCH_FILLER, "frames are lost: send 20 a second or more over a better network"),
        (Reason.LOW_FRAME_RATE, "send 20 frames a second or more"),
        (Reason.LOOPED, "the video repeats itself: film the person anew"),
        (Reason.NO_FACE, "no face is seen: look into the camera, nearer and in better light"),
        (Reason.MULTIPLE_FACES, "several people are seen: be alone in the picture"),
        (Reason.NO_MOTION, "speak, and move the head as in a lively talk"),
        (Reason.TOO_FEW_FRAMES, ""),
    ],
)
def test_a_window_of_no_use_tells_what_to_change(reason: Reason, advised: str) -> None:
    found = reached(clip(around(0, 1.0)), reason=reason)
    assert (found.reason, found.advice) == (reason, advised)


@pytest.mark.parametrize(
    ("spread", "count", "motion", "advised"),
    [
        (1.0, 2, 1.0, "go on"),
        (0.0, 8, 1.0, "speak about something else, smile, look around"),
        (1.0, 8, 0.1, "speak, and move the head as in a lively talk"),
        (1.0, 8, 1.0, ""),
    ],
)
def test_otherwise_the_scarcest_is_brought_forward(spread: float, count: int, motion: float, advised: str) -> None:
    assert reached(clip(around(0, spread, count=count), motion=motion)).advice == advised
