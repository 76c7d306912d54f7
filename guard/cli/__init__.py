"""The `guard` command. What takes long to load is imported by the commands that need it, when they run."""

from typing import Annotated

import typer

from guard.cli import people, service, videos
from guard.cli.output import OneLineErrors

__all__ = ["app"]

app = typer.Typer(cls=OneLineErrors, add_completion=False, pretty_exceptions_enable=False)
gallery_app = typer.Typer(help="Look at and change who is enrolled.")


def print_version(wanted: bool) -> None:
    """Prints the version and leaves."""
    if wanted:
        from importlib.metadata import version

        print(f"guard {version('avatar-guard')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Verifies who drives the face in a call."""
    if context.invoked_subcommand is None:
        print(context.get_help())


app.command()(people.enroll)
app.add_typer(gallery_app, name="gallery")
gallery_app.command("list")(people.show)
gallery_app.command()(people.remove)
app.command()(videos.verify)
app.command()(videos.embed)
app.command()(service.serve)
app.command()(service.demo)
app.command()(service.bench)
