"""What all stages of a training have left unseen, and that nothing else is measured on."""

from pathlib import Path
from typing import Any

import pytest

from guard.core.errors import InputError
from trainer.blocks import WorldFiles
from trainer.data.world.warp import RESERVED
from trainer.seen import check_unseen, seen

MOTION = Path("tracks.npz")


def facts(*stages: WorldFiles) -> dict[str, Any]:
    """Of a checkpoint that went through these stages."""
    known: dict[str, Any] = {}
    for stage in stages:
        known = seen(stage, known)
    return known


def real(fold: int, *families: Any) -> WorldFiles:
    return WorldFiles(MOTION, fold=fold, held_out=frozenset(families))


@pytest.mark.parametrize(
    ("stages", "fold", "families"),
    [
        ([real(2, "latent", "turning")], 2, ["latent", "turning"]),
        ([real(2, "latent", "turning"), real(2, "turning")], 2, ["turning"]),
        ([real(2), real(3)], None, []),
        ([real(2), real(3), real(3)], None, []),
        ([real(2, "latent"), WorldFiles()], 2, []),
        ([WorldFiles(), real(1)], 1, []),
        ([WorldFiles()], None, []),
    ],
)
def test_what_every_stage_held_out_is_unseen(stages: list[WorldFiles], fold: int | None, families: list[str]) -> None:
    assert facts(*stages)["unseen"] == {"fold": fold, "families": families}


def test_a_model_is_measured_on_what_it_has_not_seen() -> None:
    check_unseen(real(2), facts(real(2, "latent")))
    check_unseen(real(2, "latent"), facts(real(2, "latent", "turning")))
    check_unseen(real(4), facts(WorldFiles()))  # it never saw anybody
    check_unseen(real(4), {"real_motion": True})  # an earlier checkpoint, which does not say


def test_people_that_it_has_seen_are_refused() -> None:
    with pytest.raises(InputError, match="--fold: 0 has people that training has seen: it held out fold 2"):
        check_unseen(real(0), facts(real(2)))
    with pytest.raises(InputError, match="it held out none in all its stages"):
        check_unseen(real(3), facts(real(2), real(3)))


def test_families_that_it_has_seen_are_refused() -> None:
    with pytest.raises(InputError, match="--hold-out: 'turning' was seen in training"):
        check_unseen(real(2, "latent", "turning"), facts(real(2, "latent")))


def test_a_reserved_family_is_unseen_whatever_the_training() -> None:
    check_unseen(real(2, *RESERVED), facts(real(2)))
    with pytest.raises(InputError, match="keypoint"):
        check_unseen(real(2, *RESERVED, "keypoint"), facts(real(2)))
