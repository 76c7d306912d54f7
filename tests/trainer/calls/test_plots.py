"""Plots show every point, and never as never."""

from pathlib import Path

import pytest

from guard.core.policy import WATCHED, Point
from trainer.calls import plots


@pytest.mark.slow
def test_the_plot_of_delays_keeps_points_without_events_and_names_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvas, axes = plots._canvas()
    monkeypatch.setattr(plots, "_canvas", lambda: (canvas, axes))
    points = (Point(5.0, 9.0, 3.0, 40.0, 0.97, 4, 100.0), Point(8.0, 1.7, 12.0, WATCHED, 0.8, 0, 100.0))
    plots.plot_delays(tmp_path / "delays.png", {"take-over": (points, 8.0)}, 20)
    assert (tmp_path / "delays.png").stat().st_size > 0
    _, median, late, dot = [line.get_xydata().tolist() for line in axes.lines]
    assert (median, late) == ([[9.0, 3.0], [1.7, 12.0]], [[9.0, 40.0], [1.7, WATCHED]])
    assert dot == [[1.7, 12.0]], "as chosen, though nobody was accused"
    names = {label.get_text(): place for place, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)}
    assert names["never"] == WATCHED
    assert "20 drivers that thresholds were chosen by" in axes.get_title()
