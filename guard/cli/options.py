"""Options that several commands have, and what they open."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from guard.core.errors import InputError

if TYPE_CHECKING:
    from guard.audit.audit import Audit
    from guard.audit.settings import AuditSettings
    from guard.bench import ClipEngine
    from guard.bundle import Bundle
    from guard.config import Settings
    from guard.gallery import Gallery

ConfigOption = Annotated[
    Path | None, typer.Option("--config", envvar="AVATAR_GUARD_CONFIG", help="TOML file of the service's settings.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
GalleryOption = Annotated[
    str | None,
    typer.Option(
        "--gallery",
        envvar="AVATAR_GUARD_GALLERY",
        help="Gallery: a file, or a PostgreSQL URL.",
        show_default="in the user's data folder",
    ),
]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The person's name.")]
TenantOption = Annotated[str, typer.Option(help="Whose people: a tenant of the service.")]
BundleOption = Annotated[
    Path | None,
    typer.Option("--bundle", envvar="AVATAR_GUARD_BUNDLE", help="Model: a folder or .zip.", show_default="built in"),
]
AuditOption = Annotated[
    Path | None,
    typer.Option("--audit", envvar="AVATAR_GUARD_AUDIT__LOG", help="Audit log to record this in.", show_default="none"),
]
FramingOption = Annotated[
    Literal["auto", "off"] | None,
    typer.Option(
        "--framing",
        envvar="AVATAR_GUARD_FRAMING",
        help="Look for the face in pictures that are not square, or keep their centre square.",
        show_default="auto",
    ),
]
VideoArgument = Annotated[Path, typer.Argument(metavar="VIDEO", help="Any file that FFmpeg can decode.")]


def settings_of(config: Path | None, *, log: Path | None = None, **options: Any) -> "Settings":
    """What a command goes by: its options before the environment before the service's file. SettingsError.

    `log` is the audit log.
    """
    from guard.config import load

    return load(config, **({"audit": {"log": log}} if log else {}), **options)


def open_gallery(settings: "Settings", *, new: bool = False) -> "Gallery":
    """The gallery that the settings name; it is told when there was none, but to who fills a `new` one."""
    from guard.cli.output import warn
    from guard.gallery import Gallery
    from guard.log import configure

    configure("warning")
    where = settings.gallery
    if not new and "://" not in str(where) and not Path(where).exists():
        warn(f"there was no gallery at {where}: an empty one has been made")
    return Gallery(where, settings.gallery_keys)


@contextmanager
def recorded(settings: "AuditSettings", action: str, tenant: str, **facts: str | bool | float) -> "Iterator[Audit]":
    """A change of the gallery by whoever is at this machine; AuditError, and no change, when it cannot be recorded."""
    from getpass import getuser

    from guard.access.caller import Caller
    from guard.audit.audit import Audit

    audit = Audit(settings)
    try:
        with audit.change(action, Caller(f"command line: {getuser()}", tenant), **facts):
            yield audit
    finally:
        audit.flush(sign=True)


def open_model(path: Path | None) -> "tuple[Bundle, ClipEngine]":
    """The bundle named, or the one shipped inside, and the engine that runs it; raises InputError without the file."""
    if path is not None and not path.exists():
        raise InputError("--bundle", f"{path} does not exist")
    return load_model(path)


def load_model(path: Path | None) -> "tuple[Bundle, ClipEngine]":
    """Checks and loads a bundle that exists."""
    from guard.bundle import Bundle
    from guard.clips import WholeClips
    from guard.engine import OnnxEngine

    bundle = Bundle.load(path) if path else Bundle.default()
    engine = OnnxEngine(bundle)
    return bundle, engine if bundle.state_size else WholeClips(engine, max(bundle.horizons))
