"""The paper's tables on one's own data: `trainer reproduce`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import torch
import typer

from guard.core.errors import InputError
from trainer.cli.options import CORES, SeedOption, WorkersOption
from trainer.papertables import TABLES
from trainer.presets import PRESETS, Precision
from trainer.reproduce import COUNTERPARTS, has_baseline, reproduce
from trainer.videosets import open_videos
from trainer.worldlandmarks import open_landmarks
from trainer.worldset import LAYOUT as WORLD
from trainer.worldset import Size, open_world

LAYOUTS = tuple(layout for layout in COUNTERPARTS if layout != WORLD)


def reproduce_table(
    table: Annotated[int, typer.Option(help="Which: 3 to 8.", min=min(TABLES), max=max(TABLES))],
    data: Annotated[str, typer.Option(help="The data set's folder, or world: the simulated world.")] = WORLD,
    layout: Annotated[str, typer.Option(help=f"The data set's: one of {', '.join(LAYOUTS)}.")] = "nvfair",
    out: Annotated[Path, typer.Option(help="Folder of tables and systems, used again by other tables.")] = Path(
        "reproduced"
    ),
    cache: Annotated[Path | None, typer.Option(help="The decoded videos.", show_default="OUT/cache")] = None,
    preset: Annotated[str, typer.Option(help=f"One of {', '.join(PRESETS)}.")] = "small",
    steps: Annotated[int | None, typer.Option(min=1, help="Length of each schedule instead of the preset's.")] = None,
    precision: Annotated[Precision | None, typer.Option(help="Instead of the preset's.")] = None,
    seed: SeedOption = 0,
    workers: WorkersOption = CORES,
) -> None:
    """Train the systems of a table of the paper, measure them, write them beside its numbers. Goes on if stopped."""
    if layout not in LAYOUTS:
        raise InputError("--layout", f"{layout!r} is none of {', '.join(LAYOUTS)}")
    if data != WORLD and not Path(data).is_dir():
        raise InputError("--data", f"{data!r} is no folder")
    if preset not in PRESETS:
        raise InputError("--preset", f"{preset!r} is none of {', '.join(PRESETS)}")
    base = PRESETS[preset]
    if base.device == "cuda" and not torch.cuda.is_available():
        raise InputError("--preset", f"{preset!r} needs a GPU", "choose small")
    base = replace(base, steps=steps or base.steps, precision=precision or base.precision)
    folder = cache or out / "cache"
    videos = open_world(folder, Size(), seed) if data == WORLD else open_videos(Path(data), layout, folder, workers)
    follows = data == WORLD and has_baseline(table)
    landmarks = open_landmarks(folder, Size(), seed) if follows else None
    for path in reproduce(table, videos, out, base, seed, typer.echo, landmarks):
        typer.echo(path)
