"""Data sets of videos: `trainer cache` and `evaluate`."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from trainer.cli.options import (
    CORES,
    FoldOption,
    HoldOutOption,
    JsonOption,
    MotionOption,
    TargetsOption,
    WorkersOption,
    check_layout,
    load_bundle,
    make_way,
    world_files,
)
from trainer.data.cache import REPORT
from trainer.data.fill import LAYOUTS, fill
from trainer.evaluate import beside, evaluation_trials, in_line
from trainer.export import HORIZON
from trainer.tables.videos import report_videos
from trainer.tables.world import report_world
from trainer.verification import evaluate_videos, systems, tested


def cache(
    root: Annotated[Path, typer.Option(help="The data set's folder.", exists=True, file_okay=False)],
    layout: Annotated[str, typer.Option(help=f"One of {', '.join(LAYOUTS)}.")],
    out: Annotated[Path, typer.Option(help="Folder of the cache. One that is there is gone on with.")],
    workers: WorkersOption = CORES,
) -> None:
    """Decode a data set's videos once, into a file that training and evaluation map into memory."""
    check_layout(layout)
    done = fill(root, layout, out, workers)
    left_out = f"{done.skipped} skipped and {done.passed} passed over: see {out / REPORT}"
    typer.echo(f"{done.kept + done.decoded} videos in the cache, {done.decoded} decoded now; {left_out}")


def evaluate(
    bundle: Annotated[Path | None, typer.Option(help="A bundle; without it, the packaged one.")] = None,
    root: Annotated[
        Path | None, typer.Option(help="A data set of videos; without it, the world.", exists=True, file_okay=False)
    ] = None,
    layout: Annotated[str, typer.Option(help=f"The data set's: one of {', '.join(LAYOUTS)}.")] = "plain",
    cache: Annotated[
        Path | None, typer.Option(help="Folder that keeps the decoded videos; without it, for this run only.")
    ] = None,
    workers: WorkersOption = CORES,
    motion: MotionOption = None,
    targets: TargetsOption = None,
    fold: FoldOption = 0,
    hold_out: HoldOutOption = None,
    drivers: Annotated[
        int, typer.Option(min=2, help="Procedural drivers of the world; a report's further tables take a third.")
    ] = 24,
    out: Annotated[Path | None, typer.Option(help="Folder for a report: tables, plots and their numbers.")] = None,
    most: Annotated[int, typer.Option("--videos", min=10, help="Videos that the report's tables compare.")] = 600,
    json_: JsonOption = False,
) -> None:
    """Measure a bundle on people it has not seen, of a data set's test split or of the world, with 95 % intervals."""
    loaded = load_bundle(bundle)
    if out:
        make_way(out, "name another folder")
    if root:
        check_layout(layout)
        with TemporaryDirectory(prefix="avatar-guard-") as temporary:
            folder = cache or Path(temporary)
            found = []
            for figure in evaluate_videos(root, layout, loaded, folder, workers, warn):
                say(figure, json_)
                found.append(figure)
            if out:
                report_videos(out, loaded, found, *tested(root, layout, folder), most, workers, folder)
    else:
        files = world_files(motion, targets, fold, hold_out)
        length = max(loaded.horizons)
        trials = evaluation_trials(files, drivers, length=length)
        for figure in beside(trials, systems(loaded, workers)):
            say(figure, json_)
        if out:
            # The report's tables are of 64 frames whatever the bundle, so that reports can be compared.
            full = trials if length == HORIZON else evaluation_trials(files, drivers)
            report_world(out, loaded, files, full, max(2, drivers // 3), workers)


def say(figure: Mapping[str, Any], json_: bool) -> None:
    """Print a figure, and at once: what comes after it may take hours."""
    typer.echo(json.dumps(figure) if json_ else in_line(figure))


def warn(message: str) -> None:
    """Say on stderr what is left out, whatever the message holds in one line."""
    typer.echo(f"trainer: warning: {' '.join(message.split())}", err=True)
