"""Master keys: where they come from, and how a file of them changes.

A source is text with one key a line, 32 bytes in base64; the last line is the current key, with which tenants' keys are
wrapped from now on; the others only open what was wrapped before. `#` begins a comment.
"""

import base64
import binascii
import hashlib
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import structlog

from guard.core.errors import GalleryError, SettingsError
from guard.gallery.protection import KEY, new_key

ANSWERS_WITHIN = 30.0
"""Seconds that a command may take to print the keys."""

log = structlog.get_logger()


def key_id(key: bytes) -> str:
    """What a master key is called: it follows from the key, so that a wrong key cannot bear a right one's name."""
    return hashlib.sha256(b"avatar-guard master key" + key).hexdigest()[:16]


class KeyRing:
    """Master keys by id, oldest first; the last is the current one. `origin` says where they come from."""

    def __init__(self, keys: Iterable[bytes], origin: str = "gallery_keys") -> None:
        self.keys = {key_id(key): key for key in keys}
        self._origin = origin

    def key(self, identifier: str) -> bytes:
        """Raises GalleryError when the key is not there."""
        if identifier not in self.keys:
            raise GalleryError(f"gallery: its master key {identifier} is not among those of {self._origin}")
        return self.keys[identifier]

    @property
    def current(self) -> str:
        """Id of the current key. Raises GalleryError when there is none."""
        if not self.keys:
            raise GalleryError(f"gallery: no key in {self._origin}; put one there: 32 random bytes in base64")
        return next(reversed(self.keys))


class KeySource:
    """`file:PATH`, `env:NAME` or `command:WORDS...` (no shell). Raises SettingsError for anything else."""

    def __init__(self, setting: str) -> None:
        self._kind, _, self._where = setting.partition(":")
        if self._kind not in ("file", "env", "command") or not self._where:
            raise SettingsError("gallery_keys", "is none of file:PATH, env:NAME and command:WORDS")

    def load(self) -> KeyRing:
        """The keys as they are now; none when the file does not exist. Raises SettingsError for what is no key."""
        return KeyRing(parsed(self._text()), self._origin())

    def begin(self) -> KeyRing:
        """The keys; a file that does not exist is made first, with one key."""
        path = Path(self._where)
        if self._kind == "file" and not path.exists():
            written = written_beside(path, [new_key()])
            with suppress(FileExistsError):  # somebody else was quicker: theirs it is
                os.link(written, path)
                log.info("gallery keys created: without this file the gallery cannot be read", keys=str(path))
            written.unlink()
            sync_folder(path.parent)
        return self.load()

    def replace(self, keys: Iterable[bytes]) -> None:
        """Put these keys in the place of the present ones. Raises SettingsError unless they are in a file."""
        self.check_file()
        path = Path(self._where)
        written_beside(path, keys).replace(path)
        sync_folder(path.parent)

    @property
    def in_file(self) -> bool:
        """Whether guard can change the keys."""
        return self._kind == "file"

    def check_file(self) -> None:
        """Raises SettingsError unless the keys are in a file, which guard can change."""
        if not self.in_file:
            raise SettingsError("gallery_keys", f"guard cannot change keys from {self._kind}:", "change them there")

    def _origin(self) -> str:
        """The setting in words, and whether nothing is there: a mistyped name holds no key."""
        if self._kind == "command":  # its words may hold what opens a safe
            return "gallery_keys (a command)"
        there = self._where in os.environ if self._kind == "env" else Path(self._where).exists()
        missing = "" if there else ", which is not set" if self._kind == "env" else ", which does not exist"
        return f"gallery_keys ({self._kind}:{self._where}{missing})"

    def _text(self) -> str:
        if self._kind == "env":
            return os.environ.get(self._where, "")
        if self._kind == "command":
            return said_by(self._where)
        try:
            return Path(self._where).read_text("ascii")
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            raise SettingsError("gallery_keys", f"cannot read {self._where}: {error}") from None


def said_by(command: str) -> str:
    """What a command prints, run without a shell. Raises SettingsError when it fails; its stderr is ours."""
    try:
        words = shlex.split(command)
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, timeout=ANSWERS_WITHIN)
    except subprocess.CalledProcessError as error:
        raise SettingsError("gallery_keys", f"the command failed with exit status {error.returncode}") from None
    except subprocess.TimeoutExpired:
        raise SettingsError("gallery_keys", f"the command has not ended within {ANSWERS_WITHIN:.0f} s") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingsError("gallery_keys", f"the command cannot be run: {reason}") from None
    return done.stdout


def parsed(text: str) -> list[bytes]:
    """The keys of a source's text. Raises SettingsError that names the line, and does not show what is in it."""
    keys = []
    for number, line in enumerate(text.splitlines(), 1):
        word = line.partition("#")[0].strip()
        if not word:
            continue
        try:
            key = base64.b64decode(word, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY:
            raise SettingsError("gallery_keys", f"line {number} is no key", f"a key is {KEY} bytes in base64")
        keys.append(key)
    return keys


def written_beside(path: Path, keys: Iterable[bytes]) -> Path:
    """A file beside `path`, on the disk when this returns, that its owner alone can read."""
    lines = ["# Master keys of an Avatar Guard gallery, the newest last. Who has them can read it; keep them apart."]
    lines += [base64.b64encode(key).decode() for key in keys]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-", delete=False) as file:  # mode 0600
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return Path(file.name)


def sync_folder(folder: Path) -> None:
    """Get a new name in a folder onto the disk: a key must not be lost that something was encrypted with."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
