import numpy as np
import pytest

from trainer.data.world.casting import SEEDS, Cast
from trainer.data.world.procedural import ProceduralDriver


def drivers_of(cast):
    return {track.driver for one in cast.real for track in one.tracks}


@pytest.mark.parametrize("seed", [0, 1])
def test_every_driver_who_may_train_is_held_out_once_in_five_folds(motion_file, seed):
    held_out = [drivers_of(Cast(motion_file, "validation", seed, fold)) for fold in range(5)]
    assert all({6, 7} <= held for held in held_out)  # they may not train
    times = np.bincount([who for held in held_out for who in held - {6, 7}])
    assert times.tolist() == [1] * 6


@pytest.mark.parametrize("fold", range(5))
def test_nobody_is_in_both_splits(motion_file, fold):
    train, validation = (Cast(motion_file, split, 0, fold) for split in ("train", "validation"))
    assert not drivers_of(train) & drivers_of(validation)
    assert drivers_of(train) | drivers_of(validation) == set(range(8))


def test_without_tracks_all_drivers_are_invented_and_differ():
    drivers = Cast(None, "train", 0, 0).some(np.random.default_rng(0), 4)
    assert all(isinstance(driver, ProceduralDriver) for driver in drivers)
    assert len({driver.style.syllable_rate for driver in drivers}) == 4
    assert SEEDS["validation"] - SEEDS["train"] == 2**31


def test_a_driver_has_one_frame_rate(motion_file):
    rates = [{track.source_fps for track in one.tracks} for one in Cast(motion_file, "train", 0, 1).real]
    assert all(len(rate) == 1 for rate in rates)
