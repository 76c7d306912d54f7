"""A reproduced table as Markdown, CSV and, of the matrices of Tables IV and V, a figure like the paper's Fig. 2."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trainer.papertables import LANDMARKS, OVERALL, TRIVIAL, Row, Table
from trainer.systems import PUBLISHED, STRICT
from trainer.trials import LEAST_IDENTITIES, bounds
from trainer.worldset import LAYOUT as WORLD

_FIELDS = ("table", "system", "protocol", "test", "auc", "low", "high", "targets", "pairs", "paper")

_NONE = "not measurable"
_EXACT = (
    f"The {LANDMARKS} is our account of it (trainer/models/landmarks.py), on the exact landmarks that the generators "
    "were given: it has no error of a detector to bear."
)


@dataclass(frozen=True)
class Measured:
    """A table and what was found: by row label the figures of `trainer.systems.figures`.

    `counterparts` names the generators that are columns, and the paper's generator that each stands for, if any.
    `about` says what was trained on and tested with.
    """

    table: Table
    counterparts: dict[str, str | None]
    found: dict[str, list[dict[str, Any]]]
    layout: str
    about: str

    @property
    def rows(self) -> list[Row]:
        """The table's, then the trivial systems that were measured."""
        return [*self.table.rows, *(row for row in TRIVIAL if row.label in self.found)]

    @property
    def columns(self) -> list[str | None]:
        """Test generators, None for all of them, which the matrices have not."""
        matrix = any(row.trained_on is not None for row in self.table.rows)
        return [*([] if matrix else [None]), *self.counterparts]

    def printed(self, row: Row, column: str | None) -> float | None:
        """The paper's AUC for a cell; None where it has none."""
        return row.printed.get(OVERALL if column is None else self.counterparts[column] or "")

    def figure(self, row: Row, protocol: str, column: str | None) -> dict[str, Any] | None:
        """What was found for a cell; None for a system that is only quoted, or without trials of both kinds."""
        for figure in self.found.get(row.label, ()):
            if (figure["protocol"], figure["generator"]) == (protocol, column):
                return figure
        return None

    def label(self, row: Row) -> str:
        """The row's name; on other generators than the paper's, under theirs."""
        if row.trained_on is None:
            return row.label
        return f"trained on {list(self.counterparts)[row.trained_on]}"


def write_table(out: Path, number: int, measured: Measured) -> list[Path]:
    """Write table-<number>.md, .csv and, of a matrix, .png into `out`; the files."""
    out.mkdir(parents=True, exist_ok=True)
    stem = out / f"table-{number}"
    written = [stem.with_suffix(".md"), stem.with_suffix(".csv")]
    written[0].write_text("\n".join(markdown(measured)) + "\n")
    with written[1].open("w", newline="") as file:
        table = csv.DictWriter(file, _FIELDS)
        table.writeheader()
        table.writerows(cells(number, measured))
    if measured.table.reference:
        written.append(stem.with_suffix(".png"))
        draw_matrix(measured).savefig(written[-1], dpi=120)
    return written


def markdown(measured: Measured) -> list[str]:
    """Lines: the published protocol beside the paper's numbers, then the strict one; trivial systems last in both."""
    lines = [f"# {measured.table.title}", "", f"Trained on {measured.about}.", ""]
    if measured.layout == WORLD:
        lines += ["This is the simulated world: the paper's numbers stand beside it for orientation only.", ""]
    elif not any(measured.counterparts.values()):
        lines += ["The paper has no numbers for these generators; its overall ones are of NVFAIR.", ""]
    if any(row.label == LANDMARKS for row in measured.table.rows):
        trained = LANDMARKS in measured.found
        lines += [_EXACT if trained else f"The {LANDMARKS} is only quoted: there is no landmark detector here.", ""]
    if any(figure["low"] is None for figures in measured.found.values() for figure in figures):
        lines += [f"Over fewer than {LEAST_IDENTITIES} targets there is no interval.", ""]
    for protocol, heading in (
        (PUBLISHED, "Published protocol: AUC, mean over targets (95 % interval over targets); the paper's beside it"),
        (STRICT, "Strict protocol: without originals, and without genuine pairs that may show one performance"),
    ):
        lines += [f"## {heading}", "", *_rows(measured, protocol), ""]
    if any(f"| {_NONE} |" in line for line in lines):
        lines += [f"{_NONE.capitalize()}: no target has both genuine and impostor trials there.", ""]
    return lines + ([measured.table.note] if measured.table.note else [])


def _rows(measured: Measured, protocol: str) -> Iterator[str]:
    beside = protocol == PUBLISHED
    headings = [column or OVERALL for column in measured.columns]
    headings = [part for heading in headings for part in ((heading, "paper") if beside else (heading,))]
    yield f"| | {' | '.join(headings)} |"
    yield f"|---|{'---|' * len(headings)}"
    for row in measured.rows:
        if row.architecture is None and row.label not in measured.found and not beside:
            continue
        parts = []
        for column in measured.columns:
            figure = measured.figure(row, protocol, column)
            parts.append(_interval(figure) if figure else _NONE if row.label in measured.found else "-")
            if beside:
                printed = measured.printed(row, column)
                parts.append("-" if printed is None else f"{printed:.3f}")
        yield f"| {measured.label(row)} | {' | '.join(parts)} |"


def _interval(figure: dict[str, Any]) -> str:
    return f"{figure['value']:.3f} ({bounds(figure['low'], figure['high'])})"


def cells(number: int, measured: Measured) -> Iterator[dict[str, Any]]:
    """One line for each system, protocol and test generator; empty where nothing was found, or nothing is printed."""
    for row in measured.rows:
        for protocol in (PUBLISHED, STRICT):
            for column in measured.columns:
                figure = measured.figure(row, protocol, column) or {}
                yield {
                    "table": number,
                    "system": measured.label(row),
                    "protocol": protocol,
                    "test": column or OVERALL,
                    "auc": figure.get("value", ""),
                    **{name: figure.get(name, "") for name in ("low", "high", "targets", "pairs")},
                    "paper": measured.printed(row, column) if protocol == PUBLISHED else "",
                }


def draw_matrix(measured: Measured) -> Figure:
    """A panel for each training generator: our AUC on each test generator, the paper's, and the landmark baseline's."""
    rows, columns = measured.table.rows, measured.columns
    figure = Figure(figsize=(3.6 * len(rows), 3.4), layout="constrained")
    panels = figure.subplots(1, len(rows), sharey=True)
    for panel, row, baseline in zip(panels, rows, measured.table.reference, strict=True):
        found = [measured.figure(row, PUBLISHED, column) for column in columns]
        _line(panel, [cell and cell["value"] for cell in found], "o-", "here")
        _line(panel, [measured.printed(row, column) for column in columns], "s:", "paper")
        _line(panel, [measured.printed(baseline, column) for column in columns], "^--", LANDMARKS)
        panel.set(title=measured.label(row), xlabel="tested on")
        panel.set_xticks(range(len(columns)), [str(column) for column in columns])
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("AUC")
    if panels[0].lines:
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _line(panel: Axes, values: Sequence[float | None], style: str, label: str) -> None:
    """Through the values that there are; nothing for none."""
    there = [(place, value) for place, value in enumerate(values) if value is not None]
    if there:
        panel.plot(*zip(*there, strict=True), style, label=label)
