"""Commands about the service's settings."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from guard.cli.options import ConfigOption, JsonOption
from guard.cli.output import emit

if TYPE_CHECKING:
    from guard.showing import Shown


def show(config: ConfigOption = None, json_: JsonOption = False) -> None:
    """Show each setting that `guard serve` would run with and where it comes from; passwords are left out."""
    from guard.showing import explained

    settings = explained(config)
    if not json_:
        print_table(settings)
        return
    for setting in settings:
        emit(asdict(setting))


def check(config: ConfigOption = None, json_: JsonOption = False) -> None:
    """See whether `guard serve` could run with its settings: files, keys and bundle too. All mistakes are told."""
    from guard.checking import checked

    checked(config)
    if json_:
        emit({"settings": "can work"})
    else:
        print("the settings can work")


def print_table(settings: "list[Shown]") -> None:
    """The settings for human eyes."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("setting", "value", "source", "")
    for setting in settings:
        table.add_row(setting.name, Text(setting.value), setting.source, setting.description)
    Console(highlight=False).print(table)
