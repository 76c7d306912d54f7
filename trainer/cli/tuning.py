"""A bundle tuned on a user's own people: `trainer finetune`."""

from pathlib import Path
from typing import Annotated

import typer

from trainer.cli.options import (
    CORES,
    MOST_SEED,
    FoldOption,
    HoldOutOption,
    ModelIdOption,
    MotionOption,
    TargetsOption,
    WorkersOption,
    load_bundle,
    make_way,
    world_files,
)
from trainer.data.fill import fill
from trainer.data.plain import plain
from trainer.finetune import BUNDLE, Plan
from trainer.finetune import finetune as tune_and_measure
from trainer.ownpeople import parted
from trainer.reopening import reopened
from trainer.tuning import TUNING


def finetune(
    root: Annotated[Path, typer.Option(help="Folder of TARGET--CLIP--DRIVER.mp4.", exists=True, file_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder for the tuned bundle and the report.")],
    model_id: ModelIdOption,
    bundle: Annotated[Path | None, typer.Option(help="The bundle to tune; without it, the packaged one.")] = None,
    cache: Annotated[Path | None, typer.Option(help="The decoded videos.", show_default="OUT/cache")] = None,
    motion: MotionOption = None,
    targets: TargetsOption = None,
    fold: FoldOption = 0,
    hold_out: HoldOutOption = None,
    drivers: Annotated[int, typer.Option(min=4, help="Procedural drivers to calibrate and measure on.")] = 24,
    steps: Annotated[int, typer.Option(min=1, help="Length of the schedule.")] = TUNING.steps,
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Who is held out, and what is drawn.")] = 0,
    workers: WorkersOption = CORES,
) -> None:
    """Tune a bundle on videos of your own people, and measure before and after on those of them that it never saw."""
    start, files = load_bundle(bundle), world_files(motion, targets, fold, hold_out)
    reopened(start)
    make_way(out / BUNDLE, "name another --out")
    parted(plain(root).videos, seed)  # too few people are told before hours of decoding, and not after
    folder = cache or out / "cache"
    fill(root, "plain", folder, workers)
    typer.echo(tune_and_measure(Plan(start, model_id, root, folder, files, drivers, steps, seed), out), nl=False)
    typer.echo(f"\n{out / BUNDLE}")
