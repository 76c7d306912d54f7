"""The `trainer` command."""

import typer

from trainer.cli import calls, importing, measuring, models, replaying, reproducing, training, tuning, videos
from trainer.cli.output import OneLineErrors

__all__ = ["app"]

app = typer.Typer(cls=OneLineErrors, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def root() -> None:
    """Train, export and measure Avatar Guard's model."""


app.command("train")(training.train_model)
app.command("pretrain")(training.pretrain_encoder)
app.command()(training.headstart)
app.command()(models.describe)
app.command("bench")(models.bench_model)
app.command()(models.enrolment)
app.command("webcam")(models.webcam_shift)
app.command()(models.export)
app.command()(measuring.framing)
app.command()(measuring.rates)
app.command()(replaying.replays)
app.command()(measuring.mirrored)
app.command()(measuring.attacks)
app.command()(importing.import_checkpoint)
app.command()(videos.cache)
app.command()(videos.evaluate)
app.command("reproduce")(reproducing.reproduce_table)
app.command()(tuning.finetune)
app.command()(calls.calibrate)
app.command()(calls.simulate_calls)
app.command()(calls.adaptation)
