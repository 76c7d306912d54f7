"""The gallery: enrolled templates in one SQLite file that survives a crash at any moment."""

import sqlite3
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateTable

from guard.access.caller import DEFAULT_TENANT
from guard.core.errors import ClaimError, GalleryError
from guard.core.items import Floats

FAILURES = (OSError, sqlite3.Error, SQLAlchemyError)  # sqlite3's own come through unwrapped while connecting
NAME_LENGTH = 200
EMBEDDING = 256

METADATA = sa.MetaData()
TEMPLATES = sa.Table(
    "templates",
    METADATA,
    sa.Column("name", sa.String(NAME_LENGTH), primary_key=True),
    sa.Column("model_id", sa.String, primary_key=True),  # templates of different models cannot be compared
    sa.Column("vector", sa.LargeBinary, nullable=False),  # 256 little-endian float32
    sa.Column("windows", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("clips", sa.Integer, nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),  # UTC
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One enrolled template: made from `windows` windows in `seconds` of video out of `clips` files."""

    name: str
    model_id: str
    windows: int
    seconds: float
    clips: int
    created_at: datetime


def checked_name(name: str) -> str:
    """The name in one spelling (Unicode NFC); raises ClaimError unless it is 1 to 200 printable characters."""
    name = unicodedata.normalize("NFC", name)
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable() or name != name.strip():
        raise ClaimError("name", f"must be 1 to {NAME_LENGTH} printable characters without space at either end")
    return name


class Gallery:
    """Templates by name and model. Methods may be called from any thread and process; each is one transaction.

    Raises GalleryError when the file cannot be opened, read or written, ClaimError for a name that cannot be one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # No pool: a new connection costs a millisecond; none is left open for a fork to inherit.
        self._engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), poolclass=sa.NullPool)
        sa.event.listen(self._engine, "connect", prepare)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)  # a template is biometric data: nobody else's to read
        except OSError as error:
            raise self._failure("open", error) from error
        self._write(CreateTable(TEMPLATES, if_not_exists=True))

    def put(self, name: str, template: Floats, model_id: str, windows: int, seconds: float, clips: int) -> None:
        """Stores the template (256,), in place of an earlier one of this name and model."""
        row = TEMPLATES.insert().values(
            name=checked_name(name),
            model_id=model_id,
            vector=packed(template),
            windows=windows,
            seconds=seconds,
            clips=clips,
            created_at=datetime.now(UTC),
        )
        self._write(TEMPLATES.delete().where(belongs(name, model_id)), row)

    def template(self, name: str, model_id: str, tenant: str = DEFAULT_TENANT) -> Floats | None:
        """The template (256,) float32 of this name for this model, or None when there is none."""
        if tenant != DEFAULT_TENANT:
            return None
        rows = self._read(sa.select(TEMPLATES.c.vector).where(belongs(name, model_id)))
        return self._unpacked(rows[0][0]) if rows else None

    def entries(self) -> list[Entry]:
        """What is enrolled, by name and then model."""
        columns = [column for column in TEMPLATES.c if column.name != "vector"]
        rows = self._read(sa.select(*columns).order_by(TEMPLATES.c.name, TEMPLATES.c.model_id))
        return [Entry(**{**row._mapping, "created_at": row.created_at.replace(tzinfo=UTC)}) for row in rows]

    def remove(self, name: str) -> bool:
        """Deletes every template of this name; False when there was none."""
        return self._write(TEMPLATES.delete().where(TEMPLATES.c.name == checked_name(name))) > 0

    def _read(self, statement: sa.Executable) -> list[Any]:
        try:
            with self._engine.connect() as connection:
                return list(connection.execute(statement).all())
        except FAILURES as error:
            raise self._failure("read", error) from error

    def _write(self, *statements: sa.Executable) -> int:
        """Executes all or none; the rows that the last one touched."""
        try:
            with self._engine.begin() as connection:
                return [connection.execute(statement).rowcount for statement in statements][-1]
        except FAILURES as error:
            raise self._failure("write", error) from error

    def _failure(self, verb: str, error: Exception) -> GalleryError:
        # SQLAlchemy's own sentence holds the statement and its values: a name must not get into a log this way.
        return GalleryError(f"gallery: cannot {verb} {self.path}: {getattr(error, 'orig', None) or error}")

    def _unpacked(self, vector: bytes) -> Floats:
        template = np.frombuffer(vector, "<f4") if len(vector) == 4 * EMBEDDING else np.full(1, np.nan, np.float32)
        if not np.isfinite(template).all():
            raise GalleryError(f"gallery: {self.path} holds a damaged template; enrol that person again")
        return template.astype(np.float32)


def belongs(name: str, model_id: str) -> sa.ColumnElement[bool]:
    """The condition that picks the one row of a name and a model."""
    return sa.and_(TEMPLATES.c.name == checked_name(name), TEMPLATES.c.model_id == model_id)


def packed(template: Floats) -> bytes:
    """The template as it is stored; only finite vectors of 256 get in, so that only such come out."""
    if template.shape != (EMBEDDING,) or not np.isfinite(template).all():
        raise ValueError(f"a template is {EMBEDDING} finite numbers, this is an array of shape {template.shape}")
    return template.astype("<f4").tobytes()


def prepare(connection: Any, _record: Any) -> None:
    """Settings of every connection: readers never wait for a writer, and a commit is on the disk when it returns."""
    for pragma in ("busy_timeout=5000", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}").close()
