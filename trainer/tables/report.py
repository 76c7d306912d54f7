"""A report: a folder with report.md, its plots, and the numbers behind both as CSV and JSON."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from guard.core.errors import InputError
from trainer.tables.figures import Curve, Figure
from trainer.tables.plots import plot_det, plot_line, plot_matrix, plot_rows
from trainer.tables.slices import MATRIX, cell
from trainer.trials import bounds

REPORT, NUMBERS, CURVES = "report.md", "figures", "det"


@dataclass(frozen=True)
class Report:
    """What there is to write. `notes` says of each table, by title, what has to be known to read it."""

    title: str
    about: Sequence[str]
    """Paragraphs."""
    figures: Sequence[Figure]
    panels: Mapping[str, Sequence[Curve]]
    """DET curves by the title of their panel."""
    generators: Sequence[str]
    notes: Mapping[str, str]


def write_report(out: Path, report: Report) -> None:
    """Write the folder `out`. Raises InputError if it cannot be written."""
    try:
        out.mkdir(parents=True)
        write_numbers(out / NUMBERS, Figure, report.figures)
        write_numbers(out / CURVES, Point, points(report.panels))
        (out / REPORT).write_text("\n\n".join([f"# {report.title}", *report.about, *_sections(out, report)]) + "\n")
    except OSError as error:
        raise InputError(str(out), f"cannot be written: {error.strerror}") from error


@dataclass(frozen=True)
class Point:
    """One point of a DET curve."""

    system: str
    words: str
    accepted: float
    missed: float


def points(panels: Mapping[str, Sequence[Curve]]) -> list[Point]:
    """All curves point by point, each curve once though two panels may show it."""
    curves = {(curve.system, curve.words): curve for shown in panels.values() for curve in shown}
    return [
        Point(curve.system, curve.words, float(accepted), float(missed))
        for curve in curves.values()
        for accepted, missed in zip(curve.accepted, curve.missed, strict=True)
    ]


def write_numbers(path: Path, kind: type, rows: Sequence[Figure] | Sequence[Point]) -> None:
    """The same rows as `path`.csv and as `path`.json."""
    facts = [asdict(row) for row in rows]
    with path.with_suffix(".csv").open("w", newline="") as file:
        table = csv.DictWriter(file, [field.name for field in fields(kind)])
        table.writeheader()
        table.writerows(facts)
    path.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")


def _sections(out: Path, report: Report) -> Iterator[str]:
    """Each table with its plot, as Markdown; the plots are drawn on the way."""
    for title in dict.fromkeys(figure.table for figure in report.figures):
        table = [figure for figure in report.figures if figure.table == title]
        yield f"## {title}"
        if title in report.notes:
            yield report.notes[title]
        yield markdown(table)
        if shown := [figure for figure in table if figure.measure == "AUC" and figure.value is not None]:
            name = f"{_slug(title)}.png"
            _plot(out / name, shown, report.generators)
            yield f"![{title}]({name})"
    if report.panels:
        plot_det(out / f"{CURVES}.png", report.panels)
        yield f"## Detection error trade-off\n\n![DET curves in normal deviates]({CURVES}.png)"


def _plot(path: Path, aucs: Sequence[Figure], generators: Sequence[str]) -> None:
    if aucs[0].table == MATRIX:
        plot_matrix(path, generators, matrix(aucs, generators), aucs[0].system)
    elif all(_is_number(figure.row) for figure in aucs):
        plot_line(path, aucs)
    else:
        plot_rows(path, aucs)


def matrix(aucs: Sequence[Figure], generators: Sequence[str]) -> np.ndarray:
    """The first system's AUCs (G, G), enrolled down and verified across; NaN where there is none."""
    shown = [figure for figure in aucs if figure.system == aucs[0].system and figure.value is not None]
    value = {figure.row: figure.value for figure in shown}
    return np.array([[value.get(cell(a, b), np.nan) for b in generators] for a in generators])


def markdown(table: Sequence[Figure]) -> str:
    """Rows of one table; a column for every system and measure, and how many trials there are."""
    columns = list(dict.fromkeys((figure.system, figure.measure) for figure in table))
    lines = [["", *(f"{measure}, {system}" for system, measure in columns), "on"]]
    lines.append(["---"] * len(lines[0]))
    for row in dict.fromkeys(figure.row for figure in table):
        of_row = {(figure.system, figure.measure): figure for figure in table if figure.row == row}
        cells = (_words(of_row[column]) if column in of_row else "" for column in columns)
        lines.append([row, *cells, next(iter(of_row.values())).on])
    return "\n".join(_line(line) for line in lines)


def _words(figure: Figure) -> str:
    if figure.value is None:
        return "not measurable"
    return f"{figure.value:.3f} ({bounds(figure.low, figure.high)})"


def _line(cells: Iterable[str]) -> str:
    # People name files as they like, and a bar would end the cell.
    return "| " + " | ".join(text.replace("|", "\\|") for text in cells) + " |"


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _slug(title: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in title.lower())
