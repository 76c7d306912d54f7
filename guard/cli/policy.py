"""Commands about the policy by which decisions are made."""

from dataclasses import asdict

from guard.cli.options import BundleOption, JsonOption
from guard.cli.output import emit
from guard.cli.settings import ConfigOption


def explain(config: ConfigOption = None, bundle: BundleOption = None, json_: JsonOption = False) -> None:
    """Say in words what the policy of `guard serve` does, what it is measured to cost, and how long it takes."""
    from guard import explaining
    from guard.bundle import Bundle
    from guard.config import load

    settings = load(config, bundle=bundle)
    model = Bundle.load(settings.bundle) if settings.bundle is not None else Bundle.default()
    if not json_:
        print("\n".join(explaining.lines(model, settings.policy)))
        return
    for one in explaining.explain(model, settings.policy):
        emit(asdict(one))
