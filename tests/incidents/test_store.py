import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guard.core.errors import UnknownIncidentError
from guard.gallery import Gallery
from guard.incidents import store
from guard.incidents.items import Disposition
from guard.incidents.store import Incidents
from tests.gallery.people import put
from tests.incidents.people import incident

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    made = Gallery(tmp_path / "gallery.sqlite")
    put(made, "Dora")
    return made


def kept(gallery: Gallery, days: float = 30) -> Incidents:
    return Incidents(gallery, days, clock=lambda: NOW)


def count(tmp_path: Path, table: str) -> int:
    with closing(sqlite3.connect(tmp_path / "gallery.sqlite")) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_incidents_come_back_as_they_were_the_newest_first(gallery: Gallery) -> None:
    incidents = kept(gallery)
    older, newer = incident("a" * 32, day=25), incident("b" * 32, claim="")
    incidents.keep(older)
    incidents.keep(newer)
    assert incidents.listed() == [newer, older]
    assert incidents.one("a" * 32) == older


def test_open_ones_are_counted_of_all_tenants_while_they_are_kept(gallery: Gallery) -> None:
    incidents = kept(gallery)
    for name, tenant, day in (("a" * 32, "default", 26), ("b" * 32, "other", 26), ("c" * 32, "default", 25)):
        incidents.keep(incident(name, tenant=tenant, day=day))
    incidents.dispose("c" * 32, Disposition.FALSE, "Grace")
    assert (incidents.open(), kept(gallery, days=0).open()) == (2, 0)


def test_a_disposition_says_who_and_when_and_the_last_word_counts(gallery: Gallery) -> None:
    incidents = kept(gallery)
    incidents.keep(incident())
    incidents.dispose("a" * 32, Disposition.FALSE, "Grace")
    told = incidents.dispose("a" * 32, Disposition.CONFIRMED, "Ada")
    assert (told.disposition, told.by, told.disposed_at) == (Disposition.CONFIRMED, "Ada", NOW)
    assert incidents.one("a" * 32) == told


def test_another_tenant_has_none_of_them(gallery: Gallery) -> None:
    incidents = kept(gallery)
    incidents.keep(incident())
    assert incidents.listed("other") == []
    for attempt in (
        lambda: incidents.one("a" * 32, "other"),
        lambda: incidents.dispose("a" * 32, Disposition.FALSE, "Eve", "other"),
        lambda: incidents.one("c" * 32),
    ):
        with pytest.raises(UnknownIncidentError, match="is not kept"):
            attempt()


def test_who_is_erased_takes_their_incidents_along_and_their_keys(gallery: Gallery, tmp_path: Path) -> None:
    incidents = kept(gallery)
    incidents.keep(incident())
    incidents.keep(incident("b" * 32, claim="nobody known"))
    keys = count(tmp_path, "data_keys")
    gallery.remove("Dora")
    assert [one.id for one in incidents.listed()] == ["b" * 32]
    assert count(tmp_path, "data_keys") == keys - 3  # person, template, incident


def test_they_go_when_their_time_is_over_and_when_they_are_too_many(
    gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incidents = kept(gallery, days=3)
    for day in (22, 25, 26):
        incidents.keep(incident(f"{day}" * 16, day=day))
    assert [one.happened_at.day for one in incidents.listed()] == [26, 25]
    with pytest.raises(UnknownIncidentError):
        incidents.one("22" * 16)
    incidents.sweep()
    assert count(tmp_path, "incidents") == 2
    monkeypatch.setattr(store, "MOST", 2)
    incidents.keep(incident("dd" * 16, day=24))
    assert [one.happened_at.day for one in incidents.listed()] == [26, 25]


def test_nothing_of_them_can_be_read_in_the_file_and_an_export_has_them(gallery: Gallery, tmp_path: Path) -> None:
    incidents = kept(gallery)
    incidents.keep(incident())
    incidents.dispose("a" * 32, Disposition.FALSE, "Grace")
    for path in tmp_path.glob("gallery.sqlite*"):
        assert b"seat <1>" not in path.read_bytes()
    (told,) = json.loads(gallery.export("Dora"))["incidents"]
    assert (told["kind"], told["disposition"], told["by"]) == ("IMPOSTOR_SUSPECTED", "FALSE", "Grace")
