"""The `trainer` command."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from trainer.blocks import WorldFiles
from trainer.models.fingerprint import Fingerprint, parameter_counts
from trainer.presets import PRESETS, Precision
from trainer.train import CHECKPOINT, train
from trainer.training import Training

app = typer.Typer(help="Train, export and measure Avatar Guard's model.", no_args_is_help=True, add_completion=False)

MotionOption = Annotated[Path | None, typer.Option(help="Tracks of real drivers (tracks.npz).", exists=True)]
TargetsOption = Annotated[Path | None, typer.Option(help="Portrait faces (targets.npz).", exists=True)]


def fail(message: object) -> NoReturn:
    """One line on stderr and exit code 2: the user can put this right."""
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(2)


@contextmanager
def user_errors() -> Iterator[None]:
    """Report ValueError and OSError, which here come from what the user named, without a traceback."""
    try:
        yield
    except (ValueError, OSError) as error:
        fail(error)


@app.command("train")
def train_command(
    out: Annotated[Path, typer.Option(help="Folder of the run: checkpoint, log and rendered clips.")],
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
        fail(f"--preset {preset!r} is none of {', '.join(PRESETS)}")
    checkpoint = out / CHECKPOINT
    with user_errors():
        if resume:
            training = Training.restore(checkpoint, steps)
        elif checkpoint.exists():
            fail(f"{checkpoint} exists: add --resume or name another folder")
        else:
            changes = {"steps": steps, "precision": precision}
            chosen = replace(PRESETS[preset], **{name: value for name, value in changes.items() if value is not None})
            training = Training(chosen, seed)
        train(training, out, WorldFiles(motion, targets), minutes, workers)


@app.command()
def describe(json_: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False) -> None:
    """Count the model's parameters."""
    counts = parameter_counts(Fingerprint())
    typer.echo(json.dumps(counts) if json_ else "\n".join(f"{part}: {count:,}" for part, count in counts.items()))


if __name__ == "__main__":
    app()
