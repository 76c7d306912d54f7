"""Settings of the service: options before environment (AVATAR_GUARD_*) before a TOML file before defaults."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_data_path
from pydantic import BaseModel, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as VariableError

from guard import variables
from guard.access.settings import AccessSettings, LimitSettings, TlsSettings
from guard.audit.settings import AuditSettings
from guard.core.errors import SettingsError
from guard.hiding import hidden_within
from guard.policy import PolicySettings
from guard.sources.specs import AttachSettings, Spec, in_our_words


def default_gallery() -> str:
    """Where the gallery lies unless told otherwise: the platform's folder for a user's data."""
    return str(user_data_path("avatar-guard", appauthor=False) / "gallery.sqlite")


def default_threads() -> int:
    """As many as there are processors for this process, but no more than the interpreter keeps busy."""
    return min(4, len(os.sched_getaffinity(0)))


def default_ingest() -> int:
    """One less than there are processors for this process: the model has its own, even if there is but one."""
    return max(1, len(os.sched_getaffinity(0)) - 1)


class Settings(BaseSettings):
    """Everything that can be set; build it with `load`, which reports all mistakes at once."""

    # An empty variable means "not set": container platforms cannot always leave one out.
    model_config = SettingsConfigDict(
        env_prefix=variables.PREFIX, env_nested_delimiter="__", env_ignore_empty=True, extra="forbid", frozen=True
    )

    bundle: Path | None = Field(None, description="model bundle, a folder or a .zip; None is the one shipped inside")
    gallery: str = Field(
        default_factory=default_gallery,
        description="who is enrolled: a SQLite file, or postgresql+psycopg://USER@HOST/DATABASE",
    )
    gallery_keys: str | None = Field(
        None,
        description="its master keys: file:PATH, env:NAME or command:WORDS; None is the file beside a SQLite gallery",
    )
    keep_crops: bool = Field(
        False,
        description="keep reduced pictures of who enrols, encrypted, to enrol them for another model by itself",
    )
    http_host: str = Field("127.0.0.1", description="address of WHIP, metrics, health and console")
    http_port: int = Field(8080, ge=0, le=65535, description="0 takes any free port")
    grpc_host: str = Field("127.0.0.1", description="address of the gRPC services")
    grpc_port: int = Field(50051, ge=0, le=65535, description="0 takes any free port")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least that is logged")
    max_streams: int | None = Field(
        None, ge=1, description="streams admitted at once, however many fit; None admits what is measured to fit"
    )
    drain_seconds: float = Field(10.0, ge=5, description="within which a service that is told to stop has ended")
    resume_seconds: float = Field(30.0, ge=0, description="how long a stream waits whose connection broke")
    motion_hours: float = Field(
        24.0,
        ge=0,
        le=24 * 30,
        description="how long sketches of verified calls are kept, to recognise recordings; 0: not at all",
    )
    incident_days: float = Field(30.0, ge=0, le=3650, description="how long incidents are kept; 0: none is")
    incident_picture_days: float = Field(
        0.0, ge=0, le=3650, description="how long a few pictures of an accusation are kept with it; 0: none is taken"
    )
    framing: Literal["auto", "off"] = Field(
        "auto", description="auto looks for the face in pictures that are not square; off keeps their centre square"
    )
    engine_threads: int = Field(
        default_factory=default_threads, ge=1, description="threads that run the model, each a batch of its own"
    )
    ingest_processes: int = Field(
        default_factory=default_ingest,
        ge=0,
        description="processes that receive and decode WebRTC; 0: the service's own",
    )
    policy: PolicySettings = PolicySettings()
    access: AccessSettings = AccessSettings()
    tls: TlsSettings = TlsSettings()
    limits: LimitSettings = LimitSettings()
    audit: AuditSettings = AuditSettings()
    attach: AttachSettings = AttachSettings()
    sources: tuple[Spec, ...] = Field((), description="what is attached from the start, see docs/sources.md")


class Given(Settings):
    """Settings of which everything that is not a default is given; the environment is not asked again."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def load(config: Path | None = None, **options: Any) -> Settings:
    """Settings from `options` (None means not given), environment, the TOML file `config`, and defaults.

    Raises SettingsError that names every value that cannot work, not just the first.
    """
    settings, mistakes = attempt(config, **options)
    if mistakes:
        raise SettingsError("settings", "; ".join(mistakes))
    return settings


def attempt(config: Path | None = None, **options: Any) -> tuple[Settings, list[str]]:
    """As `load`, with defaults in place of what cannot work, and what is wrong with each of those.

    Raises SettingsError for a file or variable that cannot be read at all.
    """
    values = given(config, options)
    mistakes = list(variables.unknown(variable(name) for name, _ in each_field()))
    while True:
        try:
            return Given(**values), mistakes
        except ValidationError as error:
            mistakes += map(describe, error.errors())
            for mistake in error.errors():
                values = without(values, mistake["loc"])


def given(config: Path | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """What file, environment and options say, the later before the earlier. SettingsError."""
    if config is not None and not config.is_file():  # the TOML source would pass over it in silence
        raise SettingsError("config", f"there is no file {config}")
    try:
        written = TomlConfigSettingsSource(Settings, config)()
    except (OSError, ValueError) as error:  # unreadable, not UTF-8, not TOML
        raise SettingsError("config", f"cannot read {config}: {error}") from None
    try:
        found = EnvSettingsSource(Settings)()
    except VariableError as error:
        raise SettingsError("environment", str(error), "a variable that is a table or list is JSON") from None
    return merged(merged(written, found), {name: value for name, value in options.items() if value is not None})


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both, tables by their settings; the one above wins."""
    both = dict(below) | dict(above)
    for name in below.keys() & above.keys():
        if isinstance(below[name], Mapping) and isinstance(above[name], Mapping):
            both[name] = merged(below[name], above[name])
    return both


def without(values: Mapping[str, Any], place: tuple[int | str, ...]) -> dict[str, Any]:
    """The values but for the one at this place; of one within a list, the list."""
    name, inner = place[0], values.get(str(place[0]))
    rest = {key: value for key, value in values.items() if key != name}
    if len(place) > 1 and isinstance(inner, Mapping) and place[1] in inner:
        return rest | {name: without(inner, place[1:])}
    return rest


def each_field(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every setting by its name; one of a table is called `table.setting`."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from each_field(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, field


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"{variables.PREFIX}{name.replace('.', '__')}".upper()


def describe(mistake: Any) -> str:
    """One of pydantic's findings in a few words: which setting, what is wrong, what was given."""
    name = ".".join(str(part) for part in mistake["loc"])
    if mistake["type"] == "extra_forbidden":
        return f"{name} is not a setting" + variables.nearest(name, [known for known, _ in each_field()])
    if isinstance(mistake["input"], Mapping):  # a whole table, which may hold secrets
        return f"{name}: {in_our_words(mistake['msg'])}"
    return f"{name}: {in_our_words(mistake['msg'])} (given: {hidden_within(mistake['input'])!r})"
