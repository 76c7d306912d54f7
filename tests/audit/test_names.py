"""Names that do not stand in the log, and what is left of them once they are erased."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from guard.access.caller import LOCAL, Caller
from guard.audit.audit import Audit
from guard.audit.names import MARK, Names
from guard.audit.settings import AuditSettings, names_of
from guard.audit.verify import lines_of, verify
from guard.core.errors import AuditError

DESK = Caller("desk@acme", "acme")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def plain(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines_of(path)]


def shown(path: Path) -> list[dict[str, Any]]:
    return list(Names(names_of(path)).shown(plain(path)))


def test_a_name_is_the_same_pseudonym_everywhere_and_the_book_says_whose(path: Path) -> None:
    audit = Audit(AuditSettings(log=path))
    audit.record("stream.opened", DESK, claim="Ada", participant="Ada", call="board", number=3)
    audit.record("claim.changed", DESK, claim_before="Ada", claim="Bob")
    first, second = plain(path)
    ada = first["facts"]["claim"]
    assert ada.startswith(MARK)
    assert first["facts"] == {"claim": ada, "participant": ada, "call": "board", "number": 3}
    assert second["facts"]["claim_before"] == ada != second["facts"]["claim"]
    assert first["subject"] == second["subject"] != "desk@acme"
    assert not any(name in path.read_text() for name in ("Ada", "Bob", "desk"))
    assert [line["facts"]["claim"] for line in shown(path)] == ["Ada", "Bob"]
    assert {line["subject"] for line in shown(path)} == {"desk@acme"}


def test_one_name_is_somebody_else_in_another_tenant_and_in_another_log(tmp_path: Path, path: Path) -> None:
    for log in (path, tmp_path / "other.jsonl"):
        for tenant in ("acme", "globex"):
            Audit(AuditSettings(log=log)).record("stream.opened", Caller("", tenant), claim="Ada")
    found = [line["facts"]["claim"] for log in (path, tmp_path / "other.jsonl") for line in plain(log)]
    assert len(set(found)) == 4


def test_whoever_is_erased_is_nobody_in_the_log_which_still_holds(path: Path) -> None:
    audit = Audit(AuditSettings(log=path))
    audit.record("stream.opened", DESK, claim="Ada")
    audit.record("stream.opened", DESK, claim="Bob")
    with audit.change("person.remove", DESK, person="Ada"):
        pass
    audit.record("stream.opened", DESK, claim="Ada")
    before, bob, removal, after = (next(iter(line["facts"].values())) for line in shown(path))
    assert before == removal != after == "Ada"
    assert before.startswith(MARK)
    assert bob == "Bob"
    assert b"Ada" not in path.read_bytes()
    assert Names(names_of(path)).pseudonym("acme", "Ada") != before
    assert verify(path).problem is None


def test_nobody_is_erased_while_the_book_cannot_be_written(path: Path) -> None:
    audit = Audit(AuditSettings(log=path))
    audit.record("stream.opened", DESK, claim="Ada")
    names_of(path).write_bytes(b"no database" * 100)
    with pytest.raises(AuditError, match="its names"), audit.change("person.remove", DESK, person="Ada"):
        pytest.fail("the person was removed")
    assert len(plain(path)) == 1


def test_an_erased_name_is_overwritten_in_the_book(path: Path) -> None:
    names = Names(names_of(path))
    audit = Audit(AuditSettings(log=path))
    for number in range(200):
        audit.note("stream.opened", DESK, claim=f"person {number:03d} of many")
    audit.flush(sign=False)
    assert b"person 077 of many" in names.path.read_bytes()
    names.forget("acme", "person 077 of many")
    assert b"person 077 of many" not in names.path.read_bytes()
    assert b"person 078 of many" in names.path.read_bytes()


def test_who_is_nobody_keeps_an_open_subject(path: Path) -> None:
    Audit(AuditSettings(log=path)).record("source.attached", LOCAL, source="lobby")
    assert plain(path)[0]["subject"] == "local"
    assert Names(names_of(path)).pseudonym("default", "local") is None


def test_names_stand_in_the_clear_where_that_is_wanted(path: Path) -> None:
    Audit(AuditSettings(log=path, pseudonyms=False)).record("stream.opened", DESK, claim="Ada")
    assert (plain(path)[0]["subject"], plain(path)[0]["facts"]) == ("desk@acme", {"claim": "Ada"})
    assert not names_of(path).exists()


def test_several_who_write_at_once_agree_on_a_name(path: Path) -> None:
    def write() -> None:
        audit = Audit(AuditSettings(log=path))
        for number in range(10):
            audit.record("stream.opened", DESK, claim=f"person {number}")

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len({line["facts"]["claim"] for line in plain(path)}) == 10
    assert len(plain(path)) == 40
