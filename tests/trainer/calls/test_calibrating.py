"""Everything that is fitted, on people who are normal about axes of their own, and measured on others."""

import pytest

from tests.trainer.calls.synthetic import bank
from trainer.calls import filming
from trainer.calls.calibrating import fit, halves, measure

pytestmark = pytest.mark.slow

PEOPLE = bank(20, 10) + bank(2, 1, kind="real")


@pytest.fixture(autouse=True)
def few_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filming, "FACES", 10)


def test_who_is_fitted_on_shares_neither_driver_nor_face_with_who_is_measured() -> None:
    fitting, testing = halves(PEOPLE)
    assert len(fitting) == len(testing) == 10
    assert not {one.number for one in fitting} & {one.number for one in testing}
    assert not {one.face for one in fitting} & {one.face for one in testing}
    assert {one.kind for one in [*fitting, *testing]} == {"procedural"}
    assert halves(PEOPLE, exchanged=True) == (testing, fitting)


def test_a_generator_that_one_driver_alone_is_seen_by_has_no_row() -> None:
    fitting, testing = halves(PEOPLE)
    fitted = fit(fitting, (64,), 64, None)
    lone = next(one for one in testing if one.face % 2 == 1)
    alone = [one for one in testing if one.face % 2 == 0 or one is lone]
    rows = [row["what"] for row in measure(alone, fitted, 64, None)]
    assert "generator latent" in rows
    assert "generator gaussian" not in rows


def test_what_is_fitted_on_some_holds_for_others() -> None:
    fitting, testing = halves(PEOPLE)
    fitted = fit(fitting, (32, 64), 64, None)
    assert set(fitted.calibration) == set(fitted.sessions) == {32, 64}
    assert fitted.sessions[64].genuine.mean > 0 > fitted.sessions[64].impostor.mean
    rows = {row["what"]: row for row in measure(testing, fitted, 64, None)}
    assert list(rows) == [
        "32 frames",
        "64 frames",
        "generator gaussian",
        "generator latent",
        "codec none",
        "change of driver",
        "change of driver, nobody claimed",
    ]
    assert rows["64 frames"]["calibration_loss"] < 0.1
    assert rows["64 frames"]["cllr"] == pytest.approx(rows["codec none"]["cllr"])
    assert rows["64 frames"]["drivers"] == 10
    for row in rows.values():
        assert row["least_cllr"] <= row["cllr"] < 0.5
        assert row["auc"] > 0.9
