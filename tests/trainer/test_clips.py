"""Crops of Eq. 5 and Eq. 6, and padding by the last frame."""

import numpy as np
import pytest

from trainer.clips import centre_crop, padded, random_crop


def numbered(length: int) -> np.ndarray:
    """A clip whose frames are filled with their number."""
    return np.broadcast_to(np.arange(length, dtype=np.uint8)[:, None, None], (length, 2, 2))


def numbers(clip: np.ndarray) -> list[int]:
    return clip[:, 0, 0].tolist()


def test_short_clips_repeat_their_last_frame() -> None:
    assert numbers(padded(numbered(3), 6)) == [0, 1, 2, 2, 2, 2]
    assert numbers(padded(numbered(3), 2)) == [0, 1, 2]
    assert numbers(centre_crop(numbered(2), 4)) == [0, 1, 1, 1]
    assert numbers(random_crop(numbered(1), 3, np.random.default_rng(0))) == [0, 0, 0]


def test_an_empty_clip_cannot_be_padded() -> None:
    with pytest.raises(ValueError, match="without frames"):
        padded(numbered(0), 4)


@pytest.mark.parametrize(("length", "first"), [(4, 0), (5, 0), (6, 1), (11, 3)])
def test_the_centre_crop_leaves_as_much_before_as_after(length: int, first: int) -> None:
    assert numbers(centre_crop(numbered(length), 4)) == list(range(first, first + 4))


def test_random_crops_are_consecutive_and_start_everywhere() -> None:
    rng, starts = np.random.default_rng(0), set()
    for _ in range(200):
        found = numbers(random_crop(numbered(10), 4, rng))
        assert found == list(range(found[0], found[0] + 4))
        starts.add(found[0])
    assert starts == set(range(7))
