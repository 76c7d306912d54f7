from dataclasses import replace

import numpy as np
import pytest

from trainer.data.world.drawn import drawn_face
from trainer.data.world.procedural import ProceduralDriver
from trainer.data.world.render import Generator
from trainer.data.world.rendering import Rendering

FRAMES = 30


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
