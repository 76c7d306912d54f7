"""SIGKILL at any moment: whoever was acknowledged is there, and nobody is there by half."""

import multiprocessing
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from guard.gallery import Gallery
from tests.gallery.writer import Expected, Step, write

# The server has everything imported and no thread: a child starts in milliseconds, and inherits no lock that is held.
CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload(["tests.gallery.writer"])

OWNERS = " UNION ".join(f"SELECT id FROM {table}" for table in ("people", "templates", "crops", "motions", "incidents"))
ORPHANS = f"SELECT id FROM data_keys WHERE id NOT IN ({OWNERS})"
LONELY = f"SELECT id FROM ({OWNERS}) WHERE id NOT IN (SELECT id FROM data_keys)"


def killed(where: str, keys: str | None, seed: int) -> list[Step | None]:
    """What a writer said before it was killed, somewhere in one of its first steps."""
    chance = random.Random(seed)
    here, there = CHILDREN.Pipe(duplex=False)
    child = CHILDREN.Process(target=write, args=(where, keys, seed, there))
    child.start()
    there.close()
    said = [here.recv() for _ in range(chance.randrange(1, 12))]
    time.sleep(chance.uniform(0, 0.03))  # falls anywhere in a transaction; nothing waits for it
    child.kill()
    child.join()
    child.close()
    while True:
        try:
            said.append(here.recv())
        except EOFError:
            here.close()
            return said


def survive(where: str, keys: str | None, rounds: int) -> None:
    """Kill a writer so many times; after each, the gallery is as before or as after the step that was under way."""
    expected = Expected()
    for seed in range(1, rounds + 1):
        begun = None
        for step in killed(where, keys, seed):
            if step is not None:
                begun = step
            elif begun is not None:
                expected, begun = expected.after(begun), None
        gallery = Gallery(where, keys)
        if not expected.is_in(gallery):
            assert begun is not None, f"an acknowledged step is lost (seed {seed})"
            expected = expected.after(begun)
            assert expected.is_in(gallery), f"{begun} is neither done nor undone (seed {seed})"
        gallery.database.close()


def check_file(path: Path) -> None:
    """The database is sound, and no key is without its owner or the other way round."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute(ORPHANS).fetchall() == connection.execute(LONELY).fetchall() == []


@pytest.mark.slow
def test_twenty_kills_lose_nobody(tmp_path: Path) -> None:
    survive(str(tmp_path / "gallery.sqlite"), None, rounds=20)
    check_file(tmp_path / "gallery.sqlite")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_two_hundred_kills_lose_nobody(tmp_path: Path) -> None:
    survive(str(tmp_path / "gallery.sqlite"), None, rounds=200)
    check_file(tmp_path / "gallery.sqlite")
