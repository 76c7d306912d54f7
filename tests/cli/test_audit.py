"""guard audit: verify and head; and what the other commands record."""

import json
from pathlib import Path
from typing import Any

import pytest

from guard.access.caller import NOBODY, Caller
from guard.audit.audit import Audit
from guard.audit.settings import AuditSettings
from guard.audit.verify import lines_of
from tests.cli.conftest import CommandLine


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "audit.jsonl"
    audit = Audit(AuditSettings(log=path))
    for number in range(5):
        audit.record("stream.opened", NOBODY, number=number)
    audit.flush(sign=True)
    return path


def shown(guard: CommandLine, log: Path, *of: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in guard.run("audit", "show", "--log", log, *of).stdout.splitlines()]


def with_heads(log: Path, heads: Path | None = None) -> list[str | Path]:
    kept = heads or log.with_name("audit.jsonl.heads")
    return ["audit", "verify", "--log", log, "--heads", kept, "--key", log.with_name("audit.jsonl.key.pub")]


def test_a_log_that_holds(guard: CommandLine, log: Path) -> None:
    result = guard.run(*with_heads(log))
    assert (result.exit_code, result.stdout) == (
        0,
        "5 lines follow from each other; 1 head holds, the last for line 5\n",
    )
    assert guard.objects(*with_heads(log)) == [{"lines": 5, "heads": 1, "problem": None}]


def test_heads_beside_the_log_are_looked_at_and_said_to_lie_there(guard: CommandLine, log: Path) -> None:
    assert guard.objects("audit", "verify", "--log", log) == [{"lines": 5, "heads": 1, "problem": None}]
    said = "1 head holds beside the log, where whoever can cut it can cut them too, the last for line 5\n"
    assert guard.run("audit", "verify", "--log", log).stdout == f"5 lines follow from each other; {said}"
    log.with_name("audit.jsonl.heads").unlink()
    assert "there is no head, so that a tail which was cut" in guard.run("audit", "verify", "--log", log).stdout


def test_log_and_key_are_those_of_the_services_file(guard: CommandLine, log: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "keys" / "signing"
    (tmp_path / "guard.toml").write_text(f'[audit]\nlog = "{log}"\nkey = "{elsewhere}"\n')
    config = ("--config", tmp_path / "guard.toml")
    log.with_name("audit.jsonl.heads").write_text(guard.run("audit", "head", *config).stdout)
    assert elsewhere.is_file()
    assert guard.objects("audit", "verify", *config) == [{"lines": 5, "heads": 1, "problem": None}]
    assert len(guard.run("audit", "show", *config).stdout.splitlines()) == 5


def test_a_changed_line_is_named(guard: CommandLine, log: Path) -> None:
    log.write_bytes(log.read_bytes().replace(b'"number":2', b'"number":7'))
    line = guard.refusal("audit", "verify", "--log", log, code=1)
    assert line == "guard: audit log: line 4 does not continue line 3: one of them was changed"


def test_a_head_kept_elsewhere_shows_a_cut_tail(guard: CommandLine, log: Path, tmp_path: Path) -> None:
    kept = tmp_path / "elsewhere"
    kept.write_text(guard.run("audit", "head", "--log", log).stdout)
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:3]))
    log.with_name("audit.jsonl.heads").unlink()
    assert guard.run("audit", "verify", "--log", log).exit_code == 0
    line = guard.refusal(*with_heads(log, kept), code=1)
    assert line.startswith("guard: audit log: the log ends with line 3, but had line 5 at 20")
    assert line.endswith("its tail was cut")


def test_what_is_missing_on_the_command_line(guard: CommandLine, log: Path, tmp_path: Path) -> None:
    assert "name the audit log with --log" in guard.refusal("audit", "verify")
    assert "give --heads FILE --key FILE.pub" in guard.refusal("audit", "verify", "--log", log, "--heads", log)
    assert "there is no audit log" in guard.refusal("audit", "verify", "--log", tmp_path / "absent")


def test_a_removal_is_recorded_with_who_asked_for_it(guard: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl"
    assert "is not enrolled" in guard.refusal("gallery", "remove", "Ada", "--audit", path)
    lines = [json.loads(line) for line in lines_of(path)]
    assert [line["action"] for line in lines] == ["person.remove", "person.remove.failed"]
    assert "Ada" not in path.read_text()
    told = shown(guard, path)
    assert [line["action"] for line in told] == ["person.remove", "person.remove.failed"]
    assert told[0]["facts"]["person"].startswith("~")  # whoever was never enrolled is erased from the log all the same
    assert told[1]["facts"] == {"error": "UnknownPersonError"}
    assert all(line["subject"].startswith("command line: ") for line in told)


def test_what_is_recorded_of_one_person_is_shown_by_name(guard: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl"
    audit = Audit(AuditSettings(log=path))
    for claim in ("Ada", "Bob", "Ada"):
        audit.record("stream.opened", Caller("desk", "default"), claim=claim)
    audit.record("stream.opened", Caller("desk", "acme"), claim="Ada")
    assert [line["sequence"] for line in shown(guard, path, "--of", "Ada")] == [1, 3]
    assert len(shown(guard, path, "--of", "Ada", "--tenant", "acme")) == 1
    assert len(shown(guard, path)) == 4
    path.write_text("no log\n")
    assert "is no line of an audit log" in guard.refusal("audit", "show", "--log", path, code=1)


def test_nobody_is_removed_unrecorded(guard: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "people.jsonl").write_text("not a log\n")
    line = guard.refusal("gallery", "remove", "Ada", "--audit", tmp_path / "people.jsonl", code=1)
    assert line.startswith("guard: the audit log cannot be used: ")
