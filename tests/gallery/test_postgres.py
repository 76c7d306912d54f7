"""The same gallery on a real PostgreSQL server, shared by several guards."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from guard.core.errors import GalleryError, UnknownPersonError
from guard.gallery import Gallery
from guard.gallery.protection import new_key
from guard.gallery.rotation import rotate
from guard.gallery.tables import METADATA
from guard.incidents.pictures import Picture
from guard.incidents.store import Incidents
from guard.motionstore import MotionStore
from guard.recalibration.items import Exposure
from guard.recalibration.store import Tenants
from tests.gallery.people import MODEL, consent, put, reference, template
from tests.gallery.postgres import binaries, server
from tests.gallery.test_kill import survive
from tests.incidents.people import incident

pytestmark = pytest.mark.slow

KEYS = "env:POSTGRES_TEST_KEYS"
PROGRAMS = binaries()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    if PROGRAMS is None:
        pytest.skip("no PostgreSQL here: apt-get install postgresql")
    with server(PROGRAMS) as address:
        yield address


@pytest.fixture
def guards(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Gallery, Gallery]]:
    """Two guards on one empty gallery."""
    monkeypatch.setenv("POSTGRES_TEST_KEYS", base64.b64encode(new_key()).decode())
    with ThreadPoolExecutor(2) as pool:  # both find it empty, and one of them makes the tables
        one, two = pool.map(lambda _: Gallery(url, KEYS), range(2))
    yield one, two
    with one.database.writing() as connection:
        METADATA.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE alembic_version")
    one.database.close()
    two.database.close()


def test_what_one_guard_enrols_the_other_verifies(guards: tuple[Gallery, Gallery]) -> None:
    one, two = guards
    put(one, "Łukasz", seed=3)
    person = two.put("default", "Łukasz", MODEL, [reference(4, "friday")], None, add=True)
    assert one.person("Łukasz") == person
    assert (person.templates[0].references, person.templates[0].sessions) == (2, 2)
    two.renew("Łukasz")
    assert one.template("Łukasz", MODEL) is not None
    two.set_opt_out("Łukasz", "default", True)
    assert one.opted_out("Łukasz", "default")
    two.remove("Łukasz")
    with pytest.raises(UnknownPersonError):
        one.export("Łukasz", "default")
    assert one.people() == []


def test_guards_that_write_at_once_lose_nobody(guards: tuple[Gallery, Gallery]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: put(guards[n % 2], f"person {n % 12}", seed=n % 12, add=n >= 12), range(24)))
    people = guards[0].people()
    assert len(people) == 12
    assert {person.templates[0].references for person in people} <= {1, 2}
    for n in range(12):
        found = guards[1].template(f"person {n}", MODEL)
        assert found is not None
        np.testing.assert_allclose(found, template(n), atol=1e-6)


def test_rotation_beside_a_running_guard(guards: tuple[Gallery, Gallery], monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = guards
    put(one, "Ada", seed=1)
    ring = one.vaults.source.load()
    keys = [*ring.keys.values(), new_key()]
    monkeypatch.setenv("POSTGRES_TEST_KEYS", "\n".join(base64.b64encode(key).decode() for key in keys))
    assert rotate(one) == 1
    found = two.template("Ada", MODEL)
    assert found is not None
    np.testing.assert_allclose(found, template(1), atol=1e-6)


def test_sweep_erases_whose_consent_has_run_out(guards: tuple[Gallery, Gallery], url: str) -> None:
    put(guards[0], "Ada")
    guards[0].put("default", "Bob", MODEL, [reference(2)], consent(days=2))
    later = Gallery(url, KEYS, clock=lambda: datetime.now(UTC) + timedelta(days=3))
    assert later.sweep() == 1
    later.database.close()
    assert [person.name for person in guards[0].people()] == ["Ada"]


def test_tables_are_those_that_the_code_uses(guards: tuple[Gallery, Gallery]) -> None:
    with guards[0].database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_error_of_the_server_holds_no_value(guards: tuple[Gallery, Gallery]) -> None:
    with guards[0].database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE people ADD CONSTRAINT nobody CHECK (opted_out)")
    with pytest.raises(GalleryError, match="cannot write") as caught:
        put(guards[0], "Ada Lovelace")
    assert "\n" not in str(caught.value)
    assert "Failing row" not in str(caught.value)


def test_killed_guards_leave_nobody_by_half(guards: tuple[Gallery, Gallery], url: str, tmp_path: Path) -> None:
    # Of a file, not of the environment: processes are forked from one that may have begun before this test set it.
    survive(url, f"file:{tmp_path / 'keys'}", rounds=10)


def test_guards_share_sketches_hours_and_pictures(guards: tuple[Gallery, Gallery]) -> None:
    one, two = guards
    put(one, "Ada")
    rows = np.arange(800, dtype=np.int8).reshape(-1, 8)
    MotionStore(one, 24).keep("default", "Ada", rows)
    assert MotionStore(two, 24).known("default", "Ada", MODEL).tobytes() == rows.tobytes()
    today = datetime.now(UTC).date()
    Tenants(one, 30).add([Exposure("default", MODEL, today, 0.0, 0.0)])
    with ThreadPoolExecutor(4) as pool:
        each = [Tenants(guards[number % 2], 30) for number in range(8)]
        list(pool.map(lambda tenants: tenants.add([Exposure("default", MODEL, today, 10.0, 0.5)]), each))
    (hours,) = Tenants(two, 30).exposures("default", MODEL)
    assert (hours.seconds, hours.expected) == (80.0, 4.0)
    Tenants(one, 30).apply("default", MODEL, 2.0, "Grace")
    assert Tenants(two, 30).applied(MODEL)["default"].strictness == 2.0
    shown = replace(incident(claim="Ada"), happened_at=datetime.now(UTC), pictures=(Picture(1.0, bytes(128 * 128)),))
    Incidents(one, 30, 3).keep(shown)
    assert Incidents(two, 30, 3).one(shown.id).pictures == shown.pictures
    two.remove("Ada")
    assert Incidents(one, 30).listed() == []
    with one.database.reading() as connection:
        for table in ("motions", "incident_pictures", "data_keys"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0
