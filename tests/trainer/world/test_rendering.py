from dataclasses import replace

import numpy as np
import pytest

from trainer.data.world.drawn import drawn_face
from trainer.data.world.procedural import ProceduralDriver
from trainer.data.world.render import Generator
from trainer.data.world.rendering import Rendering

FRAMES = 30
CHEEKS = (50, 280, 4, 10, 152)


@pytest.fixture(scope="module")
def generator(prior):
    return Generator.of(drawn_face(2), prior, "turning")


@pytest.fixture(scope="module")
def performance():
    return ProceduralDriver(3).motion(np.random.default_rng(0), Rendering.frames_needed(FRAMES))


def fixed(**what):
    return lambda channel: replace(channel, **what)


def test_a_clean_rendering_is_the_generators_own(generator, performance):
    clip = Rendering.drawn(np.random.default_rng(0), generator, 0.0).clip(np.random.default_rng(0), performance, FRAMES)
    np.testing.assert_allclose(clip.astype(int), generator.render(performance[1 : FRAMES + 1]), atol=1)


def test_a_factor_can_be_fixed_and_the_others_stay_as_drawn(generator):
    free, bound = (
        Rendering.drawn(np.random.default_rng(5), generator, alter=alter)
        for alter in (lambda channel: channel, fixed(codec="h264", bit_rate=300_000))
    )
    assert bound.channel == replace(free.channel, codec="h264", bit_rate=300_000)
    assert bound.artefacts == free.artefacts


def test_at_fifteen_frames_a_second_slots_repeat_to_the_bit(generator, performance):
    """Noise and codec come before the grid, as in a call: filler is the very picture before it."""
    alter = fixed(source_fps=15, noise=3.0, codec="vp8")
    rendering = Rendering.drawn(np.random.default_rng(0), generator, alter=alter)
    clip = rendering.clip(np.random.default_rng(0), performance, FRAMES)
    repeats = (clip[1:] == clip[:-1]).all(axis=(1, 2))
    assert clip.shape == (FRAMES, 128, 128)
    assert repeats.mean() == pytest.approx(0.4, abs=0.05)


def test_places_follow_the_clip(generator, performance, prior):
    rendering = Rendering.drawn(np.random.default_rng(0), generator, alter=fixed(source_fps=20, shake=0.0))
    clip, places = rendering.scene(np.random.default_rng(0), performance, FRAMES, prior.shape)
    assert places.shape == (FRAMES, 8, 16, 16)
    still = (clip[1:] == clip[:-1]).all(axis=(1, 2))
    assert still.any()
    np.testing.assert_array_equal(np.abs(np.diff(places, axis=0)).max(axis=(1, 2, 3)) == 0, still)


def test_landmarks_are_of_the_very_clip(generator, performance, prior):
    """The face's own at rest; and what is drawn to play a performance is drawn as for the pictures."""
    alter = fixed(source_fps=20, stretch=1.0)
    rendering = Rendering.drawn(np.random.default_rng(3), generator, alter=alter)
    found = rendering.landmarks(np.random.default_rng(0), performance, FRAMES)
    clip = rendering.clip(np.random.default_rng(0), performance, FRAMES)
    still = (clip[1:] == clip[:-1]).all(axis=(1, 2))
    np.testing.assert_array_equal((found[1:] == found[:-1]).all(axis=(1, 2)), still)
    clean = Rendering.drawn(np.random.default_rng(0), generator, 0.0)
    found = clean.landmarks(np.random.default_rng(0), performance, FRAMES)
    expected = [[generator.axes @ point for point in frame[:, :2]] for frame in performance[1 : FRAMES + 1]]
    np.testing.assert_allclose(found - generator.face.landmarks, expected, rtol=0, atol=1e-6)


def test_jitter_is_the_same_in_landmarks_and_places(generator, performance, prior):
    """Where the landmarks jump, so does the picture: both are played from the same draw."""
    drawn = Rendering.drawn(np.random.default_rng(0), generator, 0.0)
    rendering = replace(drawn, artefacts=replace(drawn.artefacts, jitter=0.004))
    still = np.zeros_like(performance)
    found = rendering.landmarks(np.random.default_rng(1), still, FRAMES)
    _, places = rendering.scene(np.random.default_rng(1), still, FRAMES, prior.shape)
    moved, seen = found[:, list(CHEEKS)].mean(axis=1), places.mean(axis=(2, 3))[:, :2]
    other = rendering.landmarks(np.random.default_rng(2), still, FRAMES)[:, list(CHEEKS)].mean(axis=1)
    told, untold = (np.corrcoef(np.diff(one[:, 0]), np.diff(seen[:, 0]))[0, 1] for one in (moved, other))
    assert abs(told) > abs(untold) + 0.3
