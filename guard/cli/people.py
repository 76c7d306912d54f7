"""Commands about people: who is enrolled, from what, and by whose consent."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guard.cli.options import (
    AuditOption,
    BundleOption,
    ConfigOption,
    FramingOption,
    GalleryOption,
    JsonOption,
    NameArgument,
    TenantOption,
    open_gallery,
    open_model,
    recorded,
    settings_of,
)
from guard.cli.output import emit, warn

if TYPE_CHECKING:
    from guard.gallery import Gallery
    from guard.gallery.items import Consent, Person

PURPOSE = "to verify who moves this face in calls"


def enroll(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The person's name, as it will be claimed.")],
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO...", help="Videos of this person, 10 s or more.")],
    consent_by: Annotated[
        str | None,
        typer.Option(help="Who obtained the person's consent. Needed unless one is recorded.", show_default=False),
    ] = None,
    purpose: Annotated[str, typer.Option(help="What the person was told it is for.")] = PURPOSE,
    expires: Annotated[float, typer.Option(min=0, help="Days after which the person is erased.")] = 365.0,
    add: Annotated[bool, typer.Option("--add", help="Keep what was enrolled before, and add to it.")] = False,
    keep_crops: Annotated[
        bool | None,
        typer.Option(
            "--keep-crops/--no-keep-crops",
            help="Keep the reduced pictures too, encrypted: for the next model.",
            show_default="as the settings say, no",
        ),
    ] = None,
    tenant: TenantOption = "default",
    config: ConfigOption = None,
    gallery: GalleryOption = None,
    bundle: BundleOption = None,
    audit: AuditOption = None,
    framing: FramingOption = None,
    json_: JsonOption = False,
) -> None:
    """Learn how a person moves from videos; an earlier template of the name is replaced."""
    from guard.enrolment import files

    settings = settings_of(config, gallery=gallery, bundle=bundle, log=audit, framing=framing, keep_crops=keep_crops)
    people = open_gallery(settings, new=True)
    consent = agreed(people, name, tenant, consent_by, purpose, expires)
    model, engine = open_model(settings.bundle)
    with recorded(settings.audit, "person.enroll", tenant, person=name):
        enrolled = files.enroll(
            name,
            videos,
            engine,
            model.settings(),
            people,
            warn,
            tenant=tenant,
            consent=consent,
            add=add,
            keep_crops=settings.keep_crops,
            look=settings.framing == "auto",
        )
    if json_:
        emit(asdict(enrolled))
    else:
        print(f"{enrolled.name} is enrolled: {enrolled.windows} windows of {enrolled.seconds:.1f} s of video")


def agreed(
    people: "Gallery", name: str, tenant: str, consent_by: str | None, purpose: str, days: float
) -> "Consent | None":
    """The consent to record, from now on; None: the one there is holds. ConsentError, before any video is read."""
    from datetime import UTC, datetime, timedelta

    from guard.core.errors import ConsentError, UnknownPersonError
    from guard.gallery.items import Consent

    now = datetime.now(UTC)
    if consent_by is not None:
        return Consent(consent_by, now, purpose, now + timedelta(days=days))
    try:
        recorded = people.person(name, tenant).consent
    except UnknownPersonError:
        recorded = None
    if recorded is None or recorded.expires_at <= now:
        raise ConsentError("--consent-by", "is needed", "say who asked the person; --purpose is what they were told")
    return None


def show(
    tenant: TenantOption = "default",
    config: ConfigOption = None,
    gallery: GalleryOption = None,
    json_: JsonOption = False,
) -> None:
    """Show who is enrolled, from how much video, for which model, and until when they have agreed to it."""
    people = everybody(open_gallery(settings_of(config, gallery=gallery)), tenant)
    if not json_:
        print_table(people)
        return
    for person in people:
        for line in lines_of(person):
            emit(line)


def everybody(gallery: "Gallery", tenant: str) -> "list[Person]":
    """The tenant's people, page by page."""
    people = gallery.people(tenant)
    while page := gallery.people(tenant, after=people[-1].name if people else ""):
        people += page
    return sorted(people, key=lambda person: person.name)


def lines_of(person: "Person") -> list[dict[str, object]]:
    """What `--json` prints of a person: a line a template, one alone for who has none."""
    until = person.consent and person.consent.expires_at.isoformat()
    about = {"opted_out": person.opted_out, "consent_until": until}
    if not person.templates:
        return [{"name": person.name, "model_id": None, **about}]
    return [
        {
            "name": person.name,
            "model_id": template.model_id,
            "windows": template.windows,
            "seconds": template.seconds,
            "clips": template.references,
            "created_at": template.created_at.isoformat(),
            **about,
        }
        for template in person.templates
    ]


def print_table(people: "list[Person]") -> None:
    """The gallery for human eyes."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("name", "model", "windows", "seconds", "clips", "enrolled (UTC)", "agreed until")
    for person in people:
        until = "opted out" if person.opted_out else f"{person.consent.expires_at:%Y-%m-%d}" if person.consent else "-"
        for one in person.templates:
            amounts = (str(one.windows), f"{one.seconds:.1f}", str(one.references), f"{one.created_at:%Y-%m-%d %H:%M}")
            # Text, because a name may hold what rich takes for markup
            table.add_row(Text(person.name), Text(one.model_id), *amounts, until)
        if not person.templates:
            table.add_row(Text(person.name), *["-"] * 5, until)
    Console(highlight=False).print(table if people else "Nobody is enrolled.")


def remove(
    name: NameArgument,
    tenant: TenantOption = "default",
    config: ConfigOption = None,
    gallery: GalleryOption = None,
    audit: AuditOption = None,
    json_: JsonOption = False,
) -> None:
    """Forget a person: their keys are destroyed, then everything that was kept under the name."""
    settings = settings_of(config, gallery=gallery, log=audit)
    with recorded(settings.audit, "person.remove", tenant, person=name):
        open_gallery(settings).remove(name, tenant)
    if json_:
        emit({"removed": name})
    else:
        print(f"{name} is removed")
