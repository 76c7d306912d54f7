"""Commands about incidents: which there were, a report of one, and what an analyst found it to be."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guard.cli.options import (
    AuditOption,
    ConfigOption,
    GalleryOption,
    JsonOption,
    TenantOption,
    open_gallery,
    recorded,
    settings_of,
)
from guard.cli.output import emit
from guard.core.errors import InputError

if TYPE_CHECKING:
    from guard.config import Settings
    from guard.incidents.items import Incident
    from guard.incidents.store import Incidents

IncidentArgument = Annotated[str, typer.Argument(metavar="ID", help="As `guard incidents list` shows it.")]
DaysOption = Annotated[
    float | None,
    typer.Option(
        envvar="AVATAR_GUARD_INCIDENT_DAYS", min=0, help="Days for which incidents are kept.", show_default="30"
    ),
]


class Found(StrEnum):
    """What an analyst can find."""

    CONFIRMED = "confirmed"
    FALSE = "false"


def opened(settings: "Settings") -> "Incidents":
    """The incidents of the gallery that the settings name."""
    from guard.incidents.store import Incidents

    return Incidents(open_gallery(settings), settings.incident_days)


def show(
    tenant: TenantOption = "default",
    config: ConfigOption = None,
    gallery: GalleryOption = None,
    days: DaysOption = None,
    json_: JsonOption = False,
) -> None:
    """Show the incidents that are kept, the newest first."""
    for one in opened(settings_of(config, gallery=gallery, incident_days=days)).listed(tenant):
        facts = summary(one)
        if json_:
            emit(facts)
        else:
            print("  ".join(str(facts[name]) for name in facts if facts[name] is not None))


def summary(one: "Incident") -> dict[str, str | None]:
    """What a list tells of an incident."""
    return {
        "id": one.id,
        "happened_at": f"{one.happened_at:%Y-%m-%dT%H:%M:%SZ}",
        "kind": one.kind,
        "call": one.call,
        "participant": one.participant,
        "claim": one.claim or None,
        "disposition": one.disposition,
        "by": one.by,
    }


def report(
    incident: IncidentArgument,
    out: Annotated[Path | None, typer.Option(help="HTML file to write.", show_default="JSON on stdout")] = None,
    tenant: TenantOption = "default",
    config: ConfigOption = None,
    gallery: GalleryOption = None,
    days: DaysOption = None,
    audit: AuditOption = None,
) -> None:
    """Write a report that can be filed: verdicts, thresholds and plots as HTML, or the same facts as JSON."""
    from guard.incidents.report import document, page

    settings = settings_of(config, gallery=gallery, incident_days=days, log=audit)
    with recorded(settings.audit, "incident.report", tenant, incident=incident):
        one = opened(settings).one(incident, tenant)
    if out is None:
        print(document(one))
        return
    try:
        out.touch(mode=0o600)  # it names people
        out.write_text(page(one), encoding="utf-8")
    except OSError as error:
        raise InputError("--out", f"{out} cannot be written: {error.strerror}") from None


def dispose(
    incident: IncidentArgument,
    found: Annotated[Found, typer.Argument(help="What it was found to be.")],
    tenant: TenantOption = "default",
    config: ConfigOption = None,
    gallery: GalleryOption = None,
    days: DaysOption = None,
    audit: AuditOption = None,
    json_: JsonOption = False,
) -> None:
    """Note that an incident was confirmed, or false: by whom and when is kept with it. The last word counts."""
    from getpass import getuser

    from guard.incidents.items import Disposition

    disposition = Disposition(found.value.upper())
    settings = settings_of(config, gallery=gallery, incident_days=days, log=audit)
    with recorded(settings.audit, "incident.dispose", tenant, incident=incident, disposition=disposition.value):
        one = opened(settings).dispose(incident, disposition, f"command line: {getuser()}", tenant)
    if json_:
        emit(summary(one))
    else:
        print(f"{one.id} is {one.disposition}")
