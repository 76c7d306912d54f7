"""Commands about what is kept of one person: give it out, renew it, take it back; and the sweep of what has expired."""

import sys
from typing import Annotated

import typer

from guard.cli.options import (
    AuditOption,
    ConfigOption,
    GalleryOption,
    JsonOption,
    NameArgument,
    TenantOption,
    open_gallery,
    recorded,
    settings_of,
)
from guard.cli.output import counted, emit
from guard.cli.people import lines_of


def export(
    name: NameArgument,
    tenant: TenantOption = "default",
    config: ConfigOption = None,
    gallery: GalleryOption = None,
    audit: AuditOption = None,
) -> None:
    """Print all that is kept about a person, embeddings included, as one JSON document."""
    settings = settings_of(config, gallery=gallery, log=audit)
    with recorded(settings.audit, "person.export", tenant, person=name):
        sys.stdout.buffer.write(open_gallery(settings).export(name, tenant) + b"\n")


def renew(
    name: NameArgument,
    tenant: TenantOption = "default",
    config: ConfigOption = None,
    gallery: GalleryOption = None,
    audit: AuditOption = None,
    json_: JsonOption = False,
) -> None:
    """Give a person's templates new keys and a new transform: what was stolen before does not match any more."""
    settings = settings_of(config, gallery=gallery, log=audit)
    with recorded(settings.audit, "person.renew", tenant, person=name):
        person = open_gallery(settings).renew(name, tenant)
    if json_:
        for line in lines_of(person):
            emit(line)
    else:
        print(f"{name} is renewed: {counted(len(person.templates), 'template')}")


def opt_out(
    name: NameArgument,
    undo: Annotated[bool, typer.Option("--undo", help="The person may be verified again.")] = False,
    tenant: TenantOption = "default",
    config: ConfigOption = None,
    gallery: GalleryOption = None,
    audit: AuditOption = None,
    json_: JsonOption = False,
) -> None:
    """Note that a person does not want to be verified; also for somebody who is not enrolled and shall not be."""
    settings = settings_of(config, gallery=gallery, log=audit)
    with recorded(settings.audit, "person.opt_out", tenant, person=name, opted_out=not undo):
        open_gallery(settings).set_opt_out(name, tenant, not undo)
    if json_:
        emit({"name": name, "opted_out": not undo})
    else:
        print(f"{name} may be verified again" if undo else f"{name} has opted out and is not verified from now on")


def adapt(
    name: NameArgument,
    undo: Annotated[bool, typer.Option("--undo", help="No more from now on; `revert` takes back what was.")] = False,
    tenant: TenantOption = "default",
    config: ConfigOption = None,
    gallery: GalleryOption = None,
    audit: AuditOption = None,
    json_: JsonOption = False,
) -> None:
    """Let a person's template follow how they change, by calls in which they were verified for long. Ask them first."""
    settings = settings_of(config, gallery=gallery, log=audit)
    with recorded(settings.audit, "person.adapts", tenant, person=name, adapts=not undo):
        open_gallery(settings).set_adapts(name, tenant, not undo)
    if json_:
        emit({"name": name, "adapts": not undo})
    else:
        print(f"calls {'do not change' if undo else 'may change'} the template of {name} from now on")


def revert(
    name: NameArgument,
    tenant: TenantOption = "default",
    config: ConfigOption = None,
    gallery: GalleryOption = None,
    audit: AuditOption = None,
    json_: JsonOption = False,
) -> None:
    """Take back what was learned about a person in calls: templates are again what was enrolled."""
    settings = settings_of(config, gallery=gallery, log=audit)
    with recorded(settings.audit, "person.revert", tenant, person=name):
        person = open_gallery(settings).revert(name, tenant)
    if json_:
        for line in lines_of(person):
            emit(line)
    else:
        print(f"{name} is as enrolled: {counted(len(person.templates), 'template')}")


def sweep(
    config: ConfigOption = None, gallery: GalleryOption = None, audit: AuditOption = None, json_: JsonOption = False
) -> None:
    """Erase everybody, of all tenants, whose consent has run out; a running service does so once an hour."""
    settings = settings_of(config, gallery=gallery, log=audit)
    with recorded(settings.audit, "people.sweep", "") as kept:
        erased = open_gallery(settings).sweep(kept.forget)
    if json_:
        emit({"erased": erased})
    else:
        print(f"{erased} erased")
