"""What was measured is in the bundle afterwards, and nothing else has changed."""

from dataclasses import asdict
from pathlib import Path

from guard.bundle import Bundle
from guard.core.calibration import Calibration, Quality, Term
from guard.core.change import Change
from guard.core.policy import Operating, Point
from guard.core.session import SessionModel, Spread
from trainer.calls.calibrating import Fitted
from trainer.calls.shipping import fitted_fields, write_fields

LINE = Calibration(9.0, -4.0, (Term(Quality.FILLER, 0.0, 0.1, 0.4, -3.0, 1.0),))
MODEL = SessionModel(Spread(1.0, 0.5, 1.0, 2.0), Spread(-1.0, 0.5, 1.0, 2.0))


def test_a_bundle_tells_again_what_was_fitted_and_measured(tmp_path: Path) -> None:
    before = Bundle.default()
    fitted = Fitted(
        {16: LINE, 32: LINE, 64: LINE}, dict.fromkeys((16, 32, 64), MODEL), Change(64, LINE, 0.2), Change(64, LINE)
    )
    write_fields(before, tmp_path / "bundle", fitted_fields(fitted, (16, 64)))
    settings = Bundle.load(tmp_path / "bundle").settings()
    assert settings.horizons == (16, 64)
    assert settings.calibration == {16: LINE, 64: LINE}
    assert settings.sessions == {16: MODEL, 64: MODEL}
    assert (settings.change, settings.continuity) == (fitted.change, fitted.continuity)

    operating = Operating(change=(Point(4.0, 1.0, 9.0, 20.0, 0.9, 31, 3000.0),))
    again = write_fields(Bundle.load(tmp_path / "bundle"), tmp_path / "bundle", {"operating": asdict(operating)})
    assert again.operating == operating
    assert again.settings().calibration == settings.calibration
    assert {name: content for name, content in again.contents.items() if name != "README.md"} == {
        name: content for name, content in before.contents.items() if name != "README.md"
    }
    assert again.model_id == before.model_id
