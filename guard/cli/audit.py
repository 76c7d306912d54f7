"""Commands about the audit log."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from guard.cli.options import ConfigOption, JsonOption, TenantOption
from guard.cli.output import FAILED, counted, emit, fail
from guard.core.errors import SettingsError

if TYPE_CHECKING:
    from guard.audit.settings import AuditSettings

LogOption = Annotated[
    Path | None, typer.Option("--log", envvar="AVATAR_GUARD_AUDIT__LOG", help="Audit log.", show_default="none")
]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key", envvar="AVATAR_GUARD_AUDIT__KEY", help="Its private key.", show_default="LOG.key"),
]


def kept(config: Path | None, **given: Path | None) -> "tuple[AuditSettings, Path]":
    """The audit log's settings, the options `given` before others, and its file. SettingsError when none is named."""
    from guard.config import load

    audit: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    settings = load(config, audit=audit).audit
    if settings.log is None:
        raise SettingsError("log", "is missing", "name the audit log with --log")
    return settings, settings.log


def verify(
    config: ConfigOption = None,
    log: LogOption = None,
    heads: Annotated[
        Path | None,
        typer.Option(help="Signed heads, best a copy kept elsewhere.", show_default="LOG.heads, if there is one"),
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Public key of the heads.", show_default="LOG.key.pub")] = None,
    json_: JsonOption = False,
) -> None:
    """Check that no line of the audit log was changed, removed or moved, and with heads that none was cut off."""
    from guard.audit.heads import public_key, read_heads
    from guard.audit.settings import heads_of, key_of
    from guard.audit.verify import verify

    if (heads is None) is not (key is None):
        raise SettingsError("heads", "and the key that signed them go together", "give --heads FILE --key FILE.pub")
    settings, path = kept(config, log=log)
    beside = heads is None and heads_of(path).exists()
    if beside:
        private = settings.key or key_of(path)
        heads, key = heads_of(path), private.with_name(f"{private.name}.pub")
    signed = read_heads(heads) if heads else []
    finding = verify(path, signed, public_key(key) if key else None)
    if json_:
        emit(asdict(finding))
    if finding.problem is not None:
        fail(f"audit log: {finding.problem}", FAILED)
    if not json_:
        last = max((head.sequence for head in signed), default=None)
        print(f"{lines(finding.lines)}; {held(finding.heads, last, beside)}")


def lines(number: int) -> str:
    """What was found of the lines."""
    return f"{number} lines follow from each other" if number != 1 else "1 line stands alone"


def held(number: int, last: int | None, beside: bool) -> str:
    """What was found of the heads, the newest of which is of line `last`."""
    if last is None:
        return "there is no head, so that a tail which was cut does not show"
    where = " beside the log, where whoever can cut it can cut them too" if beside else ""
    return f"{counted(number, 'head')} hold{'s' if number == 1 else ''}{where}, the last for line {last}"


def show(
    config: ConfigOption = None,
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

    settings, path = kept(config, log=log, names=names)
    book = Names(settings.names or names_of(path))
    try:
        for line in book.shown(map(content_of, lines_of(path))):
            if of is None or (line["tenant"] == tenant and of in (line["subject"], *line["facts"].values())):
                emit(line)
    except BrokenChainError as error:
        fail(f"audit log: a line {error}", FAILED)


def head(config: ConfigOption = None, log: LogOption = None, key: KeyOption = None) -> None:
    """Sign the audit log's present head and print it, to be kept where whoever can change the log cannot."""
    from guard.audit.heads import private_key, signed
    from guard.audit.log import AuditLog
    from guard.audit.settings import key_of

    settings, path = kept(config, log=log, key=key)
    print(signed(private_key(settings.key or key_of(path)), AuditLog(path, 0).last()).line())
