"""Models that others trained: `trainer import-checkpoint`."""

from pathlib import Path
from typing import Annotated

import typer

from trainer.cli.options import ModelIdOption, MotionOption, TargetsOption, make_way, world_files
from trainer.evaluate import in_line, learn
from trainer.importing import export_published, read_published


def import_checkpoint(
    checkpoint: Annotated[Path, typer.Argument(help="best_model.pt of the published code.")],
    out: Annotated[Path, typer.Argument(help="The bundle: a directory, or a .zip.")],
    model_id: ModelIdOption,
    motion: MotionOption = None,
    targets: TargetsOption = None,
    drivers: Annotated[int, typer.Option(min=4, help="Procedural drivers to calibrate and measure on.")] = 24,
) -> None:
    """Turn a checkpoint of the paper's published code into a bundle, calibrated and measured on held-out drivers."""
    make_way(out, "name another place")
    imported = read_published(checkpoint)
    knowledge = learn(imported.embed, world_files(motion, targets), drivers, None, imported.length)
    bundle = export_published(imported, out, model_id, knowledge)
    for metric in bundle.manifest["metrics"]:
        typer.echo(in_line(metric))
