"""What was measured is in the bundle afterwards, and nothing else has changed."""

from dataclasses import replace
from pathlib import Path

from guard.bundle import Bundle
from guard.core.calibration import Calibration, Quality, Term
from guard.core.change import Change
from guard.core.policy import Operating, Point
from guard.core.session import SessionModel, Spread
from trainer.calls.calibrating import Fitted
from trainer.calls.shipping import COST as COST_NAME
from trainer.calls.shipping import DELAY, RATE, fitted_fields, simulated_fields, write_fields
from trainer.calls.simulating import Simulated
from trainer.card import SIMULATED, UNMEASURED

LINE = Calibration(9.0, -4.0, (Term(Quality.FILLER, 0.0, 0.1, 0.4, -3.0, 1.0),))
COST = {"cllr": 0.5, "cllr_low": 0.4, "cllr_high": 0.6, "drivers": 10, "windows": 900}
FOUND = {
    "false_accusations_per_100h": 1.25,
    "rate_low": 0.5,
    "rate_high": 2.5,
    "delay_median_s": 9.0,
    "delay_low": 7.0,
    "delay_high": 12.0,
    "people": 10,
    "pairs": 5,
    "hours": 400.0,
    "events": 5,
    "takeovers": 80,
    "detected": 0.95,
}
MODEL = SessionModel(Spread(1.0, 0.5, 1.0, 2.0), Spread(-1.0, 0.5, 1.0, 2.0))


def test_a_bundle_tells_again_what_was_fitted_and_measured(tmp_path: Path) -> None:
    before = Bundle.default()
    fitted = Fitted(
        {16: LINE, 32: LINE, 64: LINE}, dict.fromkeys((16, 32, 64), MODEL), Change(64, LINE, 0.2), Change(64, LINE)
    )
    write_fields(before, tmp_path / "bundle", fitted_fields(before.manifest, fitted, (16, 64), COST))
    settings = Bundle.load(tmp_path / "bundle").settings()
    assert settings.horizons == (16, 64)
    assert settings.calibration == {16: LINE, 64: LINE}
    assert settings.sessions == {16: MODEL, 64: MODEL}
    assert (settings.change, settings.continuity) == (fitted.change, fitted.continuity)

    operating = Operating(change=(Point(4.0, 1.0, 9.0, 20.0, 0.9, 31, 3000.0),))
    thresholds = replace(before.thresholds, change=4.0)
    middle = Bundle.load(tmp_path / "bundle")
    simulated = Simulated(1.0, operating, thresholds, {"procedural": FOUND}, 20)
    again = write_fields(middle, tmp_path / "bundle", simulated_fields(middle.manifest, simulated))
    assert (again.operating, again.thresholds) == (operating, thresholds)
    assert again.settings().calibration == settings.calibration
    assert {name: content for name, content in again.contents.items() if name != "README.md"} == {
        name: content for name, content in before.contents.items() if name != "README.md"
    }
    assert again.model_id == before.model_id


def test_the_card_says_what_was_measured_once_and_no_longer_that_nothing_was(tmp_path: Path) -> None:
    bundle = Bundle.default()
    fitted = Fitted({64: LINE}, {64: MODEL}, Change(64, LINE), Change(64, LINE))
    simulated = Simulated(1.0, Operating(), bundle.thresholds, {"procedural": FOUND}, 20)
    for _ in range(2):
        bundle = write_fields(bundle, tmp_path / "b", fitted_fields(bundle.manifest, fitted, (64,), COST))
        assert UNMEASURED in bundle.manifest["limits"]
        assert RATE not in {metric["name"] for metric in bundle.manifest["metrics"]}
        bundle = write_fields(bundle, tmp_path / "b", simulated_fields(bundle.manifest, simulated))
    names = [metric["name"] for metric in bundle.manifest["metrics"]]
    assert [names.count(name) for name in (COST_NAME, RATE, DELAY)] == [1, 1, 1]
    card = bundle.contents["README.md"].decode()
    assert SIMULATED in card
    assert UNMEASURED not in card
    assert f"| {RATE} | 1.250 | 0.500 to 2.500 | - | simulated calls of 10 held-out procedural drivers, 5 pairs" in card
    assert "80 take-overs, 95% detected (300: never)" in card


def test_without_a_takeover_the_card_tells_no_delay() -> None:
    none = FOUND | dict.fromkeys(("delay_median_s", "delay_low", "delay_high", "detected")) | {"takeovers": 0}
    bundle = Bundle.default()
    fields = simulated_fields(bundle.manifest, Simulated(1.0, Operating(), bundle.thresholds, {"procedural": none}, 20))
    names = [metric["name"] for metric in fields["metrics"]]
    assert (names.count(RATE), names.count(DELAY)) == (1, 0)
