"""Local contrast against loops, and what it is there for."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from trainer.models.contrast import CELL, FLOOR, SPREADING, local_contrast


def noise(seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(40, 200, (128, 128), dtype=np.uint8)


def contrast(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    return local_contrast(torch.from_numpy(frame)[None])[0, 0].numpy()


def slow_mean(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    side = 128 // CELL
    cells = np.array([[levels[CELL * y :, CELL * x :][:CELL, :CELL].mean() for x in range(side)] for y in range(side)])
    for _ in range(SPREADING):
        cells = np.array(
            [[cells[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].mean() for x in range(side)] for y in range(side)]
        )
    return cells


def slow_enlarged(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    at = (np.arange(128) + 0.5) / CELL - 0.5
    across = np.array([np.interp(at, np.arange(len(row)), row) for row in cells])
    return np.array([np.interp(at, np.arange(len(column)), column) for column in across.T]).T


def test_it_is_the_level_less_the_light_over_the_contrast_around() -> None:
    levels = noise().astype(float)
    light = slow_mean(levels)
    deviation = np.sqrt(slow_mean(levels**2) - light**2 + FLOOR**2)
    expected = (levels - slow_enlarged(light)) * slow_enlarged(1 / deviation)
    np.testing.assert_allclose(contrast(noise()), expected, atol=1e-4)


def test_more_light_or_more_contrast_changes_next_to_nothing() -> None:
    frame = noise()
    brighter = frame + np.uint8(30)
    np.testing.assert_allclose(contrast(brighter), contrast(frame), atol=1e-4)
    weaker = (frame // 2 + 50).astype(np.uint8)
    assert np.abs(contrast(weaker) - contrast(frame)).mean() < 0.03 * np.abs(contrast(frame)).mean()


def test_noise_on_an_even_wall_stays_small() -> None:
    wall = (100 + np.random.default_rng(0).integers(0, 2, (128, 128))).astype(np.uint8)
    assert np.abs(contrast(wall)).max() < 0.2


@pytest.mark.slow
def test_a_frame_is_scaled_by_itself_alone() -> None:
    frames = torch.from_numpy(np.stack([noise(1), noise(2)]))
    torch.testing.assert_close(local_contrast(frames)[1], local_contrast(frames[1:])[0], rtol=0, atol=0)
