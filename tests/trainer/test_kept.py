"""Vectors on disk: made once, found by the pictures that they are of, whatever a kill left behind."""

from pathlib import Path

import numpy as np
import pytest

from guard.core.errors import InputError
from trainer.kept import FOLDER, Kept


class Counting:
    """A network that says how often it was asked; its vectors are told apart by the clip's first pixel."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        self.asked.append(int(frames[0, 0, 0]))
        return np.full(256, frames[0, 0, 0] / 7, np.float32)


def clip(number: int, frames: int = 3) -> np.ndarray:
    return np.full((frames, 128, 128), number, np.uint8)


def test_what_one_run_has_embedded_the_next_one_finds(tmp_path: Path) -> None:
    first, second = Counting(), Counting()
    kept = Kept(first, "a network", tmp_path)
    made = [kept(clip(number)) for number in (1, 2, 1)]
    assert first.asked == [1, 2]
    again = Kept(second, "a network", tmp_path)
    found = [again(clip(number)) for number in (1, 2, 1, 3)]
    assert second.asked == [3]
    np.testing.assert_array_equal(found[:3], made)
    np.testing.assert_array_equal(found[3], Counting()(clip(3)))


def test_another_network_and_other_pictures_have_vectors_of_their_own(tmp_path: Path) -> None:
    network = Counting()
    Kept(network, "a network", tmp_path)(clip(1))
    Kept(network, "another network", tmp_path)(clip(1))
    Kept(network, "a network", tmp_path)(clip(1, frames=4))
    Kept(network, "a network", tmp_path)(clip(1)[:, :, ::-1])  # the same pictures in another order of memory
    assert network.asked == [1, 1, 1]


@pytest.mark.parametrize("torn", [1, 16, 500])
def test_a_record_that_was_torn_is_made_again_and_the_others_stay(tmp_path: Path, torn: int) -> None:
    kept = Kept(Counting(), "a network", tmp_path)
    for number in (1, 2):
        kept(clip(number))
    (path,) = (tmp_path / FOLDER).iterdir()
    path.write_bytes(path.read_bytes()[:-torn])
    network = Counting()
    for _ in range(2):
        again = Kept(network, "a network", tmp_path)
        assert [float(again(clip(number))[0]) for number in (1, 2)] == pytest.approx([1 / 7, 2 / 7])
    assert network.asked == [2]


def test_two_runs_may_add_to_one_file(tmp_path: Path) -> None:
    one, other = (Kept(Counting(), "a network", tmp_path) for _ in range(2))
    for number in range(4):
        (one, other)[number % 2](clip(number))
    assert [float(one(clip(number))[0]) for number in (0, 2)] == pytest.approx([0, 2 / 7])
    assert [float(other(clip(number))[0]) for number in (1, 3)] == pytest.approx([1 / 7, 3 / 7])


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    with pytest.raises(InputError, match="cannot keep embeddings"):
        Kept(Counting(), "a network", tmp_path)
