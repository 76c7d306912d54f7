"""The cast is drawn from the seed and nothing else, and its people are different ones."""

import pytest

from guard.demo.cast import REFERENCES, SWAP_WINDOW, draw_cast


def test_a_seed_repeats_its_cast() -> None:
    assert draw_cast(7) == draw_cast(7)


def test_seeds_differ_in_people_faces_and_moment() -> None:
    casts = [draw_cast(seed) for seed in range(20)]
    assert len({actor.driver for cast in casts for actor in cast}) == 40
    assert len({actor.clip.face for cast in casts for actor in cast}) == 40
    assert len({cast[1].swap_after for cast in casts}) > 10
    assert len({actor.name for cast in casts for actor in cast}) > 10


@pytest.mark.parametrize("seed", range(10))
def test_only_the_second_loses_its_driver_to_a_third_person(seed: int) -> None:
    honest, taken_over = draw_cast(seed)
    assert honest.swap_after is None
    assert taken_over.swap_after is not None
    assert SWAP_WINDOW[0] <= taken_over.swap_after <= SWAP_WINDOW[1]
    assert len({honest.driver, taken_over.driver, taken_over.swap_driver}) == 3
    assert honest.name != taken_over.name


@pytest.mark.parametrize("seed", range(10))
def test_references_are_other_clips_than_the_call(seed: int) -> None:
    for actor in draw_cast(seed):
        assert len(actor.references) == REFERENCES
        assert len({actor.clip.take, *(clip.take for clip in actor.references)}) == REFERENCES + 1
