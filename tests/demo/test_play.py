"""The demo's course apart from the call itself: what it judges, and how it fails."""

import asyncio
import io
import json
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from rich.console import Console

from guard.core.errors import GuardError
from guard.core.items import Decision
from guard.demo import play
from guard.demo.cast import draw_cast
from guard.demo.screen import JsonScreen, LiveScreen, PlainScreen
from guard.demo.stage import Stage
from guard.demo.story import Story
from tests.demo.verdicts import verdict

SEED = 3
SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")


class Recorder(JsonScreen):
    """A screen whose events can be read back."""

    def __init__(self) -> None:
        self.text = io.StringIO()
        super().__init__(Console(file=self.text))

    def events(self, kind: str) -> list[dict[str, object]]:
        return [event for line in self.text.getvalue().splitlines() if (event := json.loads(line))["event"] == kind]


def story_with(*courses: list[tuple[float, Decision]]) -> Story:
    story = Story(draw_cast(SEED))
    for part, course in zip(story.parts.values(), courses, strict=True):
        for time, decision in course:
            part.see(verdict(time, decision))
    return story


def test_a_kept_promise_is_exit_code_0_and_says_how_long_it_took() -> None:
    screen, swap = Recorder(), draw_cast(SEED)[1].swap_after
    assert swap is not None
    verified = (5.0, Decision.VERIFIED)
    story = story_with([verified], [verified, (swap + 7.5, Decision.IMPOSTOR_SUSPECTED)])
    assert play.judge(SEED, story, screen) == 0
    (summary,) = screen.events("summary")
    assert (summary["passed"], summary["delay"], summary["problems"]) == (True, 7.5, [])


def test_a_broken_promise_is_exit_code_1_and_says_what_broke() -> None:
    screen = Recorder()
    assert play.judge(SEED, story_with([(5.0, Decision.IMPOSTOR_SUSPECTED)], [(5.0, Decision.VERIFIED)]), screen) == 1
    (summary,) = screen.events("summary")
    assert summary["passed"] is False
    assert summary["delay"] is None
    assert len(summary["problems"]) == 3  # accused, never verified, swap missed


def test_swap_and_changes_are_told_once_each() -> None:
    screen, story = Recorder(), Story(draw_cast(SEED))
    taken_over = draw_cast(SEED)[1]
    assert taken_over.swap_after is not None
    for time in (5.0, 6.0, taken_over.swap_after, taken_over.swap_after + 0.2):
        play.tell(story, taken_over.name, verdict(time, Decision.VERIFIED), screen)
    assert len(screen.events("swap")) == 1
    assert len(screen.events("decision")) == 1
    assert len(screen.events("verdict")) == 4


def test_nobody_is_said_to_be_swapped_but_the_one_who_is() -> None:
    screen, story = Recorder(), Story(draw_cast(SEED))
    play.tell(story, draw_cast(SEED)[0].name, verdict(90.0, Decision.VERIFIED), screen)
    assert screen.events("swap") == []


def test_avatars_claim_their_names_and_only_the_second_swaps(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    honest, taken_over = (play.avatar_command(stage, actor) for actor in draw_cast(SEED))
    for actor, command in zip(draw_cast(SEED), (honest, taken_over), strict=True):
        url = urlsplit(command[command.index("--whip") + 1])
        assert url.port == stage.http_port
        assert parse_qs(url.query) == {"claim": [actor.name], "call": ["demo"], "participant": [actor.name]}
    assert "--swap-after" not in honest
    assert "--swap-after" in taken_over


async def test_an_avatar_that_gives_up_ends_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forever(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(play, "follow", forever)
    stage, story = Stage(tmp_path), Story(draw_cast(SEED))
    first, second = (play.avatar_of(part.actor) for part in story.parts.values())
    await stage.start(play.SERVICE, *SLEEPER)
    await stage.start(first, *SLEEPER)
    await stage.start(second, sys.executable, "-c", "raise SystemExit('the connection was lost')")
    with pytest.raises(GuardError, match=f"^{second} ended with code 1: the connection was lost$"):
        await play.watch(stage, story, Recorder(), asyncio.get_running_loop().time() + 60)
    await stage.close()


async def test_a_set_up_that_takes_too_long_is_an_error_and_not_a_verdict(tmp_path: Path) -> None:
    stage, story = Stage(tmp_path), Story(draw_cast(SEED))
    with pytest.raises(GuardError, match="this machine is too slow"):
        await play.set_up(stage, story, Recorder(), asyncio.get_running_loop().time())
    await stage.close()


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(play, "find_spec", lambda name: None)
    assert play.run(seed=SEED) == 2
    assert capsys.readouterr().err == "demo: the avatars need two more packages: pip install 'avatar-guard[demo]'\n"


def test_the_screen_follows_the_terminal() -> None:
    terminal, file = Console(file=io.StringIO(), force_terminal=True), Console(file=io.StringIO())
    assert isinstance(play.choose_screen(terminal, 1, False), LiveScreen)
    assert isinstance(play.choose_screen(file, 1, False), PlainScreen)
    assert isinstance(play.choose_screen(terminal, 1, True), JsonScreen)
