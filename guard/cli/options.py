"""Options that several commands have, and what they open."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from guard.core.errors import InputError

if TYPE_CHECKING:
    from guard.audit.audit import Audit
    from guard.bench import ClipEngine
    from guard.bundle import Bundle
    from guard.gallery import Gallery

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
    Literal["auto", "off"],
    typer.Option(
        "--framing",
        envvar="AVATAR_GUARD_FRAMING",
        help="Look for the face in pictures that are not square, or keep their centre square.",
    ),
]
VideoArgument = Annotated[Path, typer.Argument(metavar="VIDEO", help="Any file that FFmpeg can decode.")]


def open_gallery(where: str | None) -> "Gallery":
    """The gallery named, or the user's own; its master keys are where AVATAR_GUARD_GALLERY_KEYS says."""
    from guard.config import default_gallery
    from guard.gallery import Gallery
    from guard.log import configure

    configure("warning")
    return Gallery(where or default_gallery(), os.environ.get("AVATAR_GUARD_GALLERY_KEYS"))


@contextmanager
def recorded(log: Path | None, action: str, tenant: str, **facts: str | bool | float) -> "Iterator[Audit]":
    """A change of the gallery by whoever is at this machine; AuditError, and no change, when it cannot be recorded."""
    from getpass import getuser

    from guard.access.caller import Caller
    from guard.audit.audit import Audit
    from guard.audit.settings import AuditSettings

    given = {field: os.environ.get(f"AVATAR_GUARD_AUDIT__{field.upper()}") for field in ("key", "names", "pseudonyms")}
    audit = Audit(AuditSettings.model_validate({"log": log, **{key: value for key, value in given.items() if value}}))
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
