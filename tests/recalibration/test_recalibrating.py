"""Dispositions of a tenant to its thresholds: proposed, refused, applied, taken back, in a real gallery."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from guard.core.errors import RecalibrationError
from guard.core.policy import Operating
from guard.core.recalibration import Basis
from guard.gallery import Gallery
from guard.gallery.protection import new_id
from guard.incidents.items import Disposition, Incident
from guard.incidents.store import Incidents
from guard.motionstore import MotionStore
from guard.recalibration.items import Exposure, Recalibration
from guard.recalibration.recalibrating import applied, check, proposed
from guard.recalibration.store import Tenants
from guard.stores import GalleryStores
from tests.incidents.people import incident
from tests.service_fakes import BASIS, MODEL_ID

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def stores(tmp_path: Path) -> GalleryStores:
    gallery = Gallery(tmp_path / "gallery.sqlite")
    tenants = Tenants(gallery, 30, clock=lambda: NOW)
    return GalleryStores(Incidents(gallery, 30, clock=lambda: NOW), tenants, MotionStore(gallery, 24))


def exposed(hours: float = 100.0, expected: float = 2.0, day: date = TODAY, tenant: str = "default") -> Exposure:
    return Exposure(tenant, MODEL_ID, day, 3600 * hours, expected)


def accuse(stores: GalleryStores, found: Disposition, count: int, tenant: str = "default", **changes: object) -> None:
    for _ in range(count):
        name = new_id()
        one: Incident = replace(incident(name, tenant=tenant), happened_at=NOW - timedelta(hours=1), **changes)  # type: ignore[arg-type]
        stores.incidents.keep(one)
        if found is not Disposition.OPEN:
            stores.incidents.dispose(name, found, "Grace", tenant)


def propose(stores: GalleryStores, tenant: str = "default", basis: Basis = BASIS) -> Recalibration:
    return proposed(tenant, MODEL_ID, basis, stores.incidents, stores.tenants)


def test_false_ones_make_a_tenants_thresholds_stricter_and_nobody_elses(stores: GalleryStores) -> None:
    stores.tenants.add([exposed(), exposed(day=TODAY - timedelta(days=2)), exposed(tenant="other")])
    accuse(stores, Disposition.FALSE, 20)
    accuse(stores, Disposition.CONFIRMED, 3)
    accuse(stores, Disposition.OPEN, 2)
    one = propose(stores)
    assert (one.found.hours, one.found.expected) == (200.0, 4.0)
    assert (one.found.false, one.found.confirmed, one.found.open, one.found.missing) == (20, 3, 2, 0)
    assert one.estimate.ratio == pytest.approx(24 / 8)
    assert one.thresholds == BASIS.stricter(3.0) != BASIS.thresholds
    check(one, BASIS)
    assert propose(stores, "other").estimate.strictness == 1.0


def test_what_was_applied_is_told_until_it_is_taken_back(stores: GalleryStores) -> None:
    stores.tenants.add([exposed()])
    accuse(stores, Disposition.FALSE, 14)
    one = applied(propose(stores), stores.tenants, "Grace")
    assert one.applied is not None
    assert (one.applied.strictness, one.applied.by, one.applied.at) == (pytest.approx(3.0), "Grace", NOW)
    assert propose(stores).applied == one.applied
    assert stores.tenants.applied("another model") == {}
    stores.tenants.reset("default")
    assert propose(stores).applied is None


def test_too_few_dispositions_are_refused_and_how_many_are_missing_is_said(stores: GalleryStores) -> None:
    stores.tenants.add([exposed()])
    accuse(stores, Disposition.FALSE, 3)
    accuse(stores, Disposition.OPEN, 1)
    with pytest.raises(RecalibrationError, match="3 of 4 accusations have been looked at, which is 2 too few"):
        check(propose(stores), BASIS)


def test_recalibrating_by_nothing_counted_or_nothing_measured_is_refused(stores: GalleryStores) -> None:
    accuse(stores, Disposition.FALSE, 8)
    with pytest.raises(RecalibrationError, match="no participant-hours"):
        check(propose(stores), BASIS)
    stores.tenants.add([exposed(expected=0.1)])
    bare = replace(BASIS, operating=Operating())
    with pytest.raises(RecalibrationError, match="does not say how often"):
        check(propose(stores, basis=bare), bare)
    measured = BASIS.operating
    least = replace(BASIS, operating=Operating(suspect=measured.suspect[:2], change=measured.change[:2]))
    with pytest.raises(RecalibrationError, match="nothing that was measured of the bundle errs less"):
        check(propose(stores, basis=least), least)


def test_recordings_other_models_and_what_happened_before_hours_were_counted_say_nothing(stores: GalleryStores) -> None:
    stores.tenants.add([exposed()])
    accuse(stores, Disposition.FALSE, 2)
    accuse(stores, Disposition.FALSE, 2, tenant="other")
    for number, one in enumerate(
        (
            replace(incident(), kind="REPLAYED", happened_at=NOW),
            replace(incident(), happened_at=NOW, trace=(replace(incident().trace[0], model_id="former"),)),
            replace(incident(), happened_at=NOW - timedelta(days=3)),
        )
    ):
        name = f"{number}" * 32
        stores.incidents.keep(replace(one, id=name))
        stores.incidents.dispose(name, Disposition.FALSE, "Grace")
    assert propose(stores).found.false == 2


def test_hours_are_added_up_swept_and_read_for_as_long_as_incidents(stores: GalleryStores) -> None:
    old = TODAY - timedelta(days=30)
    stores.tenants.add([exposed(1.0, 0.1), exposed(2.0, 0.2), exposed(5.0, 0.5, old)])
    (one,) = stores.tenants.exposures("default", MODEL_ID)
    assert (one.seconds, one.expected) == (3 * 3600.0, pytest.approx(0.3))
    stores.sweep()
    with stores.tenants._database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM exposure").scalar_one() == 1


def test_hours_before_the_oldest_incident_that_is_kept_say_nothing_once_incidents_are_too_many(
    stores: GalleryStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores.tenants.add([exposed(), exposed(day=TODAY - timedelta(days=2))])
    accuse(stores, Disposition.FALSE, 6)
    assert propose(stores).found.hours == 200.0
    monkeypatch.setattr("guard.recalibration.recalibrating.MOST", 6)
    assert propose(stores).found.hours == 100.0
