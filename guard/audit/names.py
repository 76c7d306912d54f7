"""The book of names: who the pseudonyms of an audit log stand for, until they are erased.

Lines of the log can never change, so names do not stand in them. A pseudonym is drawn at random, once for each name of
a tenant, and kept here; once a name is taken out of the book nobody can tell any more whose lines these were, not even
by trying the name, as they could with a keyed hash.
"""

import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from guard.access.caller import LOCAL, NOBODY, Caller
from guard.audit.chain import Happening
from guard.core.errors import AuditError

PERSONAL = frozenset({"person", "claim", "claim_before", "participant"})
"""Facts that name somebody."""
OPEN = frozenset({LOCAL.subject, NOBODY.subject, "configuration"})
"""Subjects that are nobody's name."""
MARK = "~"
"""What every pseudonym begins with."""
WAIT = 20.0
"""Seconds that another process may keep the book to itself."""

_TABLE = "CREATE TABLE IF NOT EXISTS names (tenant TEXT, name TEXT, pseudonym TEXT UNIQUE, PRIMARY KEY (tenant, name))"


class Names:
    """The book in one file; safe across threads and processes. Its methods raise AuditError when it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def hidden(self, happenings: Iterable[Happening]) -> list[Happening]:
        """The same with pseudonyms in place of names; new names are in the book when this returns."""
        with self._opened() as book:
            return [self._hidden(book, happening) for happening in happenings]

    def forget(self, tenant: str, name: str) -> None:
        """Take a name out, if it is there: its lines are nobody's from now on, later ones have another pseudonym."""
        with self._opened() as book:
            book.execute("DELETE FROM names WHERE tenant = ? AND name = ?", (tenant, name))

    def pseudonym(self, tenant: str, name: str) -> str | None:
        """What the name is called in the log; None when the book does not hold it."""
        with self._opened() as book:
            return _found(book, tenant, name)

    def shown(self, lines: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """Lines of the log with the names that the book still holds."""
        with self._opened() as book:
            known = dict(book.execute("SELECT pseudonym, name FROM names").fetchall())
        for line in lines:
            facts = {key: known.get(value, value) if key in PERSONAL else value for key, value in line["facts"].items()}
            yield {**line, "subject": known.get(line["subject"], line["subject"]), "facts": facts}

    def _hidden(self, book: sqlite3.Connection, happening: Happening) -> Happening:
        caller = happening.caller
        subject = caller.subject if caller.subject in OPEN else _entered(book, caller.tenant, caller.subject)
        facts = {
            key: _entered(book, caller.tenant, value) if key in PERSONAL and isinstance(value, str) and value else value
            for key, value in happening.facts.items()
        }
        return replace(happening, caller=Caller(subject, caller.tenant), facts=facts)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """A transaction: on the disk afterwards, or not at all."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
            with closing(sqlite3.connect(self.path, WAIT, isolation_level=None)) as book, book:
                book.execute("PRAGMA secure_delete = ON")
                # Asked for at once: who has read before asking to write is not made to wait but refused.
                book.execute("BEGIN IMMEDIATE")
                book.execute(_TABLE)
                yield book
        except (OSError, sqlite3.Error) as error:
            raise AuditError(f"its names {self.path.name}: {error}") from None


def _entered(book: sqlite3.Connection, tenant: str, name: str) -> str:
    """The pseudonym of a name, drawn now if it has none."""
    drawn = MARK + secrets.token_hex(8)
    book.execute("INSERT OR IGNORE INTO names VALUES (?, ?, ?)", (tenant, name, drawn))
    return _found(book, tenant, name) or drawn


def _found(book: sqlite3.Connection, tenant: str, name: str) -> str | None:
    row = book.execute("SELECT pseudonym FROM names WHERE tenant = ? AND name = ?", (tenant, name)).fetchone()
    return row and str(row[0])
