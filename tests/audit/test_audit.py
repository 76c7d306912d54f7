"""What is recorded, when, and what happens when it cannot be."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from guard.access.caller import Caller
from guard.audit import audit as module
from guard.audit.audit import Audit
from guard.audit.heads import public_key, read_heads
from guard.audit.names import Names
from guard.audit.settings import AuditSettings, names_of
from guard.audit.verify import lines_of, verify
from guard.core.errors import AuditError, ClaimError
from tests.service_fakes import until

ADA = Caller("desk", "acme")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def audit(path: Path) -> Audit:
    return Audit(AuditSettings(log=path))


def written(path: Path) -> list[tuple[str, Any]]:
    lines = Names(names_of(path)).shown(map(json.loads, lines_of(path)))
    return [(line["action"], line["facts"]) for line in lines]


def block(path: Path) -> Path:
    """Make the log unwritable, whoever runs this: a folder stands where the file should."""
    aside = path.with_name("aside")
    if path.exists():
        path.rename(aside)
    path.mkdir()
    return aside


def unblock(path: Path, aside: Path) -> None:
    path.rmdir()
    if aside.exists():
        aside.rename(path)


async def test_what_is_noted_is_on_the_disk_soon(audit: Audit, path: Path) -> None:
    running = asyncio.create_task(audit.run())
    audit.note("stream.opened", ADA, claim="Ada")
    audit.note("stream.closed", ADA)
    await until(path.exists)
    running.cancel()
    assert written(path) == [("stream.opened", {"claim": "Ada"}), ("stream.closed", {})]


def test_a_change_is_recorded_before_it_happens_and_again_when_it_fails(audit: Audit, path: Path) -> None:
    with audit.change("person.renew", ADA, person="Ada"):
        assert written(path) == [("person.renew", {"person": "Ada"})]
    with pytest.raises(ClaimError), audit.change("person.renew", ADA, person="Bob"):
        raise ClaimError("name", "is not enrolled")
    audit.flush(sign=False)
    assert written(path)[1:] == [
        ("person.renew", {"person": "Bob"}),
        ("person.renew.failed", {"person": "Bob", "error": "ClaimError"}),
    ]


def test_nothing_is_changed_that_cannot_be_recorded(audit: Audit, path: Path) -> None:
    audit.record("service.started", ADA)
    aside = block(path)
    with capture_logs() as logs, pytest.raises(AuditError), audit.change("person.remove", ADA, person="Ada"):
        pytest.fail("the person was removed")
    assert audit.failing
    assert [line["event"] for line in logs] == ["audit log cannot be written"]
    unblock(path, aside)
    audit.record("person.remove", ADA, person="Ada")
    assert not audit.failing
    assert len(written(path)) == 2


def test_what_could_not_be_written_waits_and_what_found_no_place_is_counted(
    audit: Audit, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITING", 3)
    aside = block(path)
    for number in range(5):
        audit.note("stream.opened", ADA, number=number)
        audit.flush(sign=True)
    assert audit.failing
    unblock(path, aside)
    audit.flush(sign=True)
    assert written(path) == [*(("stream.opened", {"number": n}) for n in range(3)), ("happenings.lost", {"count": 2})]
    audit.note("stream.closed", ADA)
    audit.flush(sign=False)
    assert len(written(path)) == 5


def test_heads_are_signed_for_new_lines_only(audit: Audit, path: Path) -> None:
    heads = path.with_name("audit.jsonl.heads")
    audit.flush(sign=True)
    assert not heads.exists()
    for _ in range(2):
        audit.note("stream.opened", ADA)
        audit.flush(sign=True)
        audit.flush(sign=True)
    kept = read_heads(heads)
    assert [head.sequence for head in kept] == [1, 2]
    assert verify(path, kept, public_key(path.with_name("audit.jsonl.key.pub"))).heads == 2


async def test_heads_are_signed_by_number_of_lines(audit: Audit, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEAD_LINES", 3)
    running = asyncio.create_task(audit.run())
    audit.record("a", ADA)
    audit.record("b", ADA)
    audit.record("c", ADA)
    await until(path.with_name("audit.jsonl.heads").exists)
    running.cancel()


def test_without_a_log_nothing_is_kept_and_nothing_fails(tmp_path: Path) -> None:
    audit = Audit(AuditSettings())
    audit.note("stream.opened", ADA)
    with audit.change("person.remove", ADA):
        pass
    audit.flush(sign=True)
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_cannot_be_gone_on_with_is_told_at_the_start(path: Path) -> None:
    path.write_text("something else\n")
    with pytest.raises(AuditError, match="the audit log cannot be used: is no line of an audit log"):
        Audit(AuditSettings(log=path))
