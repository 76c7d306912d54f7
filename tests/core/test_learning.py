"""What a call teaches: only the newest windows of a long time without a doubt."""

import numpy as np
import pytest

from guard.core import learning as module
from guard.core.items import Decision, Measurement
from guard.core.learning import LONG, MOST, Learning

STEP = 3.0
"""Seconds from a window to the next; they share no frame."""


def window(number: float, run: int = 0) -> Measurement:
    embedding = np.full(256, number, np.float32)
    return Measurement(number * STEP, 64, embedding, None, 1.0, 0.0, run, int(number * STEP * 25))


def taught(*decisions: Decision, count: int = 300, first: int = 0) -> Learning:
    """Windows that led to the decisions, one after the other, and then to VERIFIED until there are `count`."""
    learning = Learning()
    told = [*decisions, *[Decision.VERIFIED] * (count - len(decisions))]
    for number, decision in enumerate(told, first):
        learning.see(window(number), decision)
    return learning


def test_the_newest_windows_of_a_long_call_are_kept() -> None:
    found = taught().embeddings
    assert found is not None
    assert found.shape == (MOST, 256)
    assert (found[0, 0], found[-1, 0]) == (300 - MOST, 299)


def test_a_call_that_is_not_long_teaches_nothing() -> None:
    enough = int(LONG / STEP) + 1
    assert taught(count=enough).embeddings is not None
    assert taught(count=enough - 1).embeddings is None


@pytest.mark.parametrize("decision", [Decision.UNCERTAIN, Decision.COLLECTING])
def test_an_interruption_begins_anew(decision: Decision) -> None:
    assert taught(*[Decision.VERIFIED] * 250, decision).embeddings is None
    assert taught(*[Decision.VERIFIED] * 250, decision, count=600).embeddings is not None


def test_a_suspicion_is_not_forgotten() -> None:
    assert taught(*[Decision.VERIFIED] * 10, Decision.IMPOSTOR_SUSPECTED, count=900).embeddings is None


def test_a_pause_begins_anew() -> None:
    learning = taught(count=150)
    for number in range(160, 310):
        learning.see(window(number), Decision.VERIFIED)
    assert learning.embeddings is None


def test_windows_that_share_frames_count_once() -> None:
    learning = Learning()
    for number in range(3100):
        learning.see(window(number / 15), Decision.VERIFIED)
    found = learning.embeddings
    assert found is not None
    assert np.diff(found[:, 0]).min() * STEP * 25 >= 64


def test_too_few_windows_teach_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is long enough, but has a window every nine seconds only."""
    monkeypatch.setattr(module, "LONG", 200.0)
    learning = Learning()
    for number in range(29):
        learning.see(window(number * 2.9), Decision.VERIFIED)
    assert learning.embeddings is None
    learning.see(window(29 * 2.9), Decision.VERIFIED)
    assert learning.embeddings is not None
