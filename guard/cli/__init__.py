"""The `guard` command. What takes long to load is imported by the commands that need it, when they run."""

from typing import Annotated

import typer

from guard.cli import (
    audit,
    calls,
    incidents,
    keys,
    people,
    policy,
    recalibration,
    records,
    service,
    settings,
    sources,
    videos,
)
from guard.cli.output import OneLineErrors

__all__ = ["app"]

app = typer.Typer(cls=OneLineErrors, add_completion=False, pretty_exceptions_enable=False)
gallery_app = typer.Typer(help="Look at and change who is enrolled.")
people_app = typer.Typer(help="What is kept about one person.")
keys_app = typer.Typer(help="The master keys that protect the gallery.")
config_app = typer.Typer(help="Look at the settings of the service.")
policy_app = typer.Typer(help="By what decisions are made.")
audit_app = typer.Typer(help="Look at the audit log.")
attach_app = typer.Typer(help="Let a running service attach to calls, streams and files.")
incidents_app = typer.Typer(help="What was suspected of whom, and what it was found to be.")
bench_app = typer.Typer(invoke_without_command=True)


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
gallery_app.command()(records.sweep)
app.add_typer(people_app, name="people")
people_app.command()(records.export)
people_app.command()(records.renew)
people_app.command("opt-out")(records.opt_out)
people_app.command()(records.adapt)
people_app.command()(records.revert)
app.add_typer(keys_app, name="keys")
keys_app.command("list")(keys.show)
keys_app.command()(keys.rotate)
keys_app.command()(keys.retire)
app.command()(calls.watch)
app.command()(calls.replay)
app.command()(videos.verify)
app.command()(videos.embed)
app.command()(service.serve)
app.command()(service.demo)
app.add_typer(attach_app, name="attach")
attach_app.command("file")(sources.attach_file)
attach_app.command("whep")(sources.attach_whep)
attach_app.command("janus")(sources.attach_janus)
app.command()(sources.detach)
app.command("sources")(sources.show)
app.add_typer(bench_app, name="bench")
bench_app.callback()(service.bench)
bench_app.command("streams")(service.bench_streams)
bench_app.command("calls")(service.bench_calls)
app.add_typer(audit_app, name="audit")
audit_app.command()(audit.verify)
audit_app.command()(audit.head)
audit_app.command()(audit.show)
app.add_typer(policy_app, name="policy")
policy_app.command()(policy.explain)
app.add_typer(incidents_app, name="incidents")
incidents_app.command("list")(incidents.show)
incidents_app.command()(incidents.report)
incidents_app.command()(incidents.dispose)
incidents_app.command()(recalibration.recalibrate)
app.add_typer(config_app, name="config")
config_app.command("show")(settings.show)
config_app.command("check")(settings.check)
