"""Plots are pictures in which what was given can be found again; how they look, eyes must tell."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from scipy.special import ndtri

from trainer.tables import plots
from trainer.tables.figures import Curve, Figure

pytestmark = pytest.mark.slow


def figure(row: str, system: str, value: float = 0.8) -> Figure:
    return Figure("Table", row, system, "AUC", value, value - 0.1, value + 0.05, "9 trials")


FIGURES = [figure(row, system) for row in ("1", "2.5", "40") for system in ("ours", "pixels")]


def colours(path: Path) -> set[tuple[int, ...]]:
    picture = (imread(path)[..., :3] * 255).round().astype(int)
    return set(map(tuple, picture.reshape(-1, 3).tolist()))


def rgb(number: int) -> tuple[int, ...]:
    return tuple(bytes.fromhex(plots._colour(number)[1:]))


@pytest.mark.parametrize("plot", [plots.plot_rows, plots.plot_line])
def test_every_system_has_its_colour(plot, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    plot(tmp_path / "both.png", FIGURES)
    plot(tmp_path / "one.png", FIGURES[::2])
    assert {rgb(0), rgb(1)} <= colours(tmp_path / "both.png")
    assert rgb(0) in colours(tmp_path / "one.png")
    assert rgb(1) not in colours(tmp_path / "one.png")


def test_a_table_of_more_rows_is_taller(tmp_path: Path) -> None:
    plots.plot_rows(tmp_path / "few.png", FIGURES[:2])
    plots.plot_rows(tmp_path / "many.png", [figure(f"row {n}", "ours") for n in range(20)])
    assert imread(tmp_path / "many.png").shape[0] > 2 * imread(tmp_path / "few.png").shape[0]


def test_an_interval_beside_its_value_is_drawn_all_the_same(tmp_path: Path) -> None:
    plots.plot_rows(tmp_path / "odd.png", [Figure("Table", "row", "ours", "AUC", 0.9, 0.5, 0.8, "")])
    assert rgb(0) in colours(tmp_path / "odd.png")


@pytest.mark.parametrize("plot", [plots.plot_rows, plots.plot_line])
def test_a_figure_without_an_interval_is_drawn_without_one(plot, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    plot(tmp_path / "few.png", [Figure("Table", "1.5", "ours", "AUC", 0.9, None, None, "")])
    assert rgb(0) in colours(tmp_path / "few.png")


def test_a_matrix_may_have_holes(tmp_path: Path) -> None:
    plots.plot_matrix(tmp_path / "full.png", ("lia", "tps"), np.array([[0.9, 0.6], [0.7, 1.0]]), "ours")
    plots.plot_matrix(tmp_path / "hole.png", ("lia", "tps"), np.array([[0.9, np.nan], [0.7, 1.0]]), "ours")
    full, hole = imread(tmp_path / "full.png"), imread(tmp_path / "hole.png")
    assert full.shape == hole.shape
    changed = np.argwhere((full != hole).any(axis=2))
    assert changed.min(axis=0)[1] > full.shape[1] // 2  # the hole is in the right column


def test_det_axes_are_normal_deviates_and_perfect_rates_stay_finite() -> None:
    np.testing.assert_allclose(plots._deviates(np.array([0.1, 0.5])), ndtri([0.1, 0.5]))
    assert np.isfinite(plots._deviates(np.array([0.0, 1.0]))).all()


def test_det_panels_stand_side_by_side(tmp_path: Path) -> None:
    curves = [Curve(s, "same face", np.array([1.0, 0.3, 0.0]), np.array([0.0, 0.2, 1.0])) for s in ("ours", "pixels")]
    plots.plot_det(tmp_path / "one.png", {"same face": curves})
    plots.plot_det(tmp_path / "two.png", {"same face": curves, "ours": curves[:1]})
    assert imread(tmp_path / "two.png").shape[1] == 2 * imread(tmp_path / "one.png").shape[1]
    assert {rgb(0), rgb(1)} <= colours(tmp_path / "one.png")
