import numpy as np
import pytest

from trainer.data.world.looks import Looks
from trainer.data.world.warp import FAMILIES, RESERVED

pytestmark = pytest.mark.slow


def families(looks, count=40):
    return {looks.some(np.random.default_rng(seed)).family for seed in range(count)}


def test_without_a_word_both_splits_see_all_families():
    assert families(Looks(None, "train", 0, 0)) == set(FAMILIES) == set(Looks(None, "validation", 0, 0).families)


def test_a_family_that_is_held_out_is_validations_alone(targets_file):
    held_out = frozenset({"latent", "turning"})
    train, validation = (Looks(targets_file, split, 0, 1, held_out) for split in ("train", "validation"))
    assert families(train) == set(FAMILIES) - held_out
    assert families(validation) == held_out
    with pytest.raises(ValueError, match=r"latent.*train"):
        train.some(np.random.default_rng(0), "latent")


def test_a_reserved_family_is_shown_to_who_asks_for_it_and_never_in_training():
    train, validation = (Looks(None, split, 0, 0, frozenset(RESERVED)) for split in ("train", "validation"))
    assert families(train) == set(FAMILIES)
    assert families(validation, 5) == set(RESERVED)


def test_training_needs_a_family():
    with pytest.raises(ValueError, match="held out"):
        Looks(None, "train", 0, 0, frozenset(FAMILIES))


def test_a_family_can_be_asked_for():
    looks = Looks(None, "validation", 0, 0)
    assert {looks.some(np.random.default_rng(seed), "keypoint").family for seed in range(5)} == {"keypoint"}


def test_generators_repeat_by_seed_and_are_kept():
    looks = Looks(None, "train", 0, 0)
    first, again = (looks.some(np.random.default_rng(3)) for _ in range(2))
    assert first is again


def test_several_are_of_different_faces_and_of_the_families_in_turn():
    looks, asked = Looks(None, "validation", 0, 0), ("latent", "turning", "keypoint")
    found = looks.several(np.random.default_rng(0), 40, asked)
    assert [generator.family for generator in found] == [asked[number % 3] for number in range(40)]
    assert len({generator.face.picture.tobytes() for generator in found}) == 40
