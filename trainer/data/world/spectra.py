"""Motion as power in a few frequency bands: measured on real drivers, drawn for new ones."""

import numpy as np
from numpy.typing import NDArray

FPS = 25.0
BAND_EDGES = (0.0, 0.5, 1.2, 2.5, 4.5, 8.0)
"""Hertz. The tracks are smoothed over 0.2 s, so there is next to nothing above the last edge."""

BANDS = len(BAND_EDGES) - 1
_SEGMENT = 75  # 3 s: the length of most tracks


def band_of(frequencies: NDArray[np.floating]) -> NDArray[np.intp]:
    """The band of each frequency (Hz); beyond the last edge BANDS, which means silence."""
    return np.asarray(np.digitize(frequencies, BAND_EDGES[1:]), np.intp)


def band_covariance(series: NDArray[np.float32]) -> NDArray[np.float64]:
    """Covariance of the channels of `series` (T, C) in each band: (BANDS, C, C), summing to the whole covariance.

    Welch's method over half-overlapping Hann segments of 3 s, or the whole series where it is shorter.
    """
    length = min(_SEGMENT, len(series))
    window = np.hanning(length + 2)[1:-1]
    bands = band_of(np.fft.rfftfreq(length, 1.0 / FPS))
    total = np.zeros((BANDS, series.shape[1], series.shape[1]))
    starts = range(0, len(series) - length + 1, max(1, length // 2))
    for start in starts:
        segment = series[start : start + length]
        spectrum = np.fft.rfft((segment - segment.mean(axis=0)) * window[:, None], axis=0)
        for band in range(BANDS):
            inside = spectrum[bands == band]
            total[band] += 2.0 * (inside.conj().T @ inside).real
    return total / (len(starts) * length * float((window**2).sum()))


def coloured_noise(rng: np.random.Generator, frames: int, mixing: NDArray[np.float64]) -> NDArray[np.float32]:
    """Gaussian motion (frames, C) whose channels have covariance `mixing[b] @ mixing[b].T` in band b.

    `mixing` is (BANDS, C, C). Made in the frequency domain over a longer stretch, so that its ends do not meet.
    """
    length = max(2 * frames, 128)
    frequencies = np.fft.rfftfreq(length, 1.0 / FPS)
    bands, channels = band_of(frequencies), mixing.shape[1]
    spectrum = np.zeros((len(frequencies), channels), np.complex128)
    for band in range(BANDS):
        bins = np.flatnonzero((bands == band) & (frequencies > 0))
        noise = rng.standard_normal((2, len(bins), channels))
        spectrum[bins] = (noise[0] + 1j * noise[1]) @ mixing[band].T / (2.0 * np.sqrt(len(bins)))
    return (np.fft.irfft(spectrum, length, axis=0)[:frames] * length).astype(np.float32)
