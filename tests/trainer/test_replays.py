import numpy as np
import pytest

from guard.core.items import Reason
from tests.core.performances import shown, wander
from trainer.replays import Look, detection, false_findings, joined, likeness, looked_at, sketched


@pytest.mark.slow
def test_a_recording_is_found_in_what_is_known_and_likeness_says_so() -> None:
    clip = shown(wander(330, 1))
    known = joined([sketched(shown(wander(330, 2))).rows, sketched(clip).rows])
    look = looked_at(clip, known)
    assert (look.looks, dict(look.found), look.first) == (2, {Reason.REPLAYED: 2}, pytest.approx(10.24))
    assert min(likeness(clip, known)) > 0.9
    other = shown(wander(330, 3))
    assert looked_at(other, known).found.total() == 0
    assert max(likeness(other, known)) < 0.75


def test_streams_and_looks_are_counted_apart() -> None:
    found = type(looked_at(np.zeros((0, 128, 128), np.uint8), np.zeros((0, 8), np.int8)).found)
    looks = [
        Look(6, found({Reason.REPLAYED: 3}), 10.0),
        Look(6, found(), None),
        Look(4, found({Reason.REPLAYED: 1, Reason.LOOPED: 1}), 20.0),
    ]
    counted = detection("kind", looks)
    assert (counted["streams"], counted["streams_found"], counted["first_s_median"]) == (3, 2, 15.0)
    assert (counted["looks"], counted["looks_replayed"], counted["looks_looped"]) == (16, 4, 1)
    rates = false_findings("kind", looks, frames=25 * 3600 * 2, alike=[0.1, 0.2, 0.3])
    assert (rates["hours"], rates["replayed_per_100h"], rates["still_picture_per_100h"]) == (2.0, 200.0, 0.0)
    assert (rates["correlation_median"], rates["correlation_highest"]) == (0.2, 0.3)
    assert detection("kind", [Look(6, found(), None)])["first_s_median"] is None
