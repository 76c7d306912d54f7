import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from trainer.data.world.casting import SEEDS
from trainer.data.world.circumstances import ACTIVITIES
from trainer.data.world.drivers import RealDriver, RestyledDriver
from trainer.data.world.procedural import ProceduralDriver
from trainer.data.world.warp import FAMILIES
from trainer.data.world.world import AS_RECORDED, World, _time_lapse

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def invented():
    """A world without any file: procedural drivers, drawn faces."""
    return World()


@pytest.fixture(scope="module")
def worlds(motion_file, targets_file):
    return {split: World(motion_file, targets_file, split, fold=1) for split in ("train", "validation")}


def clips_of(world):
    return {track.clip for driver in world.cast.real for track in driver.tracks}


def shown_faces(world):
    return {world.looks.some(np.random.default_rng(seed)).face.picture.tobytes() for seed in range(40)}


def test_nothing_of_the_world_needs_torch():
    check = "import sys, trainer.data.world.__main__, trainer.data.world.world; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_a_batch_is_clips_and_labels(invented):
    frames, labels = invented.batch(np.random.default_rng(0), identities=3, clips=2, frames=8)
    assert frames.shape == (6, 8, 128, 128)
    assert frames.dtype == np.uint8
    assert labels.dtype == np.int64
    assert labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert np.abs(np.diff(frames.astype(int), axis=1)).mean(axis=(1, 2, 3)).min() > 0.05


def test_batches_repeat_by_seed_in_every_process(invented):
    ask = {"identities": 2, "clips": 2, "frames": 6}
    first = invented.batch(np.random.default_rng(5), **ask)[0]
    np.testing.assert_array_equal(first, World().batch(np.random.default_rng(5), **ask)[0])
    assert not np.array_equal(first, invented.batch(np.random.default_rng(6), **ask)[0])


def test_with_tracks_all_kinds_of_driver_play(worlds):
    drivers = worlds["train"].cast.some(np.random.default_rng(0), 10)
    kinds = [type(driver) for driver in drivers]
    assert [kinds.count(kind) for kind in (RealDriver, RestyledDriver, ProceduralDriver)] == [1, 5, 4]


def test_restyled_drivers_perform_what_their_sources_perform(worlds):
    drivers = worlds["train"].cast.some(np.random.default_rng(0), 10)
    sources = {id(driver._source) for driver in drivers if isinstance(driver, RestyledDriver)}
    assert sources <= {id(driver) for driver in worlds["train"].cast.real}
    assert len(sources) <= 3  # so that drivers of the same content and another style meet in a batch


def test_validation_restyles_nobody(worlds):
    drivers = worlds["validation"].cast.some(np.random.default_rng(0), 10)
    assert not any(isinstance(driver, RestyledDriver) for driver in drivers)


def test_splits_share_no_driver_and_no_face(worlds):
    who = {split: {track.driver for one in world.cast.real for track in one.tracks} for split, world in worlds.items()}
    assert not who["train"] & who["validation"]
    faces = {split: shown_faces(world) for split, world in worlds.items()}
    assert len(faces["train"]) > 10
    assert not faces["train"] & faces["validation"]
    assert SEEDS["validation"] - SEEDS["train"] == 2**31


@pytest.mark.parametrize("fold", range(5))
def test_what_may_not_train_does_not_train(motion_file, fold):
    train, validation = (World(motion_file, split=split, fold=fold) for split in ("train", "validation"))
    assert not {7, 8, 9} & clips_of(train)
    assert {7, 9} <= clips_of(validation)
    assert not clips_of(train) & clips_of(validation)


def test_a_batch_of_all_kinds_on_both_kinds_of_faces(worlds):
    frames, labels = worlds["train"].batch(np.random.default_rng(0), identities=6, clips=2, frames=8)
    assert frames.shape == (12, 8, 128, 128)
    assert np.bincount(labels).tolist() == [2] * 6


