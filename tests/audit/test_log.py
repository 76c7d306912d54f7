"""The files of the log: rotation, several writers, crashes and full disks."""

import errno
import json
import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from guard.access.caller import NOBODY
from guard.audit import log as module
from guard.audit.chain import Happening, follow
from guard.audit.log import TAIL, AuditLog, files
from guard.audit.verify import lines_of, verify
from guard.core.errors import AuditError

SMALL = 2000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "audit.jsonl"


def said(text: str = "something") -> Happening:
    return Happening("said", NOBODY, {"text": text})


def test_lines_are_appended_and_only_the_owner_reads_them(path: Path) -> None:
    log = AuditLog(path, 2**20)
    assert log.last().sequence == 0
    log.append([said(), said()])
    link = log.append([said()])
    assert (link.sequence, link) == (3, log.last())
    assert [one.sequence for one in follow(lines_of(path))] == [1, 2, 3]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_chain_goes_on_in_the_next_file(path: Path) -> None:
    log = AuditLog(path, SMALL)
    for _ in range(40):
        log.append([said()])
    names = [file.name for file in files(path)]
    assert len(names) > 3
    assert names == [*sorted(names[:-1]), "audit.jsonl"]
    assert names[0] == "audit.000000000001.jsonl"
    assert verify(path).problem is None
    assert verify(path).lines == 40
    files(path)[1].unlink()
    assert "lines are missing" in (verify(path).problem or "")


def test_a_long_line_is_found_from_its_end(path: Path) -> None:
    log = AuditLog(path, 2**30)
    for text in ("x" * 3 * TAIL, "y", "z" * TAIL):
        log.append([said(text)])
    assert log.append([said()]).sequence == 4
    assert verify(path).problem is None


@pytest.mark.parametrize("whole", [0, 1, 5])
def test_what_a_crash_left_of_a_line_is_taken_off_and_said(path: Path, whole: int) -> None:
    log = AuditLog(path, SMALL)
    log.append([said()] * 9)  # the next group begins a new file
    for _ in range(whole):
        log.append([said()])
    with path.open("ab") as file:
        file.write(b'{"sequence":')
    log.append([said()])
    *_, repair, last = [json.loads(line) for line in lines_of(path)]
    assert (repair["action"], repair["facts"], last["action"]) == ("log.repaired", {"bytes": 12}, "said")
    assert verify(path).problem is None
    assert verify(path).lines == 9 + whole + 2


def test_a_first_line_that_was_torn(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b'{"seq')
    assert AuditLog(path, SMALL).append([said()]).sequence == 2
    assert verify(path).problem is None


def test_a_full_disk_leaves_nothing_half_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = AuditLog(path, 2**20)
    log.append([said()])
    before = path.read_bytes()

    def full(file: int, data: bytes) -> None:
        os.write(file, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(module, "write_all", full)
        with pytest.raises(AuditError, match="the audit log cannot be used: No space left on device"):
            log.append([said(), said()])
    assert path.read_bytes() == before
    assert log.append([said()]).sequence == 2


def test_a_last_line_that_is_none_is_no_ground_to_go_on_from(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("nothing of the kind\n")
    with pytest.raises(AuditError, match="its last line is no line of an audit log"):
        AuditLog(path, SMALL).append([said()])


def write_many(path: Path, count: int) -> None:
    log = AuditLog(path, SMALL)
    for _ in range(count):
        log.append([said(), said()])


@pytest.mark.slow
def test_processes_that_write_at_once_make_one_chain(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=write_many, args=(path, 25)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert (verify(path).lines, verify(path).problem) == (150, None)
