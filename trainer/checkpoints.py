"""Checkpoints of every kind of training: one dictionary in one file, whole or not there at all."""

from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from guard.core.errors import InputError

FORMAT = 3
"""Version of the layout of all kinds."""


def write_checkpoint(path: Path, kind: str, state: dict[str, Any]) -> None:
    """Replace what was at `path`, in a folder that is made; `kind` says what can go on from it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    torch.save({"format": FORMAT, "kind": kind, **state}, temporary)
    temporary.replace(path)


def read_weights(path: Path) -> Any:
    """What torch.save wrote to `path`, read without running any code that it may hold. Raises InputError."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises half a dozen kinds for a file that is no checkpoint
        # torch's own words are several lines, and advise to run what the file holds if it is trusted.
        reason = "it is damaged, or holds more than weights" if isinstance(error, UnpicklingError) else error
        raise InputError(str(path), f"is no checkpoint that can be read: {reason}") from error


def read_checkpoint(path: Path, kind: str) -> dict[str, Any]:
    """The dictionary that `write_checkpoint` wrote, read without running any code. Raises InputError."""
    state = read_weights(path)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise InputError(str(path), f"is no checkpoint of version {FORMAT}")
    if state.get("kind") != kind:
        raise InputError(str(path), f"is a checkpoint of {state.get('kind')!r}, not of {kind!r}")
    return state
