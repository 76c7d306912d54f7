"""Commands about the policy by which decisions are made."""

from dataclasses import asdict
from typing import Annotated

import typer

from guard.cli.options import BundleOption, GalleryOption, JsonOption, open_gallery
from guard.cli.output import emit
from guard.cli.settings import ConfigOption


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
    from guard.config import load

    settings = load(config, bundle=bundle)
    model = Bundle.load(settings.bundle) if settings.bundle is not None else Bundle.default()
    strictness = 1.0 if tenant is None else strictness_of(tenant, model.model_id, gallery)
    if not json_:
        print("\n".join(explaining.lines(model, settings.policy, strictness)))
        return
    for one in explaining.explain(model, settings.policy, strictness):
        emit(asdict(one))


def strictness_of(tenant: str, model_id: str, gallery: str | None) -> float:
    """What was applied for a tenant under a model; 1 where nothing was."""
    from guard.recalibration.store import Tenants

    applied = Tenants(open_gallery(gallery), days=0).applied(model_id).get(tenant)
    return 1.0 if applied is None else applied.strictness
