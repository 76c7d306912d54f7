"""Commands about people: who is enrolled, and from what."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guard.cli.options import AuditOption, BundleOption, GalleryOption, JsonOption, open_gallery, open_model, recorded
from guard.cli.output import emit, warn
from guard.core.errors import ClaimError

if TYPE_CHECKING:
    from guard.gallery import Entry


def enroll(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The person's name, as it will be claimed.")],
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO...", help="Videos of this person, 10 s or more.")],
    gallery: GalleryOption = None,
    bundle: BundleOption = None,
    audit: AuditOption = None,
    json_: JsonOption = False,
) -> None:
    """Learn how a person moves from videos; an earlier template of the name is replaced."""
    from guard import enrolment

    people = open_gallery(gallery)
    model, engine = open_model(bundle)
    with recorded(audit, "person.enroll", name):
        enrolled = enrolment.enroll(name, videos, engine, model.settings(), people, warn)
    if json_:
        emit(asdict(enrolled))
    else:
        print(f"{enrolled.name} is enrolled: {enrolled.windows} windows of {enrolled.seconds:.1f} s of video")


def show(gallery: GalleryOption = None, json_: JsonOption = False) -> None:
    """Show who is enrolled, and from how much video."""
    entries = open_gallery(gallery).entries()
    if not json_:
        print_table(entries)
        return
    for entry in entries:
        emit(asdict(entry) | {"created_at": entry.created_at.isoformat()})


def print_table(entries: "list[Entry]") -> None:
    """The gallery for human eyes."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("name", "model", "windows", "seconds", "clips", "enrolled (UTC)")
    for entry in entries:
        amounts = (str(entry.windows), f"{entry.seconds:.1f}", str(entry.clips))
        # Text, because a name may hold what rich takes for markup
        table.add_row(Text(entry.name), Text(entry.model_id), *amounts, f"{entry.created_at:%Y-%m-%d %H:%M}")
    Console(highlight=False).print(table if entries else "Nobody is enrolled.")


def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The person's name.")],
    gallery: GalleryOption = None,
    audit: AuditOption = None,
    json_: JsonOption = False,
) -> None:
    """Forget a person: every template of the name is erased."""
    with recorded(audit, "person.remove", name):
        if not open_gallery(gallery).remove(name):
            raise ClaimError("name", "is not enrolled")
    if json_:
        emit({"removed": name})
    else:
        print(f"{name} is removed")
