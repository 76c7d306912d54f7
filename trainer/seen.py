"""What a model's training has seen in all its stages, and what none has: on that alone it is measured."""

from collections.abc import Mapping
from typing import Any

from guard.core.errors import InputError
from trainer.blocks import WorldFiles
from trainer.data.world.warp import RESERVED


def seen(files: WorldFiles, before: Mapping[str, Any]) -> dict[str, Any]:
    """What training with `files` has seen, besides what the checkpoint that it went on from had seen `before`."""
    given = {"real_motion": files.motion is not None, "portraits": files.targets is not None}
    found: dict[str, Any] = {what: now or bool(before.get(what)) for what, now in given.items()}
    found["unseen"] = unseen(files, before)
    return found | ({"videos": before["videos"]} if "videos" in before else {})


def unseen(files: WorldFiles, before: Mapping[str, Any]) -> dict[str, Any]:
    """What training with `files` leaves unseen of what a checkpoint with the facts `before` had left so.

    The fold of real people and portraits, None when earlier stages held out another one: between them they saw all.
    Of families of generators, those that every stage held out. Stages without tracks and portraits saw none of them.
    """
    fold: int | None = files.fold if files.motion or files.targets else None
    families = set(files.held_out)
    if (earlier := before.get("unseen")) is not None:
        families &= set(earlier["families"])
        if fold is None or not _saw_anybody(before):
            fold = earlier["fold"] if fold is None else fold
        elif fold != earlier["fold"]:
            fold = None
    return {"fold": fold, "families": sorted(families)}


def _saw_anybody(facts: Mapping[str, Any]) -> bool:
    return bool(facts.get("real_motion") or facts.get("portraits"))


def check_unseen(files: WorldFiles, facts: Mapping[str, Any]) -> None:
    """Raises InputError unless what `files` hold out was held out in training too; earlier checkpoints say nothing."""
    if (left := facts.get("unseen")) is None:
        return
    if _saw_anybody(facts) and (files.motion or files.targets) and files.fold != left["fold"]:
        held_out = "none in all its stages" if left["fold"] is None else f"fold {left['fold']}"
        problem = f"{files.fold} has people that training has seen: it held out {held_out}"
        raise InputError("--fold", problem, "give the fold that training held out")
    for family in sorted(files.held_out - set(left["families"]) - set(RESERVED)):
        raise InputError("--hold-out", f"{family!r} was seen in training", "leave it out")
