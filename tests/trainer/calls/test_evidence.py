"""How evidence grows with the seconds that have been seen."""

import pytest

from guard.core.calibration import Calibration
from guard.core.change import Change
from tests.trainer.calls.synthetic import bank
from trainer.calls.calibrating import Fitted
from trainer.calls.evidence import growth

LINE = Calibration(12.0, -6.0)


def test_more_seconds_tell_more_and_what_is_not_filled_says_nothing() -> None:
    fitted = Fitted({16: LINE, 64: LINE}, {}, Change(64, LINE), Change(64, LINE))
    rows = list(growth(bank(8, 2, between=0.2, within=9.0), fitted, 64, None))
    assert set(rows[0]) == {"what", "seconds", "16", "all"}
    assert set(rows[-1]) == {"what", "seconds", "16", "64", "all"}
    assert rows[0]["all"] == pytest.approx(rows[0]["16"])
    assert rows[0]["16"] < rows[-1]["16"]
    assert rows[-1]["64"] > 0.95
