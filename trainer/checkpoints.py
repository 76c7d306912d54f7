"""Checkpoints of every kind of training: one dictionary in one file, whole or not there at all."""

from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

from guard.core.errors import InputError

FORMAT = 3
"""Version of the layout of all kinds."""
_SCALAR: Any = np.float64().__reduce__()[0]  # it has no public name
_NUMBERS = [
    *(_SCALAR, (_SCALAR, "numpy.core.multiarray.scalar")),  # the latter is NumPy 1's name for it
    *(np.dtype, *(type(np.dtype(kind)) for kind in "?bhilqBHILQefd")),
]
"""What a single number of NumPy's is made by when it is read, such as an AUC beside the weights."""


def write_checkpoint(path: Path, kind: str, state: dict[str, Any]) -> None:
    """Replace what was at `path`, in a folder that is made; `kind` says what can go on from it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    torch.save({"format": FORMAT, "kind": kind, **state}, temporary)
    temporary.replace(path)


def read_weights(path: Path) -> Any:
    """What torch.save wrote to `path`, weights and plain numbers, read without running any code that it may hold.

    Raises InputError, naming what else it holds.
    """
    with safe_globals(_NUMBERS):
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except UnpicklingError as error:
            # torch's own words are several lines, and advise to run what the file holds if it is trusted.
            reason, remedy = "it is damaged, or holds more than weights", ""
            if others := _others(path):
                reason, remedy = f"it holds {others}, which is more than weights", "save it again without"
            raise InputError(str(path), f"is no checkpoint that can be read: {reason}", remedy) from error
        except Exception as error:  # torch raises half a dozen kinds for a file that is no checkpoint
            raise InputError(str(path), f"is no checkpoint that can be read: {error}") from error


def _others(path: Path) -> str:
    """The names of what the file would run on being read, that it may not; "" where that cannot be told."""
    try:
        return " and ".join(sorted(get_unsafe_globals_in_checkpoint(path)))
    except Exception:  # as damaged as it may be, the reason that was found first is what is told
        return ""


def read_checkpoint(path: Path, kind: str) -> dict[str, Any]:
    """The dictionary that `write_checkpoint` wrote, read without running any code. Raises InputError."""
    state = read_weights(path)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise InputError(str(path), f"is no checkpoint of version {FORMAT}")
    if state.get("kind") != kind:
        raise InputError(str(path), f"is a checkpoint of {state.get('kind')!r}, not of {kind!r}")
    return state