def test_scenes_are_clips_and_the_motion_that_they_show(worlds):
    scenes = worlds["train"].scenes(np.random.default_rng(0), clips=9, frames=3)
    assert scenes.frames.shape == (9, 3, 128, 128)
    assert scenes.places.shape == (9, 3, 8, 16, 16)
    seen = np.abs(np.diff(scenes.frames.astype(float), axis=1)).mean(axis=(1, 2, 3))
    moved = np.abs(np.diff(scenes.places, axis=1)).mean(axis=(1, 2, 3, 4))
    assert (moved > 0).all()
    assert np.corrcoef(np.argsort(np.argsort(seen)), np.argsort(np.argsort(moved)))[0, 1] > 0.3


def test_scenes_repeat_by_seed(invented):
    first, second = (invented.scenes(np.random.default_rng(3), clips=2, frames=2) for _ in range(2))
    np.testing.assert_array_equal(first.frames, second.frames)
    np.testing.assert_array_equal(first.places, second.places)


@pytest.mark.parametrize("length", [70, 320])
def test_a_time_lapse_shows_frames_evenly_apart_and_never_beyond_the_end(length):
    motion, lapses = np.arange(length, dtype=np.float32), set()
    for seed in range(30):
        shown = _time_lapse(np.random.default_rng(seed), motion, 8)
        assert len(shown) == 8
        lapses |= set(np.diff(shown))
    assert lapses == {1.0, 2.0, 3.0}


def test_trials_say_who_drives_what(worlds):
    trials = worlds["validation"].validation_trials(np.random.default_rng(0), frames=16, drivers=2, faces=2, clips=2)
    count = (len(worlds["validation"].cast.real) + 2) * 4
    assert trials.frames.shape == (count, 16, 128, 128)
    assert trials.driver.tolist() == sorted(trials.driver.tolist())
    assert set(trials.face.tolist()) == {0, 1}
    assert (trials.kind == "procedural").sum() == 8
    assert set(trials.group[trials.kind == "real"].tolist()) <= {25.0, 30.0}
    assert set(trials.group[trials.kind == "procedural"].tolist()) == {0.0}


def test_trials_say_session_activity_and_family(worlds):
    trials = worlds["validation"].validation_trials(np.random.default_rng(1), frames=8, drivers=3, faces=2, clips=2)
    invented = trials.kind == "procedural"
    assert trials.session[invented].reshape(3, 2, 2).tolist() == [[[0, 0], [0, 1]]] * 3
    assert set(trials.session[~invented]) == {0}
    assert set(trials.activity[invented]) <= set(ACTIVITIES)
    assert set(trials.activity[~invented]) == {AS_RECORDED}
    assert [set(trials.family[trials.face == face]) for face in (0, 1)] == [{family} for family in FAMILIES[:2]]


def test_a_table_can_fix_the_family_and_the_channel():
    asked = {"frames": 20, "drivers": 2, "faces": 2, "clips": 1}
    slow = World(split="validation").validation_trials(
        np.random.default_rng(0), **asked, family="keypoint", alter=lambda channel: replace(channel, source_fps=15)
    )
    assert set(slow.family) == {"keypoint"}
    repeated = (slow.frames[:, 1:] == slow.frames[:, :-1]).all(axis=(2, 3)).mean(axis=1)
    assert (repeated > 0.3).all()


def test_a_repeated_stretch_is_marked(worlds):
    trials = worlds["validation"].validation_trials(np.random.default_rng(0), frames=64, drivers=1, faces=2, clips=2)
    for who in np.unique(trials.driver):
        own = trials.driver == who
        shown = len(np.unique(trials.performance[own]))
        assert shown <= 4
        assert trials.kind[own][0] == "real" or shown == 4


def test_a_world_can_be_made_again_from_its_arguments(motion_file):
    """Workers get arguments, not worlds: they are small."""
    arguments = pickle.loads(pickle.dumps({"motion": motion_file, "split": "train", "fold": 2}))
    assert clips_of(World(**arguments)) == clips_of(World(motion_file, fold=2))
