"""What is wrong with settings beyond their types: files that are missing or unreadable, and settings that contradict.

Everything is looked at before anything is opened for good, so that a start names all that has to be put right.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from guard.access import binding
from guard.access.keys import read_keys
from guard.access.tls import tls_of
from guard.audit.heads import private_key
from guard.audit.settings import key_of, names_of
from guard.bundle import Bundle
from guard.config import Settings, attempt
from guard.core.errors import GuardError, SettingsError
from guard.gallery.database import server
from guard.gallery.keys import KeySource
from guard.policy import governed


def checked(config: Path | None = None, **options: Any) -> Settings:
    """Settings as `guard.config.load` reads them, with which the service can start. Raises as `check` does."""
    settings, mistakes = attempt(config, **options)
    check(settings, mistakes)
    return settings


def check(settings: Settings, mistakes: Sequence[str] = ()) -> None:
    """Raises what is wrong, the `mistakes` too that were found before; SettingsError that names it all when that is
    more than one thing."""
    faults = [fault for part in PARTS if (fault := fault_of(part, settings)) is not None]
    if len(faults) == 1 and not mistakes:
        raise faults[0]
    if faults or mistakes:
        raise SettingsError("settings", "; ".join([*mistakes, *map(str, faults)]))


def fault_of(part: "Part", settings: Settings) -> GuardError | None:
    """What a part of the check finds."""
    try:
        part(settings)
    except GuardError as fault:
        return fault
    return None


def bundle(settings: Settings) -> None:
    """A bundle that can be read and stepped, and that can keep the policy."""
    model = Bundle.load(settings.bundle) if settings.bundle is not None else Bundle.default()
    model.check_steps("bundle")
    governed(model, settings.policy)


def gallery(settings: Settings) -> None:
    """A server's URL, or a file that can be there."""
    if "://" in settings.gallery:
        server(settings.gallery)
        if settings.gallery_keys is None:
            problem = "must be set for a gallery on a server"
            raise SettingsError("gallery_keys", problem, "name a file:, env: or command: that holds them")
    else:
        usable("gallery", Path(settings.gallery), os.R_OK)  # one that can only be read still verifies


def gallery_keys(settings: Settings) -> None:
    """Keys that can be read."""
    if settings.gallery_keys is not None:
        KeySource(settings.gallery_keys).load()


def tokens(settings: Settings) -> None:
    """Keys of tokens that can be read, and what needs them."""
    if settings.access.jwt_keys is not None:
        read_keys(settings.access.jwt_keys)
    elif settings.access.issuer is not None:
        raise SettingsError("access.issuer", "is of no use without access.jwt_keys")


def tls(settings: Settings) -> None:
    """Certificates that can be read and belong together."""
    tls_of(settings.tls)


def audit(settings: Settings) -> None:
    """A log that can be written, and a key that can be used."""
    if settings.audit.key is not None and settings.audit.log is None:
        raise SettingsError("audit.key", "is of no use without audit.log")
    if settings.audit.log is None:
        return
    usable("audit.log", settings.audit.log, os.R_OK | os.W_OK)
    if settings.audit.pseudonyms:
        usable("audit.names", settings.audit.names or names_of(settings.audit.log), os.R_OK | os.W_OK)
    key = settings.audit.key or key_of(settings.audit.log)
    usable("audit.key", key, os.R_OK)
    if key.exists():  # or it is made when the service starts
        private_key(key)


def usable(setting: str, path: Path, mode: int) -> None:
    """A file that is there and lets itself be used in this mode, or can be made. SettingsError; nothing is made yet."""
    if path.is_dir():
        raise SettingsError(setting, f"{path} is a folder", "name a file in it")
    if path.exists():
        if not os.access(path, mode):
            raise SettingsError(setting, f"{path} cannot be used by who runs this", "change its owner or mode")
        return
    above = next(folder for folder in path.absolute().parents if folder.exists())  # those below it are made
    if not above.is_dir():
        raise SettingsError(setting, f"{path} cannot be made: {above} is no folder", "name another place")
    if not os.access(above, os.W_OK | os.X_OK):
        raise SettingsError(setting, f"{path} cannot be made: {above} cannot be written", "change its owner or mode")


def ports(settings: Settings) -> None:
    """Two addresses that do not collide."""
    if settings.http_host == settings.grpc_host and settings.http_port == settings.grpc_port != 0:
        raise SettingsError("grpc_port", f"{settings.grpc_port} is http_port too", "give each its own")


Part = Callable[[Settings], None]
PARTS: tuple[Part, ...] = (bundle, gallery, gallery_keys, binding.check, tokens, tls, audit, ports)
