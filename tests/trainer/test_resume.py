"""A run goes on with what it was begun with, or not at all."""

from pathlib import Path

import pytest

from guard.core.errors import InputError
from trainer.blocks import WorldFiles
from trainer.resume import begun_with, check_begun_with, refuse_with_resume


def test_options_of_a_new_run_are_refused_even_at_zero() -> None:
    refuse_with_resume(preset=None, seed=None)
    with pytest.raises(InputError, match="--seed: belongs to a new run; leave it out"):
        refuse_with_resume(preset=None, seed=0)


@pytest.fixture
def motion(tmp_path: Path) -> Path:
    (tmp_path / "tracks.npz").write_bytes(b"tracks")
    return tmp_path / "tracks.npz"


def test_the_same_file_in_another_place_will_do(motion: Path) -> None:
    facts = {"begun_with": begun_with(WorldFiles(motion))}
    check_begun_with(WorldFiles(motion.rename(motion.with_name("moved.npz"))), facts)
    check_begun_with(WorldFiles(), {"step": 3})  # a checkpoint from before this was kept


@pytest.mark.parametrize(("before", "now"), [(b"tracks", b"others"), (b"tracks", None), (None, b"tracks")])
def test_another_file_is_refused(motion: Path, before: bytes | None, now: bytes | None) -> None:
    def files(content: bytes | None) -> WorldFiles:
        motion.write_bytes(content or b"")
        return WorldFiles(motion if content else None)

    facts = {"begun_with": begun_with(files(before))}
    began = "[0-9a-f]{64}" if before else "nothing"
    with pytest.raises(InputError, match=f"--motion: is not what this run was begun with, which was {began}; give"):
        check_begun_with(files(now), facts)


def test_what_is_held_out_stays_held_out() -> None:
    facts = {"begun_with": begun_with(WorldFiles(held_out=frozenset({"latent"})))}
    with pytest.raises(InputError, match=r"--hold-out: is not .*, which was \['latent'\]"):
        check_begun_with(WorldFiles(), facts)
    with pytest.raises(InputError, match="--fold: is not what this run was begun with, which was 0"):
        check_begun_with(WorldFiles(fold=1), {"begun_with": begun_with(WorldFiles())})
