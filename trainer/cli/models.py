"""A model as a thing to count, time and ship: `trainer describe`, `bench` and `export`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from trainer.bench import bench
from trainer.card import training_sources
from trainer.cli.options import (
    FoldOption,
    HoldOutOption,
    JsonOption,
    MotionOption,
    TargetsOption,
    load_bundle,
    world_files,
)
from trainer.evaluate import learn
from trainer.export import export_bundle
from trainer.models.fingerprint import Fingerprint, parameter_counts
from trainer.train import CHECKPOINT
from trainer.training import Training


def describe(json_: JsonOption = False) -> None:
    """Count the model's parameters."""
    counts = parameter_counts(Fingerprint())
    typer.echo(json.dumps(counts) if json_ else "\n".join(f"{part}: {count:,}" for part, count in counts.items()))


def bench_model(
    bundle: Annotated[Path | None, typer.Argument(help="A bundle; without it, the packaged one.")] = None,
    json_: JsonOption = False,
) -> None:
    """Milliseconds of a step and of the published per-frame loop over 64 frames, on one thread, in one run."""
    loaded = load_bundle(bundle)
    loaded.check_steps("BUNDLE")
    found = bench(loaded)
    line = "step {step_ms:.2f} ms, published loop {published_ms:.1f} ms, ratio {ratio:.0f}".format(**found)
    typer.echo(json.dumps(found) if json_ else line)


def export(
    run: Annotated[Path, typer.Argument(help="A run's folder or a checkpoint.")],
    out: Annotated[Path, typer.Argument(help="The bundle: a directory, or a .zip.")],
    model_id: Annotated[str, typer.Option(help="The name that verdicts and templates will carry.")],
    motion: MotionOption = None,
    targets: TargetsOption = None,
    fold: FoldOption = 0,
    hold_out: HoldOutOption = None,
    drivers: Annotated[int, typer.Option(min=4, help="Procedural drivers to calibrate and measure on.")] = 24,
) -> None:
    """Calibrate a trained model, measure it on held-out drivers, and write the bundle."""
    training = Training.load(run / CHECKPOINT if run.is_dir() else run, device="cpu")
    knowledge = learn(training.embed, world_files(motion, targets, fold, hold_out), drivers)
    knowledge["training_data"] = training_sources(training.facts)
    bundle = export_bundle(training.model, out, model_id, knowledge)
    for metric in bundle.manifest["metrics"]:
        typer.echo("{name} {value:.3f} ({low:.3f} to {high:.3f}) on {on}".format(**metric))
