"""Commands about the policy by which decisions are made."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from guard.cli.options import BundleOption, ConfigOption, GalleryOption, JsonOption, open_gallery, settings_of
from guard.cli.output import emit

if TYPE_CHECKING:
    from guard.config import Settings


def explain(
    config: ConfigOption = None,
    bundle: BundleOption = None,
    tenant: Annotated[str | None, typer.Option(help="Whose thresholds, as they were recalibrated.")] = None,
    gallery: GalleryOption = None,
    json_: JsonOption = False,
) -> None:
    """Say in words what the policy of `guard serve` does, what it is measured to cost, and how long it takes."""
    from guard import explaining
    from guard.bundle import Bundle

    settings = settings_of(config, bundle=bundle, gallery=gallery)
    model = Bundle.load(settings.bundle) if settings.bundle is not None else Bundle.default()
    strictness = 1.0 if tenant is None else strictness_of(tenant, model.model_id, settings)
    if not json_:
        print("\n".join(explaining.lines(model, settings.policy, strictness)))
        return
    for one in explaining.explain(model, settings.policy, strictness):
        emit(asdict(one))


def strictness_of(tenant: str, model_id: str, settings: "Settings") -> float:
    """What was applied for a tenant under a model; 1 where nothing was."""
    from guard.recalibration.store import Tenants

    applied = Tenants(open_gallery(settings), days=0).applied(model_id).get(tenant)
    return 1.0 if applied is None else applied.strictness
