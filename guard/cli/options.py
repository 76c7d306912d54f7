"""Options that several commands have, and what they open."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guard.core.errors import InputError

if TYPE_CHECKING:
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
VideoArgument = Annotated[Path, typer.Argument(metavar="VIDEO", help="Any file that FFmpeg can decode.")]


def open_gallery(where: str | None) -> "Gallery":
    """The gallery named, or the user's own; its master keys are where AVATAR_GUARD_GALLERY_KEYS says."""
    from guard.config import default_gallery
    from guard.gallery import Gallery
    from guard.log import configure

    configure("warning")
    return Gallery(where or default_gallery(), os.environ.get("AVATAR_GUARD_GALLERY_KEYS"))


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
