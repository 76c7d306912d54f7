"""The `trainer` command."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NoReturn
from zipfile import BadZipFile

import torch
import typer
from typer.core import TyperGroup

from guard.bundle import Bundle
from guard.core.errors import GuardError, InputError
from guard.engine import OnnxEngine
from trainer.bench import bench
from trainer.blocks import WorldFiles, seen
from trainer.card import training_sources
from trainer.data.cache import REPORT
from trainer.data.fill import LAYOUTS, fill
from trainer.data.world.faces import load_portraits
from trainer.data.world.tracks import load_tracks
from trainer.evaluate import evaluation_trials, learn, metrics
from trainer.export import export_bundle
from trainer.headstart import read_drivers, train_head, whole_model
from trainer.memory import keep_freed_memory
from trainer.models.fingerprint import Fingerprint, parameter_counts
from trainer.presets import PRESETS, Precision
from trainer.pretraining import PRETRAINED, Pretraining, pretrain
from trainer.train import CHECKPOINT, train
from trainer.training import Training
from trainer.verification import evaluate_videos


class OneLineErrors(TyperGroup):
    """The whole command: whatever goes wrong becomes one line on stderr; exit code 2 if the user can put it right."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command line and leave with its exit code."""
        try:
            code = super().main(*args, **extra | {"standalone_mode": False})
        except GuardError as error:
            fail(str(error), 2 if isinstance(error, InputError) else 1)
        except Exception as error:
            if not hasattr(error, "format_message"):  # typer's own errors, about options and arguments, have it
                fail(f"internal error: {type(error).__name__}: {error}", 1)
            fail(error.format_message(), 2)
        sys.exit(code if isinstance(code, int) else 0)


