"""What a run that is gone on with keeps: it was begun with options and files that nothing may change under way."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from guard.core.errors import InputError
from trainer.blocks import WorldFiles


def refuse_with_resume(**given: Any) -> None:
    """Raises InputError if an option that only a new run takes was given, by its name without dashes; None is not."""
    for name, value in given.items():
        if value is not None:
            raise InputError(f"--{name}", "belongs to a new run", "leave it out: --resume goes on as the run began")


def begun_with(files: WorldFiles) -> dict[str, Any]:
    """What a run renders from, by option: SHA-256 of a file or None, and what is held out."""
    given = {"motion": files.motion, "targets": files.targets}
    hashes: dict[str, Any] = {name: path and sha256(path.read_bytes()).hexdigest() for name, path in given.items()}
    return hashes | {"fold": files.fold, "hold-out": sorted(files.held_out)}


def check_begun_with(files: WorldFiles, facts: Mapping[str, Any]) -> None:
    """Raises InputError unless `files` are what a checkpoint's `facts` say. Earlier checkpoints say nothing."""
    before = facts.get("begun_with")
    if before is None:
        return
    for name, now in begun_with(files).items():
        if now != before[name]:
            began = before[name] if before[name] or name == "fold" else "nothing"
            raise InputError(f"--{name}", f"is not what this run was begun with, which was {began}", "give the same")
