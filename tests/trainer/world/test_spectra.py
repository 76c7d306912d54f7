import numpy as np
import pytest

from trainer.data.world.spectra import BAND_EDGES, BANDS, FPS, band_covariance, band_of, coloured_noise


@pytest.mark.parametrize(("hertz", "band"), [(0.1, 0), (0.5, 1), (2.0, 2), (3.0, 3), (5.0, 4), (9.0, BANDS)])
def test_bands(hertz, band):
    assert band_of(np.array([hertz]))[0] == band


@pytest.mark.parametrize("band", range(1, BANDS))
def test_a_sine_has_its_power_in_its_band(band):
    hertz = (BAND_EDGES[band] + BAND_EDGES[band + 1]) / 2
    sine = np.sin(2 * np.pi * hertz * np.arange(750) / FPS)[:, None].astype(np.float32)
    power = band_covariance(sine)[:, 0, 0]
    assert power.argmax() == band
    assert power[band] > 0.75 * power.sum()


def test_bands_sum_to_the_variance():
    series = np.random.default_rng(0).normal(size=(2000, 2)).astype(np.float32)
    smooth = np.stack([np.convolve(channel, np.hanning(9), "valid") for channel in series.T], axis=1)
    total = band_covariance(smooth).sum(axis=0)
    np.testing.assert_allclose(np.diag(total), smooth.var(axis=0), rtol=0.15)


def test_noise_has_the_covariance_it_was_asked_for():
    mixing = np.zeros((BANDS, 2, 2))
    mixing[2] = [[1.0, 0.0], [0.8, 0.6]]
    mixing[4] = [[0.3, 0.0], [0.0, 0.1]]
    noise = coloured_noise(np.random.default_rng(1), 20000, mixing)
    measured = band_covariance(noise)
    np.testing.assert_allclose(measured[2], mixing[2] @ mixing[2].T, atol=0.2)
    np.testing.assert_allclose(measured[4], mixing[4] @ mixing[4].T, atol=0.03)
    np.testing.assert_allclose(np.cov(noise.T), mixing[2] @ mixing[2].T + mixing[4] @ mixing[4].T, atol=0.05)


def test_noise_repeats_by_seed_only():
    mixing = np.ones((BANDS, 1, 1))
    first, again, other = (coloured_noise(np.random.default_rng(seed), 30, mixing) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_a_short_series_is_one_segment():
    assert band_covariance(np.ones((20, 3), np.float32)).shape == (BANDS, 3, 3)
