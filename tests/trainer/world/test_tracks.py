import numpy as np
import pytest

from trainer.data.world.tracks import FOLDS, Track, by_driver, load_tracks, validation_drivers


def track(frames):
    ramp = np.arange(frames, dtype=np.int16)[:, None, None] * np.ones((1, 478, 3), np.int16)
    return Track(0, 0, 25.0, True, ramp)


def test_loads_every_clip_with_its_facts(motion_file):
    tracks = load_tracks(motion_file)
    assert [(one.driver, len(one)) for one in tracks[:3]] == [(0, 260), (1, 90), (1, 100)]
    assert [one.clip for one in tracks] == list(range(10))
    assert tracks[0].source_fps == 30.0
    assert not tracks[7].may_train
    assert tracks[1].displacement.shape == (90, 478, 3)


def test_clips_are_cut_where_they_begin(motion_file):
    with np.load(motion_file) as stored:
        start = stored["start"][2]
        np.testing.assert_array_equal(load_tracks(motion_file)[2].displacement[0], stored["displacement"][start])


def test_units_are_face_heights():
    assert track(10).motion(8, 1)[0, 0, 0] == pytest.approx(8 / 8192)


def test_time_turns_round_at_both_ends():
    shown = track(5).motion(-2, 11)[:, 0, 0] * 8192
    np.testing.assert_allclose(shown, [2, 1, 0, 1, 2, 3, 4, 3, 2, 1, 0])


@pytest.mark.parametrize("fold", range(FOLDS))
def test_who_may_not_train_always_validates(motion_file, fold):
    assert {6, 7} <= validation_drivers(load_tracks(motion_file), fold)


def test_folds_share_the_trainable_drivers_between_them(motion_file):
    tracks = load_tracks(motion_file)
    parts = [validation_drivers(tracks, fold) - {6, 7} for fold in range(FOLDS)]
    assert sorted(driver for part in parts for driver in part) == [0, 1, 2, 3, 4, 5]
    assert validation_drivers(tracks, 0, seed=1) != validation_drivers(tracks, 0, seed=2)


def test_grouping_by_driver(motion_file):
    assert [one.clip for one in by_driver(load_tracks(motion_file))[1]] == [1, 2]
