"""Training on the simulated world or on videos: `trainer train`, `pretrain` and `headstart`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import torch
import typer

from guard.core.errors import InputError
from trainer.blocks import seen
from trainer.cli.options import (
    FoldOption,
    HoldOutOption,
    MotionOption,
    TargetsOption,
    check_layout,
    make_way,
    names,
    world_files,
)
from trainer.data.fill import LAYOUTS
from trainer.headstart import read_drivers, train_head, whole_model
from trainer.memory import keep_freed_memory
from trainer.models.fingerprint import OURS
from trainer.presets import PRESETS, Precision, Preset
from trainer.pretraining import PRETRAINED, Pretraining, pretrain
from trainer.train import CHECKPOINT, train
from trainer.training import Training
from trainer.videosets import open_videos
from trainer.videotraining import train_on_videos


def train_model(
    out: Annotated[Path, typer.Option(help="Folder of the run: checkpoint, log and rendered clips.")],
    start: Annotated[Path | None, typer.Option(help="Weights to begin with: a checkpoint of a model.")] = None,
    preset: Annotated[str, typer.Option(help=f"One of {', '.join(PRESETS)}.")] = "cpu",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the folder's checkpoint, exactly.")] = False,
    steps: Annotated[int | None, typer.Option(min=1, help="Length of the schedule instead of the preset's.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0, help="Stop after this time, with a checkpoint.")] = None,
    precision: Annotated[Precision | None, typer.Option(help="Instead of the preset's.")] = None,
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
    seed: int = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render clips or decode videos.")] = 1,
) -> None:
    """Train a model on the simulated world, or on a data set of videos."""
    check_layout(layout)
    if preset not in PRESETS:
        raise InputError("--preset", f"{preset!r} is none of {', '.join(PRESETS)}")
    if root and (motion or targets):
        raise InputError("--root", "excludes --motion and --targets: those are for the simulated world")
    checkpoint = out / CHECKPOINT
    if resume:
        training = Training.load(checkpoint, **({"steps": steps} if steps else {}))
    elif checkpoint.exists():
        raise InputError(str(checkpoint), "exists", "add --resume or name another folder")
    else:
        changes = {"steps": steps, "precision": precision}
        chosen = replace(PRESETS[preset], **{name: value for name, value in changes.items() if value is not None})
        training = begun(chosen, seed, start)
    if root:
        videos = open_videos(root, layout, cache or out / "cache", workers)
        train_on_videos(training, out, videos.chosen(names(generators)), minutes)
    else:
        train(training, out, world_files(motion, targets, fold, hold_out), minutes, workers)


def begun(preset: Preset, seed: int, start: Path | None) -> Training:
    """A run at its first step, from random weights or from those of the checkpoint `start`. Raises InputError."""
    if preset.device == "cuda" and not torch.cuda.is_available():
        raise InputError("--preset", "needs a GPU", "choose cpu")
    before = Training.load(start, device="cpu") if start else None
    training = Training(preset, seed, before.model.architecture if before else OURS)
    if before:
        training.model.load_state_dict(before.model.state_dict())
        training.facts = before.facts
    return training


def pretrain_encoder(
    out: Annotated[Path, typer.Option(help="The encoder's checkpoint.")],
    start: Annotated[Path | None, typer.Option(help="Weights to begin with: an encoder's checkpoint.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="Length of the schedule.")] = 4800,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint, exactly.")] = False,
    motion: MotionOption = None,
    targets: TargetsOption = None,
    fold: FoldOption = 0,
    hold_out: HoldOutOption = None,
    seed: int = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render clips.")] = 1,
) -> None:
    """Train an encoder to read motion, which `trainer headstart` starts from. For CPUs."""
    if not resume:
        make_way(out, "add --resume or name another file")
    pretraining = Pretraining.load(out) if resume else Pretraining(steps, seed)
    if start and not resume:
        pretraining.begin(Pretraining.load(start))
    pretrain(pretraining, out, world_files(motion, targets, fold, hold_out), workers)


def headstart(
    out: Annotated[Path, typer.Option(help="The model's checkpoint: for `trainer train --start` or `trainer export`.")],
    encoder: Annotated[Path, typer.Option(help="What `trainer pretrain` wrote.")] = PRETRAINED,
    drivers: Annotated[int, typer.Option(min=24, help="Drivers to render and read, three clips each.")] = 1728,
    steps: Annotated[int, typer.Option(min=1, help="Steps of the head on what was read.")] = 420,
    motion: MotionOption = None,
    targets: TargetsOption = None,
    fold: FoldOption = 0,
    hold_out: HoldOutOption = None,
    seed: int = 0,
) -> None:
    """Train the temporal head on the motion that a pretrained encoder reads, the encoder untouched. For CPUs.

    Without --encoder it is the packaged one, which has seen real motion and portraits.
    """
    make_way(out, "name another file")
    keep_freed_memory()
    pretraining, files = Pretraining.load(encoder), world_files(motion, targets, fold, hold_out)
    readings = read_drivers(pretraining.model, files, seed, drivers)
    training = Training(PRESETS["cpu"], seed, OURS)
    training.model = whole_model(pretraining.model, train_head(readings, steps, seed))
    training.save(out, dict(seen(files, pretraining.facts)))
