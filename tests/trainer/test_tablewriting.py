"""Tables as they are written: every number where it belongs, and the paper's beside it only where it has one."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trainer.papertables import TABLES, TRIVIAL
from trainer.reproduce import COUNTERPARTS
from trainer.systems import PUBLISHED, STRICT
from trainer.tablewriting import Measured, draw_matrix, markdown, write_table

NVFAIR = COUNTERPARTS["nvfair"]


def figures(base: float) -> list[dict[str, Any]]:
    """AUCs base, base + .01, ... over all generators, then on each; the strict protocol's are .1 lower."""
    return [
        {
            "protocol": protocol,
            "generator": generator,
            "value": base + 0.01 * n - (0.1 if protocol == STRICT else 0.0),
            "low": 0.5,
            "high": 0.9,
            "targets": 35,
            "pairs": 1000 + n,
        }
        for protocol in (PUBLISHED, STRICT)
        for n, generator in enumerate((None, *NVFAIR))
    ]


def measured(number: int, layout: str = "nvfair", **found: float) -> Measured:
    named = {label.replace("_from_", " "): figures(base) for label, base in found.items()}
    return Measured(TABLES[number], COUNTERPARTS[layout], named, layout, "9 videos")


def rows(lines: list[str], label: str) -> list[list[str]]:
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith(f"| {label} |")]
    return [row[1:] for row in cells]


def test_every_cell_stands_beside_the_papers() -> None:
    lines = markdown(measured(3, FEAT_DIFF=0.8))
    published, strict = rows(lines, "FEAT_DIFF")
    assert published[:4] == ["0.800 (0.500 to 0.900)", "0.877", "0.810 (0.500 to 0.900)", "0.869"]
    assert published[4:] == ["0.820 (0.500 to 0.900)", "0.880", "0.830 (0.500 to 0.900)", "0.882"]
    assert [cell[:5] for cell in strict] == ["0.700", "0.710", "0.720", "0.730"]
    assert rows(lines, "PIXEL_DIFF")[0][:2] == ["-", "0.861"]
    assert rows(lines, "NVFAIR landmark baseline") == [["-", "0.853", "-", "0.870", "-", "0.850", "-", "0.840"]]
    assert "| | Overall | paper | facevid2vid | paper | tps | paper | lia | paper |" in lines


@pytest.mark.slow
def test_trivial_systems_are_rows_of_every_table_without_a_number_of_the_paper(tmp_path: Path) -> None:
    for number in TABLES:
        found = replace(measured(number), found={row.label: figures(0.6) for row in TRIVIAL})
        names = ["motion energy", "pixels", "untrained network (F5C, FEAT_DIFF)"]
        for name in names:
            published, strict = rows(markdown(found), name)
            assert published[-2:] == ["0.630 (0.500 to 0.900)", "-"]
            assert strict[-1] == "0.530 (0.500 to 0.900)"
        with write_table(tmp_path, number, found)[1].open() as file:
            cells = [cell for cell in csv.DictReader(file) if cell["system"] in names]
        assert len(cells) == 3 * 2 * len(found.columns)
        assert {cell["paper"] for cell in cells} == {""}
    assert not rows(markdown(measured(3)), "pixels")  # not measured


def test_a_cell_that_cannot_be_measured_says_so() -> None:
    found = measured(6, STATIC=0.6)
    found.found["STATIC"] = [figure for figure in found.found["STATIC"] if figure["generator"] != "lia"]
    lines = markdown(found)
    assert rows(lines, "STATIC")[0][-2:] == ["not measurable", "0.630"]
    assert rows(lines, "RAW_FEAT")[0][-2:] == ["-", "0.682"]
    assert "Not measurable: no target has both genuine and impostor trials there." in lines
    assert not any("Not measurable" in line for line in markdown(measured(6, STATIC=0.6)))


def test_other_data_says_that_the_papers_numbers_are_of_another() -> None:
    lines = markdown(measured(6, "avaprintdb"))
    assert any("its overall ones are of NVFAIR" in line for line in lines)
    assert rows(lines, "STATIC")[0] == ["-", "0.610", "-", "-", "-", "-", "-", "-"]
    world = replace(measured(6), layout="world")
    assert any("for orientation only" in line for line in markdown(world))
    assert not any("for orientation only" in line for line in markdown(measured(6)))


def test_the_landmark_baseline_is_quoted_or_measured_and_the_table_says_which() -> None:
    name = "NVFAIR landmark baseline"
    quoted = markdown(measured(3, FEAT_DIFF=0.8))
    assert f"The {name} is only quoted: there is no landmark detector here." in quoted
    found = replace(measured(3, FEAT_DIFF=0.8), found={name: figures(0.7)}, layout="world")
    published, strict = rows(markdown(found), name)
    assert (published[:2], strict[0][:5]) == (["0.700 (0.500 to 0.900)", "0.853"], "0.600")
    assert any("on the exact landmarks" in line for line in markdown(found))
    assert not any(name in line for line in markdown(measured(6)))


def test_of_few_targets_there_is_no_interval_and_the_table_says_why(tmp_path: Path) -> None:
    found = measured(6, STATIC=0.6)
    for figure in found.found["STATIC"]:
        figure |= {"low": None, "high": None, "targets": 4}
    lines = markdown(found)
    assert rows(lines, "STATIC")[0][0] == "0.600 (no interval)"
    assert "Over fewer than 5 targets there is no interval." in lines
    assert "Over fewer than 5 targets there is no interval." not in markdown(measured(6, STATIC=0.6))
    with write_table(tmp_path, 6, found)[1].open() as file:
        assert {cell["low"] for cell in csv.DictReader(file)} == {""}


def test_table_as_numbers(tmp_path: Path) -> None:
    written = write_table(tmp_path / "out", 6, measured(6, STATIC=0.6))
    assert [path.name for path in written] == ["table-6.md", "table-6.csv"]
    with written[1].open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 4 * 2 * 4
    (cell,) = [c for c in lines if (c["system"], c["protocol"], c["test"]) == ("STATIC", "published", "tps")]
    assert (float(cell["auc"]), float(cell["paper"]), cell["pairs"], cell["targets"]) == (0.62, 0.631, "1002", "35")
    (strict,) = [c for c in lines if (c["system"], c["protocol"], c["test"]) == ("STATIC", "strict", "Overall")]
    assert (strict["auc"], strict["paper"]) == ("0.5", "")
    assert {c["auc"] for c in lines if c["system"] == "RAW_FEAT"} == {""}


@pytest.mark.slow
@pytest.mark.parametrize(("layout", "trained"), [("nvfair", "facevid2vid"), ("avaprintdb", "GAGA")])
def test_matrices_are_drawn_with_a_panel_for_each_training_generator(tmp_path: Path, layout: str, trained: str) -> None:
    found = measured(4, layout, trained_from_on_from_FV2V=0.8)
    written = write_table(tmp_path, 4, found)
    assert written[-1].read_bytes().startswith(b"\x89PNG")
    assert rows(markdown(found), f"trained on {trained}")
    panels = draw_matrix(found).axes
    assert [panel.get_title() for panel in panels] == [f"trained on {name}" for name in COUNTERPARTS[layout]]
    lines = {line.get_label(): list(line.get_ydata()) for line in panels[0].get_lines()}
    if layout == "nvfair":
        assert lines["here"] == pytest.approx([0.81, 0.82, 0.83])
        assert lines["paper"] == [0.869, 0.833, 0.842]
        assert lines["NVFAIR landmark baseline"] == [0.87, 0.82, 0.84]
    else:
        assert lines == {}
