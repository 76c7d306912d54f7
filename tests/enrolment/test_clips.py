"""What a clip's windows come to."""

import numpy as np
import pytest

from guard.core.items import Cut, Reason
from guard.enrolment.clips import Clip, Windows
from tests.core.fakes import FakeEngine, whole_clip
from tests.core.helpers import frames, noise, settings
from tests.enrolment.people import HORIZON, window

SETTINGS = settings(horizons=(8, HORIZON))


def of(*windows: object) -> Clip:
    return Clip("a", "monday", list(windows))  # type: ignore[arg-type]


def test_seconds_count_shared_frames_once_and_no_window_that_is_of_no_use() -> None:
    still = window(20, reason=Reason.FROZEN)
    assert of().seconds == 0
    assert of(window(15)).seconds == 16 / 25
    assert of(window(15), window(20)).seconds == 21 / 25
    assert of(window(15), still, window(40)).seconds == 32 / 25
    assert of(window(15), window(15, run=1), window(18, run=1)).seconds == 35 / 25


def test_embeddings_are_those_of_usable_windows() -> None:
    kept = of(window(15), window(23, reason=Reason.FROZEN), window(31))
    assert kept.embeddings.shape == (2, 256)
    assert kept.refused() == {"FROZEN": 1}
    assert of().embeddings.shape == (0, 256)


def test_windows_are_measured_as_their_frames_come() -> None:
    pictures = noise(40)
    windows = Windows(FakeEngine(), SETTINGS, every=8)
    found = [one for frame in frames(pictures) for one in windows.take(frame)]
    assert [one.slot for one in found] == [15, 23, 31, 39]
    for one in found:
        assert one.embedding is not None
        np.testing.assert_allclose(one.embedding, whole_clip(pictures[one.slot - 15 : one.slot + 1]), atol=1e-6)


@pytest.mark.parametrize("before", [5, 20])
def test_no_window_reaches_across_a_cut(before: int) -> None:
    sent = frames(noise(before + 16))
    windows = Windows(FakeEngine(), SETTINGS, every=4)
    for frame in sent[:before]:
        windows.take(frame)
    windows.cut(Cut.PICTURE_CHANGED)
    after = [one for frame in sent[before:] for one in windows.take(frame)]
    assert [(one.run, one.slot) for one in after] == [(1, 15)]
