import numpy as np

from guard.core.errors import GalleryError
from guard.core.recollection import Rows
from guard.core.sketch import EARLIER
from guard.motions import PEOPLE, Motions

ADA, BOB = ("default", "Ada"), ("default", "Bob")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Enrolled:
    """Stands for the templates of the gallery."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.down = False

    async def current(self, claim: str, tenant: str) -> object:
        if self.down:
            raise GalleryError("down")
        return object() if claim in self.names else None


def rows(count: int, value: int = 1) -> Rows:
    return np.full((count, 8), value, np.int8)


def test_calls_of_a_person_are_known_in_order_and_nobody_elses() -> None:
    motions = Motions(3600, Clock())
    motions.keep(ADA, rows(100, 1))
    motions.keep(ADA, rows(50, 2))
    motions.keep(BOB, rows(10, 3))
    assert motions.known(ADA)[:, 0].tolist() == [1] * 100 + [2] * 50
    assert motions.known(("other", "Ada")).shape == (0, 8)


def test_calls_are_forgotten_when_their_time_is_over() -> None:
    clock = Clock()
    motions = Motions(60, clock)
    motions.keep(ADA, rows(100, 1))
    clock.now += 40
    motions.keep(ADA, rows(50, 2))
    clock.now += 40
    assert motions.known(ADA)[:, 0].tolist() == [2] * 50


def test_the_oldest_calls_give_way_and_those_who_called_longest_ago() -> None:
    motions = Motions(3600, Clock())
    for value in (1, 2, 3):
        motions.keep(ADA, rows(EARLIER // 2, value))
    assert set(motions.known(ADA)[:, 0]) == {2, 3}
    for number in range(PEOPLE):
        motions.keep(("default", str(number)), rows(1))
    assert not len(motions.known(ADA))
    assert len(motions.known(("default", "0")))


def test_nothing_is_kept_where_that_is_set() -> None:
    motions = Motions(0, Clock())
    motions.keep(ADA, rows(100))
    assert not len(motions.known(ADA))


async def test_who_is_not_enrolled_any_more_is_forgotten() -> None:
    motions, enrolled = Motions(3600, Clock()), Enrolled("Ada")
    motions.keep(ADA, rows(100))
    motions.keep(BOB, rows(100))
    enrolled.down = True
    await motions.look(enrolled)  # type: ignore[arg-type]
    assert len(motions.known(BOB))
    enrolled.down = False
    await motions.look(enrolled)  # type: ignore[arg-type]
    assert len(motions.known(ADA))
    assert not len(motions.known(BOB))
