import numpy as np
import pytest

from trainer.data.world.wobble import wobble


def test_it_has_its_level_in_the_picture_and_none_in_depth():
    noise = wobble(np.random.default_rng(0), 2000, 0.003)
    assert noise.shape == (2000, 478, 3)
    np.testing.assert_allclose(noise[:, ::40, :2].std(axis=0), 0.003, rtol=0.15)
    assert not noise[:, :, 2].any()


def test_neighbours_go_together_and_frames_do_not():
    noise = wobble(np.random.default_rng(0), 2000, 1.0)
    assert np.corrcoef(noise[:, 61, 0], noise[:, 146, 0])[0, 1] > 0.8
    assert np.corrcoef(noise[:, 10, 0], noise[:, 152, 0])[0, 1] == pytest.approx(0, abs=0.15)
    assert np.corrcoef(noise[:-1, 61, 0], noise[1:, 61, 0])[0, 1] == pytest.approx(0, abs=0.1)
