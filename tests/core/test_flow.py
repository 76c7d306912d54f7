import numpy as np
import pytest

from guard.core.flow import flow, reduced
from guard.core.items import Gray
from tests.core.performances import picture


def moved(before: Gray, after: Gray) -> np.ndarray:
    return flow(reduced(before), reduced(after))


def at(shift: tuple[float, float], mouth: tuple[float, float] = (0.0, 0.0)) -> Gray:
    parts = np.array([mouth, (0, 0), (0, 0)])
    return picture(np.array(shift), parts).astype(np.uint8)


def test_reduced_pictures_are_means_of_squares() -> None:
    drawn = np.random.default_rng(0).integers(0, 256, (128, 128), np.uint8)
    means = drawn.reshape(32, 4, 32, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(reduced(drawn), means, atol=1e-3)


@pytest.mark.parametrize("shift", [(2.0, 0.0), (0.0, -2.0), (1.0, 1.5)])
def test_a_picture_that_shifts_moves_everywhere_and_the_right_way(shift: tuple[float, float]) -> None:
    cells = moved(at((0, 0)), at(shift))
    assert cells.mean(axis=(1, 2)) == pytest.approx(np.array(shift) / 4, abs=0.15)


def test_a_mouth_moves_where_it_is() -> None:
    cells = np.abs(moved(at((0, 0)), at((0, 0), (0.0, 4.0)))[1])
    assert cells[4:7, 3:5].mean() > 10 * cells[:2].mean()


def test_light_moves_nothing() -> None:
    before = (60 + 0.5 * at((0, 0))).astype(np.uint8)
    assert np.abs(moved(before, before + np.uint8(20))).max() < 0.02


def test_what_stands_still_does_not_move() -> None:
    before = at((0, 0))
    assert not moved(before, before).any()
    assert not moved(np.full((128, 128), 7, np.uint8), np.full((128, 128), 7, np.uint8)).any()
