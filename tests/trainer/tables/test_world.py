"""The world's tables on clips that are quickly made, and one that is really rendered."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from guard.bundle import Bundle
from trainer.baselines import motion_energy, pixels
from trainer.blocks import WorldFiles
from trainer.data.world.channel import Channel
from trainer.data.world.warp import FAMILIES
from trainer.data.world.world import Trials, World
from trainer.ranking import bootstrap_ranks
from trainer.tables import world as tables
from trainer.tables.world import alterations, rendered, report_world

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals are tested with trainer.ranking."""
    monkeypatch.setattr("trainer.tables.figures.bootstrap_ranks", partial(bootstrap_ranks, rounds=4))


def trials(drivers: int, frames: int, family: str, kinds: tuple[str, ...] = ("procedural",)) -> Trials:
    """Three clips of noise of each driver, two of one session."""
    rows = [(who, number) for who in range(drivers) for number in range(3)]
    who, number = np.array(rows).T
    shown = np.random.default_rng(0).integers(0, 256, (len(rows), frames, 128, 128), dtype=np.uint8)
    kind = np.array(kinds)[who % len(kinds)]
    families = np.full(len(rows), family)
    zeros = np.zeros(len(rows), np.int64)
    return Trials(shown, who, zeros, kind, number, zeros.astype(np.float32), number // 2, families, families)


def test_a_report_has_a_row_for_every_level_of_every_factor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def made(world: World, drivers: int, **options: Any) -> Trials:
        asked.append(options)
        return trials(drivers, options.get("frames", 8), options.get("family") or "gaussian")

    monkeypatch.setattr(tables, "rendered", made)
    monkeypatch.setattr(tables, "LONG", 128)
    monkeypatch.setattr(tables, "systems", lambda *_: {"ours": motion_energy, "pixels": pixels})
    main = trials(6, 64, "gaussian", ("procedural", "real"))
    report_world(tmp_path / "report", Bundle.default(), WorldFiles(), main, drivers=3)
    found = json.loads((tmp_path / "report" / "figures.json").read_text())
    rows: dict[str, list[str]] = {}
    for figure in found:
        if figure["system"] == "pixels":
            rows.setdefault(figure["table"], []).append(figure["row"])
    assert rows["Generator family"] == list(FAMILIES)
    assert len(rows["Cross-generator matrix"]) == len(FAMILIES) ** 2
    assert rows["Codec and bit rate"][:2] == ["no codec", "vp8, 80 kbit/s"]
    assert rows["Source frame rate"] == ["15", "20", "25", "30", "60"]
    assert rows["Window length T"] == ["16", "32", "64", "128"]
    assert rows["Seconds of evidence"] == ["0.64", "1.28", "2.56", "5.12"]
    assert "real drivers, same face, same generator, other session" in rows["Genuine trials by what they share"]
    assert [options["family"] for options in asked if "family" in options] == list(FAMILIES)
    assert len(asked) == len(FAMILIES) + len(alterations()) + 1


def test_an_alteration_fixes_its_factor_and_nothing_else() -> None:
    drawn = Channel.drawn(np.random.default_rng(0))
    for (table, row), alter in alterations().items():
        altered = alter(drawn)
        changed = {name for name in drawn.__dict__ if getattr(drawn, name) != getattr(altered, name)}
        assert changed <= ({"source_fps"} if table == tables.RATES else {"codec", "bit_rate"})
        if table == tables.RATES:
            assert altered.source_fps == int(row)
        elif row != "no codec":
            assert row == f"{altered.codec}, {altered.bit_rate // 1000} kbit/s"
        else:
            assert altered.codec is None


def test_rendered_trials_repeat_with_two_sessions_on_one_face() -> None:
    world = World(split="validation")
    one, other = (rendered(world, 2, frames=2, family=family) for family in ("gaussian", "turning"))
    assert one.driver.tolist() == other.driver.tolist() == [0, 0, 0, 1, 1, 1]
    assert one.session.tolist() == [0, 0, 1, 0, 0, 1]
    assert set(one.family) == {"gaussian"}
    again = rendered(world, 2, frames=2, family="gaussian")
    np.testing.assert_array_equal(one.frames, again.frames)
