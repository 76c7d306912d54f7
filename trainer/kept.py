"""Vectors that a network made of clips, kept in a file: what a run that was killed has embedded, the next one finds.

A record is the hash of a clip's pictures and the vector; a file is of one network, whose name is a hash of all that
its vectors depend on. Files only grow. A record that a kill tore is cut off by whoever opens the file next.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from guard.core.errors import InputError
from guard.manifest import EMBEDDING
from trainer.baselines import Vector
from trainer.clips import Frames

FOLDER = "embeddings"
"""Below the folder of a cache."""
_KEY = 16
_RECORD = np.dtype([("key", f"V{_KEY}"), ("vector", "<f4", EMBEDDING)])


class Kept:
    """`embed`, which makes (EMBEDDING,) of clips, but for what a file in `folder` holds of it already.

    `network` says all that its vectors depend on. Raises InputError if the file cannot be read or written.
    """

    def __init__(self, embed: Callable[[Frames], Vector], network: str, folder: Path) -> None:
        self._embed = embed
        self._path = folder / FOLDER / hashlib.sha256(network.encode()).hexdigest()[:16]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._places = _places(self._path)
        except OSError as error:
            raise self._refused(error) from error

    def __call__(self, frames: Frames) -> Vector:
        """The vector of a clip (T, 128, 128)."""
        key = hashlib.blake2b(np.ascontiguousarray(frames).data, digest_size=_KEY, salt=str(len(frames)).encode())
        try:
            if (place := self._places.get(key.digest())) is not None:
                return self._read(place)
            vector = self._embed(frames)
            self._places[key.digest()] = self._add(key.digest(), vector)
        except OSError as error:
            raise self._refused(error) from error
        return vector

    def _read(self, place: int) -> Vector:
        found: Vector = np.fromfile(self._path, _RECORD, 1, offset=place)["vector"][0]
        return found

    def _add(self, key: bytes, vector: Vector) -> int:
        """Where the record is: another process may add to the same file."""
        record = np.zeros(1, _RECORD)
        record["key"], record["vector"] = np.void(key), vector
        with self._path.open("ab", buffering=0) as file:
            file.write(record.tobytes())
            return file.tell() - _RECORD.itemsize

    def _refused(self, error: OSError) -> InputError:
        return InputError(str(self._path), f"cannot keep embeddings: {error.strerror}", "name another --cache")


def _places(path: Path) -> dict[bytes, int]:
    """By the hash of a clip, where in the file its record begins."""
    size = path.stat().st_size if path.exists() else 0
    whole = size - size % _RECORD.itemsize
    if whole < size:
        os.truncate(path, whole)
    keys = np.memmap(path, _RECORD, "r")["key"] if whole else []
    return {key.tobytes(): number * _RECORD.itemsize for number, key in enumerate(keys)}
