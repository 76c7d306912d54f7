"""A model as a thing to count, time and ship: `trainer describe`, `bench` and `export`."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from tqdm import tqdm

from guard.engine import OnnxEngine
from trainer import webcam
from trainer.bench import bench
from trainer.benchtraining import bench_training
from trainer.calls.shipping import write_fields
from trainer.card import provenance
from trainer.cli.options import (
    FoldOption,
    HoldOutOption,
    JsonOption,
    ModelIdOption,
    MotionOption,
    TargetsOption,
    load_bundle,
    world_files,
)
from trainer.enrolment import SEED, Refusals, film, variety_floor
from trainer.evaluate import in_line, learn
from trainer.export import export_bundle
from trainer.models.fingerprint import Fingerprint, parameter_counts
from trainer.reopening import architecture_of
from trainer.seen import check_unseen
from trainer.train import CHECKPOINT
from trainer.training import Training
from trainer.trials import bounds


def describe(
    bundle: Annotated[Path | None, typer.Argument(help="A bundle; without it, the packaged one.")] = None,
    json_: JsonOption = False,
) -> None:
    """Count the parameters of the paper's network, and those of a bundle's."""
    paper, loaded = parameter_counts(Fingerprint()), load_bundle(bundle)
    made = architecture_of(loaded)
    counts = parameter_counts(Fingerprint(made)) if made else {}
    shipped = {"model_id": loaded.model_id, "architecture": loaded.manifest["architecture"], **counts}
    if json_:
        typer.echo(json.dumps(paper | {"bundle": shipped}))
        return
    for network, found in (("the paper's", paper), ("{model_id}, {architecture}".format(**shipped), counts)):
        parts = [f"{part}: {count:,}" for part, count in found.items()] or ["not made by this trainer, not counted"]
        typer.echo("\n  ".join([network, *parts]))


def bench_model(
    bundle: Annotated[Path | None, typer.Argument(help="A bundle; without it, the packaged one.")] = None,
    json_: JsonOption = False,
) -> None:
    """A step, and training, each against the published per-frame loop over 64 frames, in one run.

    On one thread; training on the GPU where there is one, in bfloat16.
    """
    loaded = load_bundle(bundle)
    loaded.check_steps("BUNDLE")
    found = bench(loaded) | bench_training("cuda" if torch.cuda.is_available() else "cpu")
    line = "step {step_ms:.2f} ms, published loop {published_ms:.1f} ms, ratio {ratio:.0f}".format(**found)
    line += "; training in {train_precision} {train_frames_per_s:.0f} frames/s".format(**found)
    line += ", published loop {train_loop_frames_per_s:.0f}, ratio {train_ratio:.1f}".format(**found)
    line += ", {train_matrix_share:.0%} of a matrix product's speed".format(**found)
    typer.echo(json.dumps(found) if json_ else line)


def enrolment(
    bundle: Annotated[Path | None, typer.Argument(help="A bundle; without it, the packaged one.")] = None,
    targets: TargetsOption = None,
    drivers: Annotated[int, typer.Option(min=22, help="Procedural drivers who enrol, a few seconds each.")] = 60,
    write: Annotated[Path | None, typer.Option(help="Write a bundle that asks for the variety found here.")] = None,
    json_: JsonOption = False,
) -> None:
    """How often people are refused enrolment, rightly and wrongly, on held-out drivers of the simulated world."""
    loaded = load_bundle(bundle)
    loaded.check_steps("BUNDLE")
    engine, settings = OnnxEngine(loaded), loaded.settings()
    world, rng = world_files(None, targets).world("validation"), np.random.default_rng(SEED)
    people = [film(world, engine, settings, rng) for _ in tqdm(range(drivers), disable=None)]
    floor = variety_floor(people)
    if write:
        write_fields(loaded, write, {"variety_floor": floor})
        settings = replace(settings, variety_floor=floor)
    found = Refusals(people, settings).rates()
    lines = [f"{share:5.1%}  {name}" for name, share in found.items()]
    lines.append(f"{floor:.3f}  floor of variety by these people, {settings.variety_floor:.3f} used")
    typer.echo(json.dumps(found | {"variety_floor": floor}) if json_ else "\n".join(lines))


def webcam_shift(
    bundle: Annotated[Path | None, typer.Argument(help="A bundle; without it, the packaged one.")] = None,
    targets: TargetsOption = None,
    drivers: Annotated[int, typer.Option(min=4, help="Procedural drivers, ten seconds or so each.")] = 24,
    json_: JsonOption = False,
) -> None:
    """What it costs to enrol before a webcam and be verified as an avatar, on held-out drivers of the world."""
    loaded = load_bundle(bundle)
    loaded.check_steps("BUNDLE")
    engine, settings = OnnxEngine(loaded), loaded.settings()
    world, rng = world_files(None, targets).world("validation"), np.random.default_rng(webcam.SEED)
    faces = [world.looks.some(rng) for _ in range(2)]
    people = [webcam.film(world, faces, engine, settings, rng) for _ in tqdm(range(drivers), disable=None)]
    across, within = webcam.shift(people)
    found = {row.name: asdict(row) for row in webcam.rows(people)}
    if json_:
        typer.echo(json.dumps({"model_id": loaded.model_id, "rows": found, "across": across, "within": within}))
        return
    for row in webcam.rows(people):
        interval = f"{row.auc.value:.3f} ({bounds(row.auc.low, row.auc.high)})"
        typer.echo(f"AUC {interval}  cosine {row.genuine:.3f} genuine, {row.impostor:.3f} impostor  {row.name}")
    typer.echo(f"a person's webcam and avatar templates: cosine {across:.3f}; as two avatars: {within:.3f}")


def export(
    run: Annotated[Path, typer.Argument(help="A run's folder or a checkpoint.")],
    out: Annotated[Path, typer.Argument(help="The bundle: a directory, or a .zip.")],
    model_id: ModelIdOption,
    motion: MotionOption = None,
    targets: TargetsOption = None,
    fold: FoldOption = 0,
    hold_out: HoldOutOption = None,
    drivers: Annotated[int, typer.Option(min=4, help="Procedural drivers to calibrate and measure on.")] = 24,
) -> None:
    """Calibrate a trained model, measure it on held-out drivers, and write the bundle."""
    training = Training.load(run / CHECKPOINT if run.is_dir() else run, device="cpu")
    files = world_files(motion, targets, fold, hold_out)
    check_unseen(files, training.facts)
    knowledge = learn(training.embed, files, drivers, training.model.architecture)
    bundle = export_bundle(training.model, out, model_id, knowledge | provenance(training.facts))
    for metric in bundle.manifest["metrics"]:
        typer.echo(in_line(metric))
