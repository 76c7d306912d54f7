"""A report's folder: the words, the pictures they name, and the numbers behind them."""

import csv
import json
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from guard.core.errors import InputError
from trainer.tables.figures import Curve, Figure
from trainer.tables.report import Report, markdown, matrix, write_report
from trainer.tables.slices import MATRIX, MOTION, NOTES, SECONDS, cell


def figure(table: str, row: str, system: str = "ours", measure: str = "AUC", value: float = 0.75) -> Figure:
    return Figure(table, row, system, measure, value, 0.5, 0.875, "3 genuine, 9 impostor trials")


FIGURES = [
    figure(MOTION, "least motion"),
    figure(MOTION, "least motion", measure="EER", value=0.25),
    figure(MOTION, "least motion", system="pixels", value=0.5),
    figure(MOTION, "most | motion"),
    figure(SECONDS, "0.64"),
    figure(SECONDS, "2.56", value=0.8),
    figure(MATRIX, cell("lia", "tps"), value=0.625),
    figure(MATRIX, cell("lia", "tps"), system="pixels", value=0.1),
]
CURVE = Curve("ours", "same face", np.array([1.0, 0.25, 0.0]), np.array([0.0, 0.5, 1.0]))
REPORT = Report("A bundle", ["What it is."], FIGURES, {"same face": [CURVE], "ours": [CURVE]}, ("lia", "tps"), NOTES)


@pytest.mark.slow
def test_every_picture_is_there_and_every_table_under_its_title(tmp_path: Path) -> None:
    write_report(tmp_path / "new" / "report", REPORT)
    folder = tmp_path / "new" / "report"
    text = (folder / "report.md").read_text()
    assert re.findall(r"^#+ (.*)", text, re.MULTILINE) == [
        *("A bundle", MOTION, SECONDS, MATRIX, "Detection error trade-off"),
    ]
    pictures = re.findall(r"!\[[^]]*\]\(([^)]*)\)", text)
    assert sorted(pictures) == sorted(path.name for path in folder.glob("*.png"))
    assert len(pictures) == 4
    assert NOTES[SECONDS] in text


@pytest.mark.slow
def test_numbers_are_the_same_in_both_forms(tmp_path: Path) -> None:
    write_report(tmp_path / "report", REPORT)
    for name, count in (("figures", len(FIGURES)), ("det", 3)):
        with (tmp_path / "report" / f"{name}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        facts = json.loads((tmp_path / "report" / f"{name}.json").read_text())
        assert rows == [{key: str(value) for key, value in fact.items()} for fact in facts]
        assert len(rows) == count
    assert json.loads((tmp_path / "report" / "figures.json").read_text()) == [asdict(f) for f in FIGURES]


def test_a_table_has_a_column_for_each_system_and_measure() -> None:
    assert markdown(FIGURES[:4]).splitlines() == [
        "|  | AUC, ours | EER, ours | AUC, pixels | on |",
        "| --- | --- | --- | --- | --- |",
        "| least motion | 0.750 (0.500 to 0.875) | 0.250 (0.500 to 0.875) | 0.500 (0.500 to 0.875) "
        "| 3 genuine, 9 impostor trials |",
        "| most \\| motion | 0.750 (0.500 to 0.875) |  |  | 3 genuine, 9 impostor trials |",
    ]


def test_a_figure_without_an_interval_says_so() -> None:
    few = Figure(MOTION, "least motion", "ours", "AUC", 0.75, None, None, "3 genuine, 9 impostor trials")
    assert "| least motion | 0.750 (no interval) | 3 genuine" in markdown([few])


@pytest.mark.slow
def test_a_row_that_cannot_be_measured_is_in_the_table_and_not_in_its_plot(tmp_path: Path) -> None:
    why = "not measurable: 0 genuine, 9 impostor trials"
    missing = [Figure(table, "second quarter", "ours", "AUC", None, None, None, why) for table in (MOTION, SECONDS)]
    write_report(tmp_path / "report", Report("A bundle", [], [FIGURES[0], *missing], {}, (), NOTES))
    text = (tmp_path / "report" / "report.md").read_text()
    assert text.count(f"| second quarter | not measurable | {why} |") == 2
    assert [path.name for path in (tmp_path / "report").glob("*.png")] == ["motion-of-the-test-clip.png"]
    assert re.findall(r"!\[[^]]*\]\(([^)]*)\)", text) == ["motion-of-the-test-clip.png"]
    facts = json.loads((tmp_path / "report" / "figures.json").read_text())
    assert [fact["value"] for fact in facts] == [0.75, None, None]


def test_the_matrix_shows_the_first_system_enrolled_down_and_verified_across() -> None:
    hole = Figure(MATRIX, cell("lia", "lia"), "ours", "AUC", None, None, None, "")
    found = matrix([*FIGURES[6:], hole], ("lia", "tps"))
    assert found[0, 1] == 0.625
    assert np.isnan(found).sum() == 3


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        write_report(tmp_path / "file" / "report", REPORT)
