"""Commands about calls: watch those that run, and decide those on record anew."""

import os
from contextlib import nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from guard.cli.options import BundleOption, ConfigOption, JsonOption
from guard.cli.output import warn
from guard.cli.reaching import SERVICE, CaOption, CertificateOption, KeyOption, ServiceOption, TokenOption, client
from guard.core.errors import InputError

if TYPE_CHECKING:
    from guard.core.items import Verdict
    from guard.updates import Participant, Update


def watch(
    call: Annotated[str, typer.Option(help="Only this call.", show_default="all")] = "",
    record: Annotated[
        Path | None, typer.Option(help="Add every verdict to this file, for `guard replay`.", show_default="none")
    ] = None,
    links: Annotated[bool, typer.Option("--links", help="Tell how video arrives, too.")] = False,
    service: ServiceOption = SERVICE,
    token: TokenOption = None,
    ca: CaOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    json_: JsonOption = False,
) -> None:
    """Tell what happens in the calls that a running service watches, until it stops or Ctrl-C."""
    from guard import recorded
    from guard.reopening import Reopened

    with client(service, token, ca, certificate, key) as guard, opened(record) if record else nullcontext() as file:
        for update in guard.watch(call, links=links):
            if isinstance(update, Reopened):
                warn("the watch was interrupted; what happened meanwhile is missing")
                continue
            if file is not None and update.event != "LINK":  # a record holds each verdict once
                print(recorded.line(update), file=file, flush=True)
            if json_:
                print(recorded.line(update), flush=True)
            elif not update.ordinary:
                print(told(update), flush=True)


def opened(record: Path) -> IO[str]:
    """The file, to be added to; it names people, so nobody else may read it. InputError."""
    try:
        return os.fdopen(os.open(record, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "w", encoding="utf-8")
    except OSError as error:
        raise InputError("--record", f"{record} cannot be written: {error.strerror}") from None


def told(update: "Update") -> str:
    """The update for human eyes."""
    verdict = update.participant.verdict
    after = f"{verdict.time:8.2f} s  {verdict.decision}" if verdict and update.event == "VERDICT" else update.event
    if update.event == "LINK":
        after = f"{update.event}  {update.participant.link}"
    return f"{named(update.participant)}  {after}"


def named(one: "Participant") -> str:
    """Who that is."""
    return f"{one.call}/{one.participant}" + (f" as {one.claim}" if one.claim else "")


def replay(
    call: Annotated[Path, typer.Argument(metavar="CALL.jsonl", help="A record of `guard watch --record`.")],
    config: ConfigOption = None,
    bundle: BundleOption = None,
    strictness: Annotated[
        float, typer.Option(min=1.0, max=10.0, help="Of the tenant, as `guard policy explain --tenant` tells it.")
    ] = 1.0,
    json_: JsonOption = False,
) -> None:
    """Decide a recorded call anew, by the policy of --config; the bundle has to be the one that measured it."""
    from guard import recorded
    from guard.bundle import Bundle
    from guard.config import load
    from guard.policy import governed
    from guard.redeciding import redecide

    settings = load(config, bundle=bundle)
    model = Bundle.load(settings.bundle) if settings.bundle is not None else Bundle.default()
    try:
        with call.open(encoding="utf-8", newline="\n") as file:  # a name may hold what else ends a line
            lines = list(file)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("CALL.jsonl", f"{call} cannot be read: {error}") from None
    verdicts = different = missing = 0
    for one in redecide(recorded.read(lines, str(call)), governed(model, settings.policy, strictness)):
        verdicts, different, missing = verdicts + bool(one.recorded), different + one.differs, missing + one.missing
        if json_:
            print(recorded.line(one.update))
        elif one.recorded and one.verdict and one.verdict.decision_changed:
            print(redecided(one.update.participant, one.verdict, one.recorded))
    if missing:
        warn(f"{missing} verdicts are not on record: decisions behind them may differ for that alone")
    if not json_:
        print(f"{verdicts} verdicts, {different} of them with another decision than was recorded")


def redecided(one: "Participant", verdict: "Verdict", then: "Verdict") -> str:
    """A change of decision for human eyes, beside what was decided then."""
    beside = "" if verdict.decision is then.decision else f" (recorded: {then.decision})"
    return f"{named(one)}  {verdict.time:8.2f} s  {verdict.decision}{beside}"
