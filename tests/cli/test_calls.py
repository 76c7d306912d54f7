"""watch and replay: what a record holds, and what it comes to."""

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from guard.bundle import Bundle
from guard.cli import calls
from guard.recorded import line
from guard.reopening import Reopened
from guard.updates import Event, Link, Update
from tests.cli.conftest import CommandLine
from tests.test_redeciding import call

POLICY = "[policy]\nfalse_accusation_cost = 1.5\nmissed_impostor_cost = 1.5\n"


@pytest.fixture
def updates() -> list[Update]:
    return list(call(1, Bundle.default().settings()))


@pytest.fixture
def record(tmp_path: Path, updates: list[Update]) -> Path:
    path = tmp_path / "call.jsonl"
    path.write_text("".join(f"{line(update)}\n" for update in updates))
    return path


def test_a_record_decided_by_its_own_policy_is_the_record(guard: CommandLine, record: Path) -> None:
    assert guard.run("replay", record, "--json").stdout == record.read_text()
    assert "300 verdicts, 0 of them with another decision" in guard.run("replay", record).stdout


def test_a_whole_record_comes_back_with_its_links_and_who_joined_and_left(
    guard: CommandLine, record: Path, updates: list[Update]
) -> None:
    flowing = [replace(one, participant=replace(one.participant, link=Link.FLOWING)) for one in updates]
    joined = Update(Event.JOINED, replace(flowing[0].participant, verdict=None, participant="a\u2028b\x85"))
    whole = [joined, *flowing, replace(flowing[-1], event=Event.LEFT)]
    record.write_text("".join(f"{line(update)}\n" for update in whole))
    assert guard.run("replay", record, "--json").stdout == record.read_text()
    assert "300 verdicts, 0 of them with another decision" in guard.run("replay", record).stdout


def test_another_policy_is_decided_the_same_way_each_time(guard: CommandLine, record: Path, tmp_path: Path) -> None:
    config = tmp_path / "guard.toml"
    config.write_text(POLICY)
    once, again = (guard.run("replay", record, "--config", config, "--json").stdout for _ in range(2))
    assert once == again != record.read_text()
    said = guard.run("replay", record, "--config", config).stdout
    assert "(recorded: " in said


def test_holes_are_warned_of_and_what_is_no_record_is_refused(guard: CommandLine, record: Path) -> None:
    lines = record.read_text().splitlines(keepends=True)
    record.write_text("".join(lines[:10] + lines[15:]))
    assert "5 verdicts are not on record" in guard.run("replay", record).stderr
    record.write_text("not a record\n")
    assert "line 1 is no update of a call" in guard.refusal("replay", record)
    assert "cannot be read" in guard.refusal("replay", record.with_name("none"))


def test_a_watch_tells_changes_and_records_everything(
    guard: CommandLine, updates: list[Update], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Client:
        def watch(self, call: str, *, links: bool) -> Iterator[Update | Reopened]:
            assert call == "board"
            if links:
                yield Update(Event.LINK, replace(updates[0].participant, link=Link.STALLED))
            yield from updates[:150]
            yield Reopened()
            yield from updates[150:]

    @contextmanager
    def client(*_where: object) -> Iterator[Client]:
        yield Client()

    monkeypatch.setattr(calls, "client", client)
    path = tmp_path / "call.jsonl"
    result = guard.run("watch", "--call", "board", "--record", path)
    assert path.read_text().splitlines() == [line(update) for update in updates]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "board/seat as Dora" in result.stdout
    assert len(result.stdout.splitlines()) == sum(not update.ordinary for update in updates)
    assert "interrupted" in result.stderr
    told = guard.run("watch", "--call", "board", "--json").stdout.splitlines()
    assert [json.loads(one)["event"] for one in told] == ["VERDICT"] * 300
    linked = guard.run("watch", "--call", "board", "--links", "--record", path.with_name("other"))
    assert linked.stdout.splitlines()[0].endswith("LINK  STALLED")
    assert path.with_name("other").read_text() == path.read_text(), "each verdict is on record once"
    assert "cannot be written" in guard.refusal("watch", "--record", tmp_path / "no" / "call.jsonl")
