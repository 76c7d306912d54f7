"""Commands about the audit log."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from guard.cli.options import JsonOption, TenantOption
from guard.cli.output import FAILED, emit, fail
from guard.core.errors import SettingsError

LogOption = Annotated[
    Path | None, typer.Option("--log", envvar="AVATAR_GUARD_AUDIT__LOG", help="Audit log.", show_default="none")
]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key", envvar="AVATAR_GUARD_AUDIT__KEY", help="Its private key.", show_default="LOG.key"),
]


def needed(log: Path | None) -> Path:
    """The file of the log. SettingsError when none is named."""
    if log is None:
        raise SettingsError("log", "is missing", "name the audit log with --log")
    return log


def verify(
    log: LogOption = None,
    heads: Annotated[Path | None, typer.Option(help="Signed heads, best a copy kept elsewhere.")] = None,
    key: Annotated[Path | None, typer.Option(help="Public key of the heads.")] = None,
    json_: JsonOption = False,
) -> None:
    """Check that no line of the audit log was changed, removed or moved, and with heads that none was cut off."""
    from guard.audit.heads import public_key, read_heads
    from guard.audit.verify import verify

    if (heads is None) is not (key is None):
        raise SettingsError("heads", "and the key that signed them go together", "give --heads FILE --key FILE.pub")
    kept = read_heads(heads) if heads else []
    finding = verify(needed(log), kept, public_key(key) if key else None)
    if json_:
        emit(asdict(finding))
    if finding.problem is not None:
        fail(f"audit log: {finding.problem}", FAILED)
    if not json_:
        last = max((head.sequence for head in kept), default=0)
        print(f"{finding.lines} lines follow from each other; {finding.heads} heads hold, the last for line {last}")


def show(
    log: LogOption = None,
    names: Annotated[
        Path | None,
        typer.Option(envvar="AVATAR_GUARD_AUDIT__NAMES", help="Book of names.", show_default="LOG.names"),
    ] = None,
    of: Annotated[str | None, typer.Option("--of", metavar="NAME", help="Lines that name this person only.")] = None,
    tenant: TenantOption = "default",
) -> None:
    """Print the audit log with names in place of pseudonyms; of who was erased only the pseudonym is left."""
    from guard.audit.chain import BrokenChainError, content_of
    from guard.audit.names import Names
    from guard.audit.settings import names_of
    from guard.audit.verify import lines_of

    path = needed(log)
    book = Names(names or names_of(path))
    try:
        for line in book.shown(map(content_of, lines_of(path))):
            if of is None or (line["tenant"] == tenant and of in (line["subject"], *line["facts"].values())):
                emit(line)
    except BrokenChainError as error:
        fail(f"audit log: a line {error}", FAILED)


def head(log: LogOption = None, key: KeyOption = None) -> None:
    """Sign the audit log's present head and print it, to be kept where whoever can change the log cannot."""
    from guard.audit.heads import private_key, signed
    from guard.audit.log import AuditLog

    path = needed(log)
    print(signed(private_key(key or path.with_name(f"{path.name}.key")), AuditLog(path, 0).last()).line())
