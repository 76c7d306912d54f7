"""`trainer reproduce --table 6` on the simulated world: rendered, trained, measured and written, and nothing twice."""

import csv
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trainer.cli import app
from trainer.models.fingerprint import CONDITIONS
from trainer.papertables import TABLES
from trainer.presets import PRESETS
from trainer.systems import PUBLISHED, STRICT, System
from trainer.worldset import FAMILIES, Size

SMALL = Size(train=2, val=1, test=2, performances=2, others=1, frames=32)
"""The least that makes genuine and impostor trials on every face, by every family. One person validates: no AUC."""
TINY = replace(PRESETS["cpu"], identities=2, clips=2, steps=1, warmup=1, checkpoint_every=1)


@pytest.mark.slow
def test_table_6_of_the_world_is_whole_and_a_second_call_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.cli.reproducing.Size", lambda: SMALL)
    monkeypatch.setitem(PRESETS, "tiny", TINY)
    shorter = tuple(replace(row, frames=SMALL.frames) for row in TABLES[6].rows)
    monkeypatch.setitem(TABLES, 6, replace(TABLES[6], rows=shorter))
    monkeypatch.setattr("trainer.reproduce._TIMED", System(frames=2))
    command = ["reproduce", "--table", "6", "--preset", "tiny", "--out", str(tmp_path)]
    first = CliRunner().invoke(app, command)
    assert first.exit_code == 0, first.stderr
    written = [tmp_path / "table-6.md", tmp_path / "table-6.csv"]
    assert first.stdout.splitlines()[-2:] == [str(path) for path in written]
    with written[1].open() as file:
        found = {(cell["system"], cell["protocol"], cell["test"]): cell for cell in csv.DictReader(file)}
    for key in product(CONDITIONS, (PUBLISHED, STRICT), ("Overall", *FAMILIES)):
        assert 0 <= float(found[key]["auc"]) <= 1, key
        assert found[key]["targets"] == "2"
    published, strict = written[0].read_text().split("## Strict protocol")
    for condition, part in product(CONDITIONS, (published, strict)):
        (row,) = (line for line in part.splitlines() if line.startswith(f"| {condition} |"))
        assert "| - |" not in row
    assert "| 0.877 |" in published  # the paper's, beside ours

    def no_more(*_: object) -> None:
        raise AssertionError("what is there was done again")

    for work in ("trainer.training.Training.advance", "trainer.systems.embedded", "trainer.worldset.rendered"):
        monkeypatch.setattr(work, no_more)
    monkeypatch.setattr("trainer.reproduce.seconds_a_picture", lambda *_: 0.0)
    before = [path.read_text() for path in written]
    for path in written:
        path.unlink()
    second = CliRunner().invoke(app, command)
    assert second.exit_code == 0, second.stderr
    assert [path.read_text() for path in written] == before
