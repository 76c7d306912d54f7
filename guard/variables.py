"""Variables of the environment: those that mean something here, and those that only look so."""

import os
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

PREFIX = "AVATAR_GUARD_"
OF_REACHING = ("CONFIG", "SERVICE", "TOKEN", "CA", "CLIENT_CERTIFICATE", "CLIENT_KEY")
OF_ATTACHING = ("WHEP_TOKEN", "JANUS_PIN", "JANUS_TOKEN", "JANUS_API_SECRET")
OF_COMMANDS = tuple(PREFIX + name for name in OF_REACHING + OF_ATTACHING)
"""Options of commands that are no settings of the service."""
OF_CHECKOUT = (f"{PREFIX}CI", f"{PREFIX}SHARED")
"""Of the tests and the Makefile."""


def unknown(settings: Iterable[str]) -> Iterator[str]:
    """What is wrong with each variable that begins as ours do and sets nothing, `settings` being those that do.

    A table's settings are left to the table, which refuses them by itself.
    """
    known = {*settings, *OF_COMMANDS, *OF_CHECKOUT}
    tables = {name.rpartition("__")[0] for name in known if "__" in name}
    named = os.environ.get(f"{PREFIX}GALLERY_KEYS", "").removeprefix("env:")  # the keys may be in one of this prefix
    for name, value in os.environ.items():
        upper = name.upper()
        if not upper.startswith(PREFIX) or not value or upper in known | tables or name == named:
            continue
        if upper.partition("__")[0] in tables or of_kubernetes(upper, value):
            continue
        yield f"{name} sets nothing" + nearest(upper, known)


def of_kubernetes(name: str, value: str) -> bool:
    """Whether Kubernetes sets this in its containers, about a service of its own that is called avatar-guard."""
    if name.endswith("_PORT"):
        return "://" in value
    return re.search(r"_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_[A-Z]+(_(PROTO|PORT|ADDR))?$", name) is not None


def nearest(name: str, known: Iterable[str]) -> str:
    """What may have been meant; nothing when no name is near."""
    found = get_close_matches(name, known, 1, cutoff=0.8)
    return f"; did you mean {found[0]}?" if found else ""
