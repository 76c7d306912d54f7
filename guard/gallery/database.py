"""The database under the gallery: SQLite in one file or a PostgreSQL server, whole transactions or none."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from guard.core.errors import GalleryError, SettingsError
from guard.hiding import hidden

FAILURES = (OSError, sqlite3.Error, SQLAlchemyError)  # sqlite3's own come through unwrapped while connecting
POSTGRESQL = "postgresql+psycopg"
BUSY = 10.0
"""Seconds for which a connection to SQLite waits for another's transaction."""
KEYS_LOCK = 0x61_76_67_64
"""PostgreSQL's advisory lock for what must happen once at a time: migrations, new tenants, changes of keys."""


class Database:
    """Opens transactions. Raises GalleryError when the database cannot be reached, read or written."""

    def __init__(self, where: str) -> None:
        self.path = None if "://" in where else Path(where)
        url = server(where) if self.path is None else sa.URL.create("sqlite", database=where)
        self.name = hidden(where)
        self._read: dict[str, Any] = {"writing": False}
        self._write: dict[str, Any] = {"writing": True}
        if self.path is None:
            connect = {"connect_timeout": 5}
            self._engine = sa.create_engine(url, pool_pre_ping=True, connect_args=connect)
            self._read = {"isolation_level": "REPEATABLE READ"}
            self._write = {"isolation_level": "READ COMMITTED"}
        else:
            # No pool: a new connection costs a millisecond; none is left open for a fork to inherit.
            self._engine = sa.create_engine(url, poolclass=sa.NullPool)
            sa.event.listen(self._engine, "connect", prepare)
            sa.event.listen(self._engine, "begin", begin)
            self._make_file(self.path)

    def _make_file(self, path: Path) -> None:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)  # a template is biometric data: nobody else's to read
        except OSError as error:
            raise self._failure("open", error) from error

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of the database from its first statement to its last."""
        with self._transaction("read", self._read) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that is on the disk when this returns, or has not happened. SQLite has one at a time."""
        with self._transaction("write", self._write) as connection:
            yield connection

    @contextmanager
    def _transaction(self, verb: str, options: dict[str, Any]) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect().execution_options(**options) as connection, connection.begin():
                yield connection
        except FAILURES as error:
            raise self._failure(verb, error) from error

    def scrub(self) -> None:
        """Let what was deleted leave the write-ahead log too; a reader that is in the way puts it off.

        What the transaction before it did stands, whether this succeeds or not.
        """
        if self.path is not None:
            with suppress(*FAILURES), closing(self._engine.raw_connection()) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def close(self) -> None:
        """Close the connections to a server that are kept open."""
        self._engine.dispose()

    def _failure(self, verb: str, error: Exception) -> GalleryError:
        # SQLAlchemy's own sentence holds the statement and its values; a server's further lines are details of rows.
        said = str(getattr(error, "orig", None) or error).partition("\n")[0]
        return GalleryError(f"gallery: cannot {verb} {self.name}: {said}")


def server(where: str) -> sa.URL:
    """The URL of a PostgreSQL server. Raises SettingsError for any other."""
    try:
        url = sa.make_url(where)
    except (ArgumentError, ValueError):
        raise SettingsError("gallery", "is no URL", f"give a file or {POSTGRESQL}://USER@HOST/DATABASE") from None
    if url.drivername != POSTGRESQL:
        raise SettingsError("gallery", f"is of {url.drivername}", f"give a file or {POSTGRESQL}://USER@HOST/DATABASE")
    if "@" in (url.host or ""):  # psycopg would name this host in its error, a part of the password with it
        raise SettingsError("gallery", "has more than one @ before its host", "write those of a password as %40")
    return url


def hold_keys(connection: sa.Connection) -> None:
    """Until the transaction ends nobody else migrates, makes a tenant or changes keys. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(KEYS_LOCK)))


def prepare(connection: Any, _record: Any) -> None:
    """Settings of every connection: readers never wait for a writer, and a commit is on the disk when it returns."""
    connection.isolation_level = None  # `begin` below begins transactions, also those that change tables
    connection.execute(f"PRAGMA busy_timeout={BUSY * 1000:.0f}").close()
    keep_log(connection)
    for pragma in ("synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def keep_log(connection: Any) -> None:
    """Have the file keep a write-ahead log, which every connection finds done but those that open it while it is new.

    There SQLite does not wait for another's transaction but says at once that the database is locked: both hold a
    lock to read, and neither could ever get one to write.
    """
    end = time.monotonic() + BUSY
    while True:
        try:
            return connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(0.01)


def begin(connection: sa.Connection) -> None:
    """Who will write says so at once: two that read first and then write could only fail each other."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writing") else "BEGIN")
