"""The command that lets a tenant's thresholds follow what its analysts found."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from guard.cli.options import (
    AuditOption,
    BundleOption,
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
    from guard.recalibration.items import Recalibration


def recalibrate(
    tenant: TenantOption = "default",
    apply: Annotated[bool, typer.Option("--apply", help="Let the tenant's thresholds follow from now on.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Let the operator's thresholds hold again.")] = False,
    config: ConfigOption = None,
    bundle: BundleOption = None,
    gallery: GalleryOption = None,
    audit: AuditOption = None,
    json_: JsonOption = False,
) -> None:
    """Say how often a tenant's people are accused falsely, by its dispositions, and which thresholds follow from it."""
    from getpass import getuser

    from guard.bundle import Bundle
    from guard.policy import basis
    from guard.recalibration.recalibrating import applied, check, proposed
    from guard.stores import GalleryStores

    if apply and reset:
        raise InputError("--apply", "contradicts --reset", "give one of them")
    settings = settings_of(config, bundle=bundle, gallery=gallery, log=audit)
    model = Bundle.load(settings.bundle) if settings.bundle is not None else Bundle.default()
    picked = basis(model, settings.policy)
    stores = GalleryStores.of(open_gallery(settings), settings)
    found = proposed(tenant, model.model_id, picked, stores.incidents, stores.tenants)
    if apply:
        check(found, picked)
        with recorded(settings.audit, "tenant.recalibrate", tenant, strictness=found.estimate.strictness):
            found = applied(found, stores.tenants, f"command line: {getuser()}")
    if reset:
        with recorded(settings.audit, "tenant.reset", tenant):
            stores.tenants.reset(tenant)
        found = replace(found, applied=None)
    if json_:
        emit(found.facts())
    else:
        print("\n".join(told(found)))


def told(one: "Recalibration") -> list[str]:
    """A recalibration in words, a line at a time."""
    found, said = one.found, one.estimate
    lines = [
        f"Tenant {one.tenant}, model {one.model_id}: {found.hours:.1f} participant-hours were scored, in which "
        f"{found.expected:.2f} false accusations were to be expected.",
        f"Of {found.false + found.confirmed + found.open} accusations {found.false} were found false, "
        f"{found.confirmed} confirmed, and {found.open} are open.",
    ]
    if found.missing:
        return [*lines, f"{found.missing} more dispositions are needed.", holds(one)]
    thresholds = ", ".join(f"{name} {getattr(one.thresholds, name):g}" for name in ("suspect", "change", "continuity"))
    lines.append(
        f"That is {said.ratio:.2f} times as many as was measured (95 %: {said.low:.2f} to {said.high:.2f}); "
        f"a strictness of {said.strictness:.2f}: {thresholds}."
    )
    if not one.keeps:
        lines.append("Nothing that was measured of the bundle errs as seldom as that asks for: these err least.")
    return [*lines, holds(one)]


def holds(one: "Recalibration") -> str:
    """What holds now."""
    if one.applied is None:
        return "The operator's thresholds hold."
    held = one.applied
    return f"A strictness of {held.strictness:.2f} holds, applied by {held.by} on {held.at:%Y-%m-%d %H:%M} UTC."