def fail(message: str, code: int) -> NoReturn:
    """Say it in one line, whatever the message holds, and leave."""
    print(f"trainer: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)


app = typer.Typer(cls=OneLineErrors, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def root() -> None:
    """Train, export and measure Avatar Guard's model."""


MotionOption = Annotated[Path | None, typer.Option(help="Tracks of real drivers (tracks.npz).", exists=True)]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on stdout, one object a line.")]
CORES = os.cpu_count() or 1
WorkersOption = Annotated[int, typer.Option(min=1, help="Processes that decode.", show_default="one a core")]
TargetsOption = Annotated[Path | None, typer.Option(help="Portrait faces (targets.npz).", exists=True)]


@app.command("train")
def train_command(
    out: Annotated[Path, typer.Option(help="Folder of the run: checkpoint, log and rendered clips.")],
    start: Annotated[Path | None, typer.Option(help="Weights to begin with: a checkpoint of a model.")] = None,
    preset: Annotated[str, typer.Option(help=f"One of {', '.join(PRESETS)}.")] = "cpu",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the folder's checkpoint, exactly.")] = False,
    steps: Annotated[int | None, typer.Option(min=1, help="Length of the schedule instead of the preset's.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0, help="Stop after this time, with a checkpoint.")] = None,
    precision: Annotated[Precision | None, typer.Option(help="Instead of the preset's.")] = None,
    motion: MotionOption = None,
    targets: TargetsOption = None,
    seed: int = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render clips.")] = 1,
) -> None:
    """Train a model on the simulated world."""
    if preset not in PRESETS:
        raise InputError("--preset", f"{preset!r} is none of {', '.join(PRESETS)}")
    checkpoint = out / CHECKPOINT
    if resume:
        training = Training.load(checkpoint, **({"steps": steps} if steps else {}))
    elif checkpoint.exists():
        raise InputError(str(checkpoint), "exists", "add --resume or name another folder")
    else:
        changes = {"steps": steps, "precision": precision}
        chosen = replace(PRESETS[preset], **{name: value for name, value in changes.items() if value is not None})
        if chosen.device == "cuda" and not torch.cuda.is_available():
            raise InputError("--preset", f"{preset!r} needs a GPU", "choose cpu")
        begun = Training.load(start, device="cpu") if start else None
        training = Training(chosen, seed)
        if begun:
            training.model.load_state_dict(begun.model.state_dict())
            training.facts = begun.facts
    train(training, out, world_files(motion, targets), minutes, workers)


@app.command("pretrain")
def pretrain_command(
    out: Annotated[Path, typer.Option(help="The encoder's checkpoint.")],
    steps: Annotated[int, typer.Option(min=1, help="Length of the schedule.")] = 4800,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint, exactly.")] = False,
    motion: MotionOption = None,
    targets: TargetsOption = None,
    seed: int = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render clips.")] = 1,
) -> None:
    """Train an encoder to read motion, which `trainer headstart` starts from. For CPUs."""
    if not resume:
        make_way(out, "add --resume or name another file")
    pretraining = Pretraining.load(out) if resume else Pretraining(steps, seed)
    pretrain(pretraining, out, world_files(motion, targets), workers)


@app.command("headstart")
def headstart_command(
    out: Annotated[Path, typer.Option(help="The model's checkpoint: for `trainer train --start` or `trainer export`.")],
    encoder: Annotated[Path, typer.Option(help="What `trainer pretrain` wrote.")] = PRETRAINED,
    drivers: Annotated[int, typer.Option(min=24, help="Drivers to render and read, three clips each.")] = 1728,
    steps: Annotated[int, typer.Option(min=1, help="Steps of the head on what was read.")] = 420,
    motion: MotionOption = None,
    targets: TargetsOption = None,
    seed: int = 0,
) -> None:
    """Train the temporal head on the motion that a pretrained encoder reads, the encoder untouched. For CPUs.

    Without --encoder it is the packaged one, which has seen real motion and portraits.
    """
    make_way(out, "name another file")
    keep_freed_memory()
    pretraining, files = Pretraining.load(encoder), world_files(motion, targets)
    readings = read_drivers(pretraining.model, files, seed, drivers)
    training = Training(PRESETS["cpu"], seed)
    training.model = whole_model(pretraining.model, train_head(readings, steps, seed))
    training.save(out, dict(seen(files, pretraining.facts)))


@app.command()
def describe(json_: JsonOption = False) -> None:
    """Count the model's parameters."""
    counts = parameter_counts(Fingerprint())
    typer.echo(json.dumps(counts) if json_ else "\n".join(f"{part}: {count:,}" for part, count in counts.items()))


@app.command("export")
def export_command(
    run: Annotated[Path, typer.Argument(help="A run's folder or a checkpoint.")],
    out: Annotated[Path, typer.Argument(help="The bundle: a directory, or a .zip.")],
    model_id: Annotated[str, typer.Option(help="The name that verdicts and templates will carry.")],
    motion: MotionOption = None,
    targets: TargetsOption = None,
    drivers: Annotated[int, typer.Option(min=4, help="Procedural drivers to calibrate and measure on.")] = 24,
) -> None:
    """Calibrate a trained model, measure it on held-out drivers, and write the bundle."""
    training = Training.load(run / CHECKPOINT if run.is_dir() else run, device="cpu")
    knowledge = learn(training.embed, world_files(motion, targets), drivers)
    facts = training.facts
    knowledge["training_data"] = training_sources(facts["real_motion"], facts["portraits"])
    bundle = export_bundle(training.model, out, model_id, knowledge)
    for metric in bundle.manifest["metrics"]:
        typer.echo("{name} {value:.3f} ({low:.3f} to {high:.3f}) on {on}".format(**metric))


@app.command()
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
    drivers: Annotated[int, typer.Option(min=2, help="Procedural drivers of the world to measure on.")] = 24,
    json_: JsonOption = False,
) -> None:
    """Measure a bundle on people it has not seen, of a data set's test split or of the world, with 95 % intervals."""
    loaded = load_bundle(bundle)
    if root:
        check_layout(layout)
        with TemporaryDirectory(prefix="avatar-guard-") as folder:
            found = evaluate_videos(root, layout, loaded, cache or Path(folder), workers)
    else:
        trials = evaluation_trials(world_files(motion, targets), drivers)
        found = metrics(OnnxEngine(loaded).embed_clip(trials.frames), trials, loaded.centre)
    for metric in found:
        line = "{name} {value:.3f} ({low:.3f} to {high:.3f}) on {on}".format(**metric)
        typer.echo(json.dumps(metric) if json_ else f"{metric['system']}: {line}" if root else line)


@app.command("bench")
def bench_command(
    bundle: Annotated[Path | None, typer.Argument(help="A bundle; without it, the packaged one.")] = None,
    json_: JsonOption = False,
) -> None:
    """Milliseconds of a step and of the published per-frame loop over 64 frames, on one thread, in one run."""
    found = bench(load_bundle(bundle))
    line = "step {step_ms:.2f} ms, published loop {published_ms:.1f} ms, ratio {ratio:.0f}".format(**found)
    typer.echo(json.dumps(found) if json_ else line)


@app.command("cache")
def cache_command(
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


def check_layout(layout: str) -> None:
    """Raises InputError for a layout that there is not."""
    if layout not in LAYOUTS:
        raise InputError("--layout", f"{layout!r} is none of {', '.join(LAYOUTS)}")


def make_way(out: Path, remedy: str) -> None:
    """See that `out` can be written when the work is done. Raises InputError."""
    if out.exists():
        raise InputError(str(out), "exists", remedy)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(str(out.parent), f"cannot be made a folder: {error.strerror}") from error


def world_files(motion: Path | None, targets: Path | None) -> WorldFiles:
    """The files, which can be read. Raises InputError."""
    for path, load in ((motion, load_tracks), (targets, load_portraits)):
        try:
            if path:
                load(path)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise InputError(str(path), f"holds none of what is asked for: {error}") from error
    return WorldFiles(motion, targets)


def load_bundle(path: Path | None) -> Bundle:
    """The bundle at `path`, or the packaged one."""
    return Bundle.load(path) if path else Bundle.default()


if __name__ == "__main__":
    app()
