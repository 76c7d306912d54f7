"""Frames refuse what cannot be a frame, so that nothing downstream has to."""

import dataclasses
import math

import numpy as np
import pytest

from guard.core.errors import FrameError
from guard.core.items import Decision, Frame, Reason
from tests.core.helpers import grey


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((128, 127), np.uint8), np.zeros((1, 128, 128), np.uint8), np.zeros((128, 128), np.float32), np.zeros(0)],
)
def test_pixels_of_another_shape_or_type_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(FrameError, match=r"is not 128x128 of uint8; reduce") as caught:
        Frame(pixels, 0.0)
    assert caught.value.field == "pixels"


@pytest.mark.parametrize("time", [math.nan, math.inf, -math.inf])
def test_a_time_that_is_no_time_is_refused(time: float) -> None:
    with pytest.raises(FrameError) as caught:
        Frame(grey(0), time)
    assert caught.value.field == "time"


def test_items_are_frozen() -> None:
    frame = Frame(grey(0), 1.0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        frame.time = 2.0  # type: ignore[misc]


def test_decisions_and_reasons_are_their_own_names() -> None:
    assert [*map(str, Decision)] == [decision.name for decision in Decision]
    assert f"{Reason.NO_MOTION}" == "NO_MOTION"
