"""Settings: which source wins, and every mistake in one line."""

import runpy
from pathlib import Path

import pytest
from pydantic import ValidationError

from guard.config import Settings, default_gallery, load
from guard.core.errors import SettingsError
from guard.showing import explained


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"AVATAR_GUARD_{name.upper()}", raising=False)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "guard.toml"
    path.write_text('http_port = 1001\ngrpc_port = 1002\nmax_streams = 3\ngallery = "people.sqlite"\n')
    return path


def test_defaults_listen_on_this_machine_only() -> None:
    settings = load()
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 8080)
    assert (settings.grpc_host, settings.grpc_port) == ("127.0.0.1", 50051)
    assert (settings.bundle, settings.gallery) == (None, default_gallery())
    assert (settings.max_streams, settings.drain_seconds, settings.log_level) == (None, 10.0, "info")
    assert 1 <= settings.engine_threads <= 4


def test_gallery_lies_in_the_users_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default_gallery() == "/data/avatar-guard/gallery.sqlite"


def test_options_win_over_environment_over_file(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_GUARD_HTTP_PORT", "2001")
    monkeypatch.setenv("AVATAR_GUARD_GRPC_PORT", "2002")
    settings = load(config, http_port=3001, grpc_port=None)
    assert (settings.http_port, settings.grpc_port, settings.max_streams) == (3001, 2002, 3)
    assert settings.gallery == "people.sqlite"


def test_empty_variable_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_GUARD_BUNDLE", "")
    assert load().bundle is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((f"AVATAR_GUARD_{name}", "x") for name in ("SHARED", "CI", "TOKEN", "SERVICE", "CONFIG", "CLIENT_KEY")),
        ("AVATAR_GUARD_PORT", "tcp://10.0.0.1:50051"),  # of a Kubernetes service that is called avatar-guard
        ("AVATAR_GUARD_PORT_50051_TCP_ADDR", "10.0.0.1"),
        ("AVATAR_GUARD_SERVICE_PORT_GRPC", "50051"),
        ("AVATAR_GUARD_DB_SERVICE_HOST", "10.0.0.2"),  # of one that is called avatar-guard-db
        ("AVATAR_GUARD_AUDIT_LOG", ""),
        ("AVATAR_GUARDIAN", "x"),
    ],
)
def test_variables_that_are_no_settings_do_not_disturb(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert load().http_port == 8080


def test_keys_may_lie_in_any_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_GUARD_GALLERY_KEYS", "env:AVATAR_GUARD_OUR_KEYS")
    monkeypatch.setenv("AVATAR_GUARD_OUR_KEYS", "x")
    assert load().gallery_keys == "env:AVATAR_GUARD_OUR_KEYS"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("AVATAR_GUARD_AUDIT_LOG", "AVATAR_GUARD_AUDIT_LOG sets nothing; did you mean AVATAR_GUARD_AUDIT__LOG?"),
        ("avatar_guard_galery", "avatar_guard_galery sets nothing; did you mean AVATAR_GUARD_GALLERY?"),
        ("AVATAR_GUARD_COLOUR", "AVATAR_GUARD_COLOUR sets nothing"),
        ("AVATAR_GUARD_AUDIT__LOGG", "audit.logg is not a setting; did you mean audit.log?"),
    ],
)
def test_a_variable_that_sets_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    monkeypatch.setenv(name, "s3cret")
    monkeypatch.setenv("AVATAR_GUARD_HTTP_PORT", "many")
    with pytest.raises(SettingsError) as caught:
        load()
    assert said in str(caught.value)
    assert "http_port: " in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_table_that_is_no_json_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_GUARD_AUDIT", "{s3cret")
    with pytest.raises(SettingsError, match=r'environment: .* "audit"') as caught:
        load()
    assert "s3cret" not in str(caught.value)


def test_file_and_environment_share_a_table(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('[audit]\nlog = "a"\nnames = "b"\n')
    monkeypatch.setenv("AVATAR_GUARD_AUDIT__LOG", "c")
    audit = load(config, audit={"key": "d"}).audit
    assert [str(path) for path in (audit.log, audit.names, audit.key)] == ["c", "b", "d"]


def test_every_mistake_is_named_in_one_line(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('http_port = 70000\nhttp_prot = 1\nlog_level = "loud"\n')
    monkeypatch.setenv("AVATAR_GUARD_MAX_STREAMS", "none")
    with pytest.raises(SettingsError) as caught:
        load(config, engine_threads=0)
    message = str(caught.value)
    assert "\n" not in message
    for part in ("http_port", "70000", "http_prot is not a setting", "'loud'", "max_streams", "engine_threads"):
        assert part in message


@pytest.mark.parametrize("content", [b"http_port = = 1", b"\xff\xfe"])
def test_file_that_is_no_toml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "guard.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"config: cannot read .*guard\.toml"):
        load(path)


def test_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"config: there is no file .*absent\.toml"):
        load(tmp_path / "absent.toml")


def test_one_load_leaves_no_file_behind_for_the_next(config: Path) -> None:
    load(config)
    assert load().max_streams is None


def test_settings_cannot_change_under_a_running_service() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load().http_port = 1


def test_each_setting_is_shown_with_its_value_and_where_it_comes_from(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(config.read_text() + '[access]\nissuer = "https://id.example"\n')
    monkeypatch.setenv("AVATAR_GUARD_ACCESS__AUDIENCE", "guard-2")
    monkeypatch.setenv("avatar_guard_grpc_port", "2002")
    monkeypatch.setenv("AVATAR_GUARD_BUNDLE", "")
    shown = {setting.name: setting for setting in explained(config, http_port=3001, log_level=None)}
    assert {name.partition(".")[0] for name in shown} == Settings.model_fields.keys()
    names = ("http_port", "grpc_port", "max_streams", "bundle", "access.issuer", "access.audience", "tls.key")
    assert {name: (shown[name].value, shown[name].source) for name in names} == {
        "http_port": ("3001", "option"),
        "grpc_port": ("2002", "environment"),
        "max_streams": ("3", "file"),
        "bundle": ("None", "default"),
        "access.issuer": ("https://id.example", "file"),
        "access.audience": ("guard-2", "environment"),
        "tls.key": ("None", "default"),
    }
    assert all(setting.description for setting in shown.values())


def test_a_password_in_an_address_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_GUARD_GALLERY", "postgresql+psycopg://guard:s3/cret@db/gallery?password=s3/cret")
    shown = {setting.name: setting.value for setting in explained()}
    assert shown["gallery"] == "postgresql+psycopg://guard:***@db/gallery?***"


def test_a_password_in_a_value_that_cannot_work_is_not_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        load(http_port="postgresql://guard:s3cret@db/gallery")
    assert "postgresql://guard:***@db/gallery" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_the_table_of_settings_in_the_documentation_is_the_present_one() -> None:
    docs = Path(__file__).parents[1] / "docs"
    written = runpy.run_path(str(docs / "settings.py"))["with_table"]((docs / "operations.md").read_text())
    assert (docs / "operations.md").read_text() == written, "run: make docs"


def test_sources_stand_in_the_file_and_their_secrets_are_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "guard.toml"
    path.write_text(
        '[[sources]]\nkind = "janus"\nurl = "wss://sfu.example"\nroom = 1234\nclaim_display = true\npin = "s3cret"\n'
        '[[sources]]\nkind = "file"\nurl = "rtsp://ada:s3cret@camera.example/door"\n'
        '[attach]\nfolders = ["/var/lib/calls"]\nkeep_seconds = 5\n'
    )
    janus, camera = load(path).sources
    assert (janus.kind, janus.room, janus.tenant, janus.substream) == ("janus", 1234, "default", None)
    assert (camera.kind, load(path).attach.keep_seconds) == ("file", 5.0)
    shown = {setting.name: setting.value for setting in explained(path)}
    assert "sfu.example" in shown["sources"]
    assert "s3cret" not in str(shown)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('kind = "zoom"', "sources.0"),
        ('kind = "whep"', "sources.0.whep.url"),
        ('kind = "whep"\nurl = "http://there"\nclaim = "Ada"\nclaim_display = true', "exclude each other"),
        ('kind = "file"\nurl = "a.mp4"\npath = "b.mp4"', "path is not a setting"),
    ],
)
def test_a_source_that_is_described_wrongly_is_named(tmp_path: Path, source: str, words: str) -> None:
    path = tmp_path / "guard.toml"
    path.write_text(f'[[sources]]\ntoken = "s3cret"\n{source}\n')
    with pytest.raises(SettingsError) as caught:
        load(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)
