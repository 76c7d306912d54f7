from dataclasses import replace

import numpy as np
import pytest

from trainer.data.world.channel import LADDER, SOURCE_FPS, Channel
from trainer.data.world.drawn import drawn_face


@pytest.fixture
def clean():
    return Channel.drawn(np.random.default_rng(0), strength=0.0)


@pytest.fixture
def clip():
    return np.stack([drawn_face(3).picture] * 10)


def test_a_clean_channel_changes_nothing(clean, clip):
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(clean.seen(rng, clip), clip)
    motion = np.random.default_rng(1).normal(size=(Channel.frames_needed(10), 478, 3)).astype(np.float32)
    np.testing.assert_allclose(clean.played(motion, 10), motion[1:11], atol=1e-5)
    np.testing.assert_allclose(clean.camera(rng, 2), [[[1, 0, 0], [0, 1, 0]]] * 2, atol=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_ordinary_channels_are_within_their_ranges(seed):
    channel = Channel.drawn(np.random.default_rng(seed))
    assert channel.source_fps in (25, *SOURCE_FPS)
    assert channel.reduced in (0, *LADDER)
    assert 0.85 < channel.zoom < 1.2
    assert 80_000 <= channel.bit_rate <= 800_000


def test_every_clip_has_a_channel_of_its_own():
    rng = np.random.default_rng(0)
    assert len({Channel.drawn(rng) for _ in range(50)}) == 50


def test_thirty_frames_a_second_on_the_grid_keep_the_pace_and_lose_the_evenness(clean):
    ramp = np.arange(40, dtype=np.float32)[:, None, None] * np.ones((1, 478, 3), np.float32)
    steps = np.diff(replace(clean, source_fps=30).played(ramp, 30)[:, 0, 0])
    assert steps.mean() == pytest.approx(1.0, abs=0.02)
    assert set(np.round(steps * 6).astype(int)) == {5, 10}  # mostly one source frame on, at times two


def test_a_faster_tempo_plays_more_of_the_performance(clean):
    ramp = np.arange(40, dtype=np.float32)[:, None, None] * np.ones((1, 478, 3), np.float32)
    assert replace(clean, stretch=1.04).played(ramp, 21)[20, 0, 0] == pytest.approx(1 + 20 * 1.04, abs=1e-3)


def test_shaking_differs_from_frame_to_frame(clean):
    views = replace(clean, shake=0.002).camera(np.random.default_rng(0), 50)
    assert 0.001 < views[:, :, 2].std(axis=0).mean() < 0.004
    assert np.ptp(views[:, :, :2], axis=0).max() == 0


def test_zoom_makes_the_face_larger_about_the_middle(clean):
    view = replace(clean, zoom=2.0).camera(np.random.default_rng(0), 1)[0]
    np.testing.assert_allclose(view @ [0.5, 0.5, 1.0], [0.5, 0.5], atol=1e-6)
    np.testing.assert_allclose(view @ [1.0, 0.5, 1.0], [0.75, 0.5], atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        {"gamma": 1.4},
        {"contrast": 0.7},
        {"brightness": 20.0},
        {"drift": 10.0},
        {"blur": 0.9},
        {"reduced": 72},
        {"noise": 3.0},
        {"codec": "vp8", "bit_rate": 120_000},
    ],
)
def test_every_fault_is_seen_and_leaves_a_picture(clean, clip, fault):
    seen = replace(clean, **fault).seen(np.random.default_rng(0), clip)
    assert seen.shape == clip.shape
    assert seen.dtype == np.uint8
    error = np.abs(seen.astype(int) - clip).mean()
    assert 0.2 < error < 60


def test_noise_is_new_in_every_frame(clean, clip):
    seen = replace(clean, noise=3.0).seen(np.random.default_rng(0), clip).astype(float)
    assert np.abs(np.diff(seen, axis=0)).mean() > 1.0
