"""The files of an audit log: appended to by several processes, synced to the disk, rotated without a break.

`audit.jsonl` is the newest file; older ones are `audit.000000000001.jsonl`, by the number of their first line.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from guard.access.caller import NOBODY
from guard.audit.chain import START, BrokenChainError, Happening, Link, line_after, link_of
from guard.core.errors import AuditError

OWNER_ONLY = 0o600
TAIL = 64 * 1024
"""Bytes read from the end of a file to find its last line; more when that is longer."""


class AuditLog:
    """One log; `append` is safe across threads and processes."""

    def __init__(self, path: Path, rotate_at: int) -> None:
        self.path = path
        self._rotate_at = rotate_at  # bytes

    def append(self, happenings: Sequence[Happening]) -> Link:
        """Write them in one go, on the disk when this returns; the last line's place.

        Raises AuditError with none of them written.
        """
        try:
            with self._locked():
                return self._write(self._repaired(), happenings)
        except OSError as error:
            raise AuditError(error.strerror or type(error).__name__) from None
        except BrokenChainError as error:
            raise AuditError(f"its last line {error}") from None

    def last(self) -> Link:
        """The place of the last line. AuditError when it cannot be read."""
        try:
            with self._locked():
                return self._end()[0]
        except (OSError, BrokenChainError) as error:
            raise AuditError(str(error)) from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone among all who write, by a lock beside the log: the log's own file changes its name."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.path.with_name(f"{self.path.name}.lock"), os.O_CREAT | os.O_RDWR, OWNER_ONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _end(self) -> tuple[Link, int]:
        """The last whole line's place, and the bytes of a torn one after it."""
        torn = last_line(self.path)[1] if self.path.exists() else 0
        for path in reversed(files(self.path)):
            line, _ = last_line(path)
            if line is not None:
                return link_of(line), torn
        return START, torn

    def _repaired(self) -> Link:
        """The last line's place. What a crash left of a line that nobody was told is written is taken off, and said."""
        link, torn = self._end()
        if torn:
            os.truncate(self.path, self.path.stat().st_size - torn)
            return self._write(link, [Happening("log.repaired", NOBODY, {"bytes": torn})])
        return link

    def _write(self, link: Link, happenings: Sequence[Happening]) -> Link:
        self._rotate(link)
        lines = []
        for happening in happenings:
            lines.append(line_after(link, happening))
            link = link_of(lines[-1])
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, OWNER_ONLY)
        try:
            before = os.fstat(file).st_size
            try:
                write_all(file, b"".join(line + b"\n" for line in lines))
                os.fsync(file)
            except OSError:  # a full disk takes part of it
                os.ftruncate(file, before)
                raise
            if before == 0:
                sync_folder(self.path.parent)
        finally:
            os.close(file)
        return link

    def _rotate(self, link: Link) -> None:
        if self.path.exists() and self.path.stat().st_size >= self._rotate_at:
            with self.path.open("rb") as file:
                first = link_of(file.readline().rstrip(b"\n")).sequence
            os.rename(self.path, self.path.with_name(f"{self.path.stem}.{first:012d}{self.path.suffix}"))
            sync_folder(self.path.parent)


def files(path: Path) -> list[Path]:
    """The files of a log in their order, the newest last."""
    older = sorted(path.parent.glob(f"{path.stem}.{'[0-9]' * 12}{path.suffix}"))
    return [*older, *([path] if path.exists() else [])]


def last_line(path: Path) -> tuple[bytes | None, int]:
    """The last whole line, if there is one, and how many bytes come after it."""
    size, length = path.stat().st_size, TAIL
    while True:
        with path.open("rb") as file:
            file.seek(max(0, size - length))
            tail = file.read()
        *whole, torn = tail.split(b"\n")
        # The first of several may have begun before the part that was read.
        if len(whole) > 1 or (whole and length >= size):
            return whole[-1], len(torn)
        if length >= size:
            return None, len(torn)
        length *= 2


def write_all(file: int, data: bytes) -> None:
    """Write everything, however often it takes."""
    while data:
        data = data[os.write(file, data) :]


def sync_folder(path: Path) -> None:
    """Make a new name in the folder survive a crash."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
