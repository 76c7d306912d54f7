"""What a person, a log and a program see of the same verdicts."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from guard.core.items import Decision, Reason, Verdict
from guard.demo.cast import Actor, Clip
from guard.demo.screen import BARS, JsonScreen, LiveScreen, PlainScreen, Screen, trend
from guard.demo.story import Story
from tests.demo.verdicts import verdict

HANA = Actor("Hana", 1, Clip(1, 2), ())
TOVE = Actor("Tove", 2, Clip(1, 2), (), swap_after=25.0, swap_driver=3)
VERIFIED = verdict(6.0, Decision.VERIFIED, score=0.71, evidence=3.25)
SUSPECTED = verdict(33.0, Decision.IMPOSTOR_SUSPECTED, score=-0.12, evidence=-4.0)
SILENT = verdict(2.0, Decision.COLLECTING, score=None, reason=Reason.TOO_FEW_FRAMES)


def console() -> Console:
    return Console(file=io.StringIO(), width=110, force_terminal=False)


def written(target: Console) -> str:
    assert isinstance(target.file, io.StringIO)
    return target.file.getvalue()


def show(screen: Screen, story: Story, name: str, *verdicts: Verdict) -> None:
    for each in verdicts:
        screen.verdict(story, name, each, story.parts[name].see(each))


def test_table_shows_every_participant_with_score_evidence_and_decision() -> None:
    target, story = console(), Story((HANA, TOVE))
    screen = LiveScreen(target, seed=42)
    show(screen, story, "Hana", VERIFIED)
    show(screen, story, "Tove", SUSPECTED)
    screen.note("swap", "Somebody else now drives the face of Tove.")
    target.print(screen.render())
    text = written(target)
    hana, tove = (next(row for row in text.splitlines() if name in row) for name in ("Hana", "Tove"))
    assert all(cell in hana for cell in ("+0.71", "+3.2", "VERIFIED", "6 s"))
    assert all(cell in tove for cell in ("-0.12", "-4.0", "IMPOSTOR_SUSPECTED", "33 s"))
    assert "seed 42" in text
    assert "Somebody else now drives" in text


def test_table_says_why_there_is_no_score_and_who_is_still_to_come() -> None:
    target, story = console(), Story((HANA, TOVE))
    screen = LiveScreen(target, seed=1)
    show(screen, story, "Hana", SILENT)
    target.print(screen.render())
    hana, tove = (next(row for row in written(target).splitlines() if name in row) for name in ("Hana", "Tove"))
    assert "TOO_FEW_FRAMES" in hana
    assert "+0.00" not in hana
    assert "connecting" in tove


def test_table_can_be_drawn_before_anything_happened() -> None:
    target = console()
    target.print(LiveScreen(target, seed=1).render())
    assert "decision" in written(target)


@pytest.mark.parametrize(
    ("ratios", "bars"),
    [
        ([], ""),
        ([None, -2.0, 2.0], f"·{BARS[0]}{BARS[-1]}"),
        ([-30.0, 0.0, 30.0], f"{BARS[0]}{BARS[4]}{BARS[-1]}"),
    ],
)
def test_trend_keeps_to_its_scale_and_marks_holes(ratios: list[float | None], bars: str) -> None:
    assert trend([replace(VERIFIED, llr=llr) for llr in ratios]).plain == bars


def test_trend_shows_what_a_score_speaks_for() -> None:
    styles = [span.style for span in trend([VERIFIED, SUSPECTED, SILENT]).spans]
    assert styles == ["green", "red", "dim"]


def test_table_fits_a_terminal_of_80_columns() -> None:
    target, story = Console(file=io.StringIO(), width=80), Story((HANA, TOVE))
    screen = LiveScreen(target, seed=1)
    show(screen, story, "Hana", *[VERIFIED] * 30)
    show(screen, story, "Tove", SUSPECTED)
    target.print(screen.render())
    assert "IMPOSTOR_SUSPECTED" in written(target)
    assert "…" not in written(target)


def test_lines_tell_every_change_and_otherwise_now_and_then() -> None:
    target, story = console(), Story((HANA, TOVE))
    steady = [verdict(6.0 + 0.2 * step, Decision.VERIFIED) for step in range(31)]
    with PlainScreen(target) as screen:
        show(screen, story, "Hana", SILENT, *steady)
    lines = written(target).splitlines()
    assert [line.split()[0] for line in lines] == ["2.0", "6.0", "11.0"]
    assert "no score: TOO_FEW_FRAMES" in lines[0]


def test_json_lines_hold_every_verdict_and_each_stays_one_line() -> None:
    target, story = Console(file=io.StringIO(), width=20), Story((HANA, TOVE))
    with JsonScreen(target) as screen:
        show(screen, story, "Hana", SILENT, VERIFIED)
        screen.note("summary", "A sentence for people.", passed=True, problems=["x" * 200])
    silent, verified, summary = map(json.loads, written(target).splitlines())
    assert (silent["score"], silent["reason"], silent["changed"]) == (None, "TOO_FEW_FRAMES", True)
    assert (verified["participant"], verified["score"], verified["decision"]) == ("Hana", 0.71, "VERIFIED")
    assert summary == {"event": "summary", "passed": True, "problems": ["x" * 200]}
