"""Worker processes that decode videos, one at a time each: a file that brings a decoder down costs that file only.

Each worker has a pipe of its own, so that it is known who died over which video, and nothing waits in a queue: a worker
holds one clip at most. Workers end with the process that started them, however that ended: their pipe closes with it.
"""

import signal
import time
from collections.abc import Generator, Iterable
from contextlib import suppress
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path

from guard.core.errors import VideoError
from trainer.data.decode import Clip, decode

PATIENCE = 1800.0
"""Seconds after which a decoder counts as hung."""
_LOOK_ROUND = 1.0
"""Seconds between looks for hung decoders."""


def decode_all(paths: Iterable[Path], workers: int) -> Generator[tuple[Path, Clip | str], None, None]:
    """Each video's clip, or why there is none, in the order in which they are done. Close it to end the workers."""
    waiting = iter(paths)
    busy: dict[Connection, _Worker] = {}

    def begin(worker: _Worker, path: Path) -> None:
        worker.begin(path)
        busy[worker.connection] = worker

    try:
        for path in islice(waiting, workers):
            begin(_Worker(), path)
        while busy:
            for connection in wait(list(busy), _LOOK_ROUND):
                worker = busy.pop(connection)
                path, found = worker.path, worker.result()
                following = next(waiting, None)
                if following is None or not worker.usable:
                    worker.end()
                if following is not None:
                    begin(worker if worker.usable else _Worker(), following)
                yield path, found
            for worker in busy.values():
                worker.kill_if_hung()
    finally:
        for worker in busy.values():
            worker.end()


class _Worker:
    """One process and the video that it is at."""

    def __init__(self) -> None:
        # Spawned, not forked: a fork of a process whose threads hold locks can hang, and would inherit other pipes.
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()  # held here as well, it would hide the worker's death
        # Whether it can decode another video; False once it has died.
        self.usable = True
        # The newest video, when it was begun (monotonic seconds), and whether it took too long.
        self.path, self._begun, self._hung = Path(), 0.0, False

    def begin(self, path: Path) -> None:
        """Let it decode a video."""
        self.path, self._begun = path, time.monotonic()
        with suppress(OSError):  # it has died, as `result` will find
            self.connection.send(path)

    def result(self) -> Clip | str:
        """What came of the video, once the connection is ready."""
        self.usable = not self._hung
        try:
            found: Clip | str = self.connection.recv()
        except (EOFError, OSError):
            self.usable = False
            found = f"takes more than {PATIENCE:g} s to decode" if self._hung else "brings the decoder down"
        return found

    def kill_if_hung(self) -> None:
        """End the process if it has been at its video for too long; `result` then says so."""
        if time.monotonic() - self._begun > PATIENCE:
            self._hung = True
            self._process.kill()

    def end(self) -> None:
        """End the process, whatever it is at."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self.connection.close()


def _serve(connection: Connection) -> None:
    """The worker's loop: a path in, a clip or a reason out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the process that started this one decides
    with suppress(EOFError, OSError):  # that process is gone
        while True:
            connection.send(_decoded(connection.recv()))


def _decoded(path: Path) -> Clip | str:
    try:
        return decode(path)
    except VideoError as error:
        return error.problem
    except Exception as error:  # whatever a broken file provokes is a reason to leave it out, not to stop
        return f"{type(error).__name__}: {error}"
