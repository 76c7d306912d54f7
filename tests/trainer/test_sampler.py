"""N identities x M clips."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from trainer.sampler import identities_by_clips


@pytest.mark.slow
@given(some.lists(some.integers(0, 6), min_size=1, max_size=40), some.integers(1, 5), some.integers(0, 9))
def test_every_identity_drawn_gives_as_many_clips(names: list[int], clips: int, seed: int) -> None:
    labels = np.array(names)
    identities = len(set(names))
    places = identities_by_clips(np.random.default_rng(seed), labels, identities, clips)
    drawn = labels[places].reshape(identities, clips)
    assert (drawn == drawn[:, :1]).all()
    assert sorted(drawn[:, 0].tolist()) == sorted(set(names))


def test_no_clip_comes_twice_before_all_came_once() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    places = identities_by_clips(np.random.default_rng(0), labels, 2, 3)
    assert sorted(places.tolist()) == [0, 1, 2, 3, 4, 5]
    twice = identities_by_clips(np.random.default_rng(0), labels, 1, 6)
    assert np.unique(twice, return_counts=True)[1].tolist() == [2, 2, 2]


def test_fewer_drivers_than_asked_for_are_refused() -> None:
    with pytest.raises(ValueError, match="3 identities were asked for and there are 2"):
        identities_by_clips(np.random.default_rng(0), np.array([4, 4, 9]), 3, 2)
