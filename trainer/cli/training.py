"""Training on the simulated world or on videos: `trainer train`, `pretrain` and `headstart`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import torch
import typer

from guard.core.errors import InputError
from trainer.cli.options import (
    CORES,
    MOST_SEED,
    FoldOption,
    HoldOutOption,
    MotionOption,
    SeedOption,
    TargetsOption,
    WorkersOption,
    check_layout,
    make_way,
    names,
    world_files,
)
from trainer.data.fill import LAYOUTS
from trainer.drivermotion import film, fitted_basis, imagine
from trainer.headstart import train_head, whole_model
from trainer.memory import keep_freed_memory
from trainer.models.fingerprint import OURS
from trainer.presets import PRESETS, Precision, Preset
from trainer.pretraining import PRETRAINED, Pretraining, pretrain
from trainer.processes import in_turn, joined
from trainer.resume import begun_with, check_begun_with, refuse_with_resume
from trainer.seen import seen
from trainer.train import CHECKPOINT, train
from trainer.training import Training
from trainer.videosets import open_videos
from trainer.videotraining import train_on_videos

NewSeedOption = Annotated[
    int | None, typer.Option(min=0, max=MOST_SEED, help="Of a new run's random numbers.", show_default="0")
]


def train_model(
    out: Annotated[Path, typer.Option(help="Folder of the run: checkpoint, log and rendered clips.")],
    start: Annotated[Path | None, typer.Option(help="Weights to begin with: a checkpoint of a model.")] = None,
    preset: Annotated[str | None, typer.Option(help=f"One of {', '.join(PRESETS)}.", show_default="cpu")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the folder's checkpoint, exactly.")] = False,
    steps: Annotated[int | None, typer.Option(min=1, help="Length of the schedule instead of the preset's.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Stop after this time, with a checkpoint.")] = None,
    precision: Annotated[Precision | None, typer.Option(help="Instead of the preset's.")] = None,
    at_once: Annotated[
        int | None, typer.Option(min=2, help="Clips in memory at a time, for batches that do not fit.")
    ] = None,
    motion: MotionOption = None,
    targets: TargetsOption = None,
    fold: FoldOption = 0,
    hold_out: HoldOutOption = None,
    root: Annotated[
        Path | None, typer.Option(help="A data set of videos, instead of the world.", exists=True, file_okay=False)
    ] = None,
    layout: Annotated[str, typer.Option(help=f"The data set's: one of {', '.join(LAYOUTS)}.")] = "plain",
    cache: Annotated[Path | None, typer.Option(help="The decoded videos.", show_default="OUT/cache")] = None,
    generators: Annotated[str, typer.Option(help="Videos of these only: names with commas.", show_default="all")] = "",
    seed: NewSeedOption = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render clips or decode videos.")] = 1,
) -> None:
    """Train a model on the simulated world, or on a data set of videos; under torchrun, on several devices together."""
    check_layout(layout)
    if root and (motion or targets):
        raise InputError("--root", "excludes --motion and --targets: those are for the simulated world")
    if minutes is not None and minutes <= 0:
        raise InputError("--minutes", f"{minutes:g} leaves no time to train", "leave it out for no limit")
    if resume:
        refuse_with_resume(preset=preset, seed=seed, start=start, precision=precision)
    elif (out / CHECKPOINT).exists():
        raise InputError(str(out / CHECKPOINT), "exists", "add --resume or name another folder")
    given = {"steps": steps, "precision": precision, "at_once": at_once}
    changes = {name: value for name, value in given.items() if value is not None}
    with joined():
        if resume:
            training = Training.load(out / CHECKPOINT, **changes)
        else:
            training = begun(replace(chosen_preset(preset or "cpu"), **changes), seed or 0, start)
        if root:
            with in_turn():
                videos = open_videos(root, layout, cache or out / "cache", workers)
            train_on_videos(training, out, videos.chosen(names(generators)), minutes)
            return
        files = world_files(motion, targets, fold, hold_out)
        check_begun_with(files, training.facts if resume else {})
        train(training, out, files, minutes, workers)


def chosen_preset(name: str) -> Preset:
    """Raises InputError for a preset that there is not, or that this machine cannot run."""
    if name not in PRESETS:
        raise InputError("--preset", f"{name!r} is none of {', '.join(PRESETS)}")
    if PRESETS[name].device == "cuda" and not torch.cuda.is_available():
        raise InputError("--preset", f"{name!r} needs a GPU", "choose cpu")
    return PRESETS[name]


def begun(preset: Preset, seed: int, start: Path | None) -> Training:
    """A run at its first step, from random weights or from those of the checkpoint `start`. Raises InputError."""
    before = Training.load(start, device="cpu") if start else None
    training = Training(preset, seed, before.model.architecture if before else OURS)
    if before:
        training.model.load_state_dict(before.model.state_dict())
        training.facts = before.facts
    return training


def pretrain_encoder(
    out: Annotated[Path, typer.Option(help="The encoder's checkpoint.")],
    start: Annotated[Path | None, typer.Option(help="Weights to begin with: an encoder's checkpoint.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Length of the schedule.", show_default="4800")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint, exactly.")] = False,
    motion: MotionOption = None,
    targets: TargetsOption = None,
    fold: FoldOption = 0,
    hold_out: HoldOutOption = None,
    seed: NewSeedOption = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render clips.")] = 1,
) -> None:
    """Train an encoder to read motion, which `trainer headstart` starts from. For CPUs."""
    files = world_files(motion, targets, fold, hold_out)
    if resume:
        refuse_with_resume(start=start, steps=steps, seed=seed)
        pretraining = Pretraining.load(out)
        check_begun_with(files, pretraining.facts)
    else:
        make_way(out, "add --resume or name another file")
        before = Pretraining.load(start) if start else None
        pretraining = Pretraining(steps or 4800, seed or 0, before.basis if before else fitted_basis(files))
        if before:
            pretraining.begin(before)
    pretrain(pretraining, out, files, workers)


def headstart(
    out: Annotated[Path, typer.Option(help="The model's checkpoint: for `trainer train --start` or `trainer export`.")],
    encoder: Annotated[Path, typer.Option(help="What `trainer pretrain` wrote.")] = PRETRAINED,
    imagined: Annotated[int, typer.Option(min=24, help="Drivers whose exact motion is learned from first.")] = 12000,
    drivers: Annotated[int, typer.Option(min=24, help="Drivers to render and read, three clips each.")] = 1440,
    steps: Annotated[int, typer.Option(min=1, help="Steps of the head on exact motion.")] = 1800,
    read_steps: Annotated[int, typer.Option(min=1, help="Steps of the head on motion as it is read.")] = 1200,
    motion: MotionOption = None,
    targets: TargetsOption = None,
    fold: FoldOption = 0,
    hold_out: HoldOutOption = None,
    seed: SeedOption = 0,
    workers: WorkersOption = CORES,
) -> None:
    """Train a head on exact motion and then on what a pretrained encoder reads, the encoder untouched. For CPUs.

    Its drivers are procedural ones. Without --encoder it is the packaged one, which has seen real motion and portraits.
    """
    make_way(out, "name another file")
    keep_freed_memory()
    pretraining, files = Pretraining.load(encoder), world_files(motion, targets, fold, hold_out)
    invented = replace(files, motion=None)
    exact = imagine(pretraining.basis, invented, seed, imagined, workers)
    readings = film(pretraining.model, pretraining.basis, invented, seed, drivers, workers)
    training = Training(PRESETS["cpu"], seed, OURS)
    head = train_head(exact, readings, (steps, read_steps), seed)
    training.model = whole_model(pretraining.model, head)
    training.save(out, seen(files, pretraining.facts) | {"begun_with": begun_with(files)})
