"""Options that several commands have, and what they open."""

import os
from pathlib import Path
from typing import Annotated
from zipfile import BadZipFile

import typer
from pydantic import TypeAdapter, ValidationError

from guard.bundle import Bundle
from guard.core.errors import InputError, in_a_line
from guard.manifest import ModelId
from trainer.blocks import WorldFiles
from trainer.data.fill import LAYOUTS
from trainer.data.world.faces import load_portraits
from trainer.data.world.tracks import FOLDS, load_tracks
from trainer.data.world.warp import FAMILIES, RESERVED

CORES = os.cpu_count() or 1
MotionOption = Annotated[Path | None, typer.Option(help="Tracks of real drivers (tracks.npz).", exists=True)]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on stdout, one object a line.")]
WorkersOption = Annotated[int, typer.Option(min=1, help="Processes that decode.", show_default="one a core")]
MOST_SEED = 2**31 - 1
SeedOption = Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Of all random numbers.")]
TargetsOption = Annotated[Path | None, typer.Option(help="Portrait faces (targets.npz).", exists=True)]


def check_model_id(name: str) -> str:
    """The same name. Raises InputError, before any work, for one that no bundle may have."""
    try:
        return TypeAdapter[str](ModelId).validate_python(name)
    except ValidationError:
        raise InputError("--model-id", f"'{in_a_line(name, 80)}' is not 1 to 64 printable ASCII characters") from None


ModelIdOption = Annotated[
    str, typer.Option(help="The name that verdicts and templates will carry.", callback=check_model_id)
]


def check_layout(layout: str) -> None:
    """Raises InputError for a layout that there is not."""
    if layout not in LAYOUTS:
        raise InputError("--layout", f"{layout!r} is none of {', '.join(LAYOUTS)}")


def names(listed: str) -> list[str]:
    """The names in a list with commas; none in an empty one."""
    return [name.strip() for name in listed.split(",") if name.strip()]


def make_way(out: Path, remedy: str) -> None:
    """See that `out` can be written when the work is done. Raises InputError."""
    if out.exists():
        raise InputError(str(out), "exists", remedy)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(str(out.parent), f"cannot be made a folder: {error.strerror}") from error


FoldOption = Annotated[
    int, typer.Option(min=0, max=FOLDS - 1, help="Part of the real drivers and portraits held out of training.")
]
HoldOutOption = Annotated[
    list[str] | None, typer.Option(help="Family of generators held out of training, which then validates alone.")
]


def world_files(
    motion: Path | None, targets: Path | None, fold: int = 0, hold_out: list[str] | None = None
) -> WorldFiles:
    """The files, which can be read, and what is held out. Raises InputError."""
    known = (*FAMILIES, *RESERVED)
    held_out = frozenset(family for family in known if family in (hold_out or ()))
    for name in hold_out or ():
        if name not in known:
            raise InputError("--hold-out", f"{name!r} is none of {', '.join(known)}")
    if held_out >= set(FAMILIES):
        raise InputError("--hold-out", "leaves training no family of generators", "hold out fewer")
    for path, load in ((motion, load_tracks), (targets, load_portraits)):
        try:
            if path:
                load(path)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise InputError(str(path), f"holds none of what is asked for: {error}") from error
    return WorldFiles(motion, targets, fold, held_out)


def load_bundle(path: Path | None) -> Bundle:
    """The bundle at `path`, or the packaged one."""
    return Bundle.load(path) if path else Bundle.default()
