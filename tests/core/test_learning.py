"""What a call teaches: only the newest windows of a long time without a doubt."""

import numpy as np
import pytest

from guard.core import learning as module
from guard.core.items import Decision, Measurement
from guard.core.learning import LONG, MOST, Learning, addition

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


def axis(number: int, count: int) -> np.ndarray:
    return np.tile(np.eye(256, dtype=np.float32)[number], (count, 1))


def test_a_template_takes_up_a_quarter_of_what_was_enrolled_in_all() -> None:
    enrolled = [axis(0, 20), axis(0, 20)]
    for adapted, room in ((0, 10), (7, 3)):
        added = addition(enrolled, adapted, axis(0, 60), 0.9)
        assert added is not None
        assert len(added) == room
    assert addition(enrolled, 10, axis(0, 60), 0.9) is None
    assert addition([], 0, axis(0, 60), 0.9) is None
    few = addition(enrolled, 0, axis(0, 4), 0.9)
    assert few is not None
    assert len(few) == 4


def test_a_template_takes_up_nothing_that_is_unlike_what_was_enrolled() -> None:
    half = np.concatenate([axis(0, 30), axis(1, 30)])  # a mean score of .5
    assert addition([axis(0, 40)], 0, half, 0.49) is not None
    assert addition([axis(0, 40)], 0, half, 0.51) is None
