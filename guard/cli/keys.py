"""Commands about the master keys of the gallery."""

from dataclasses import asdict

from guard.cli.options import (
    AuditOption,
    ConfigOption,
    GalleryOption,
    JsonOption,
    open_gallery,
    recorded,
    settings_of,
)
from guard.cli.output import counted, emit


def show(config: ConfigOption = None, gallery: GalleryOption = None, json_: JsonOption = False) -> None:
    """Show the master keys by id, the oldest first, and how many tenants' keys each of them wraps."""
    from guard.gallery.rotation import master_keys

    for key in master_keys(open_gallery(settings_of(config, gallery=gallery))):
        if json_:
            emit(asdict(key))
        else:
            print(f"{key.id}  {counted(key.tenants, 'tenant')}{'  current' if key.current else ''}")


def rotate(
    config: ConfigOption = None, gallery: GalleryOption = None, audit: AuditOption = None, json_: JsonOption = False
) -> None:
    """Add a master key to the key file and wrap everything with it; services that run go on.

    Keys from env: or command: cannot be added to by guard: append one there first, then this only wraps.
    """
    from guard.gallery import rotation

    settings = settings_of(config, gallery=gallery, log=audit)
    with recorded(settings.audit, "keys.rotate", ""):
        tenants = rotation.rotate(open_gallery(settings))
    if json_:
        emit({"tenants": tenants})
    else:
        wrapped = counted(tenants, "tenant")
        print(f"the keys of {wrapped} are wrapped by the new master key; retire the old one when all is well")


def retire(
    config: ConfigOption = None, gallery: GalleryOption = None, audit: AuditOption = None, json_: JsonOption = False
) -> None:
    """Destroy the master keys in the key file that wrap nothing any more: older backups cannot be read then."""
    from guard.gallery import rotation

    settings = settings_of(config, gallery=gallery, log=audit)
    with recorded(settings.audit, "keys.retire", ""):
        retired = rotation.retire(open_gallery(settings))
    if json_:
        emit({"retired": retired})
    else:
        print(f"{counted(len(retired), 'master key')} destroyed")
