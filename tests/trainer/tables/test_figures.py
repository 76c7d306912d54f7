"""Figures of slices and DET curves against slow definitions."""

import numpy as np
import pytest

from tests.trainer.tables.test_slices import cast
from trainer.tables import slices
from trainer.tables.figures import PROTOCOL, Curve, det, figures, panels, protocol_figures, scored
from trainer.tables.labels import Labels
from trainer.tables.readings import Readings, centre
from trainer.tables.slices import Slice
from trainer.trials import Pairs


def readings(labels: Labels, noise: float, seed: int = 0) -> Readings:
    """Embeddings that know the driver, more or less."""
    rng = np.random.default_rng(seed)
    known = np.eye(8, dtype=np.float32)[labels.driver] + noise * rng.normal(size=(len(labels.driver), 8))
    return {centre(64): known.astype(np.float32)}


def test_scores_are_products_of_the_readings_that_a_slice_names() -> None:
    labels = cast(6)
    both = {"one": np.random.default_rng(0).normal(size=(6, 3)), "other": np.random.default_rng(1).normal(size=(6, 3))}
    pairs = scored(labels, both, Slice("", "", np.array([(0, 5), (4, 2)]), "one", "other"))
    np.testing.assert_allclose(pairs.score, [both["one"][0] @ both["other"][5], both["one"][4] @ both["other"][2]])
    assert pairs.genuine.tolist() == [labels.driver[0] == labels.driver[5], labels.driver[4] == labels.driver[2]]


def test_every_system_has_its_auc_and_the_first_has_more() -> None:
    labels = cast(30)
    trials = slices.all_trials(labels, np.random.default_rng(0))
    systems = {"ours": readings(labels, 0.0), "weak": readings(labels, 9.0)}
    found = figures(labels, systems, [Slice("table", "row", trials), Slice("table", "none", trials[:0])])
    assert [(f.row, f.system, f.measure) for f in found] == [
        ("row", "ours", "AUC"),
        ("row", "ours", "EER"),
        ("row", "ours", "minDCF"),
        ("row", "weak", "AUC"),
        ("none", "ours", "AUC"),
        ("none", "ours", "EER"),
        ("none", "ours", "minDCF"),
        ("none", "weak", "AUC"),
    ]
    assert [f.value for f in found[:3]] == [1.0, 0.0, 0.0]
    weak = scored(labels, systems["weak"], Slice("", "", trials))
    wins = [(g > i) + 0.5 * (g == i) for g in weak.score[weak.genuine] for i in weak.score[~weak.genuine]]
    assert found[3].value == pytest.approx(np.mean(wins))
    assert found[3].on.startswith(f"{weak.genuine.sum()} genuine, {(~weak.genuine).sum()} impostor trials")


def test_a_row_that_cannot_be_measured_stays_and_says_why() -> None:
    labels = cast(30)
    trials = slices.all_trials(labels, np.random.default_rng(0))
    impostors = trials[~slices.same(labels.driver, trials)]
    found = figures(labels, {"ours": readings(labels, 0.0)}, [Slice("table", "row", impostors)])
    assert {(f.value, f.low, f.high) for f in found} == {(None, None, None)}
    assert found[0].on == f"not measurable: 0 genuine, {len(impostors)} impostor trials"


@pytest.mark.slow
def test_few_people_have_no_interval_and_it_is_said() -> None:
    labels = cast(30)  # of four drivers
    trials = slices.all_trials(labels, np.random.default_rng(0))
    found = figures(labels, {"ours": readings(labels, 1.0)}, [Slice("table", "row", trials)])[0]
    assert (found.low, found.high) == (None, None)
    assert found.on.endswith(" impostor trials; no interval: 4 of at least 5 identities")


def test_curves_pass_through_the_rates_at_every_genuine_score() -> None:
    rng = np.random.default_rng(0)
    genuine = rng.random(120) < 0.3
    pairs = Pairs(np.round(rng.normal(genuine * 1.0), 1), genuine, np.zeros((120, 2), int))
    curve = det("system", "trials", pairs)
    above = [-np.inf, *np.unique(pairs.score[genuine])]
    for threshold, accepted, missed in zip(above, curve.accepted, curve.missed, strict=True):
        assert missed == pytest.approx(np.mean(pairs.score[genuine] <= threshold))
        assert accepted == pytest.approx(np.mean(pairs.score[~genuine] > threshold))


def test_panels_show_every_system_once_and_the_first_on_every_slice() -> None:
    labels = cast(30)
    trials = slices.all_trials(labels, np.random.default_rng(0))
    parts = [Slice("t", "all", trials), Slice("t", "some", trials[::2]), Slice("t", "none", trials[:0])]
    shown = panels(labels, {"ours": readings(labels, 1.0), "weak": readings(labels, 9.0)}, parts)
    words = {title: [(curve.system, curve.words) for curve in curves] for title, curves in shown.items()}
    assert words == {"all": [("ours", "all"), ("weak", "all")], "ours": [("ours", "all"), ("ours", "some")]}
    assert panels(labels, {"ours": readings(labels, 1.0)}, parts[2:]) == {}
    assert all(isinstance(curve, Curve) for curves in shown.values() for curve in curves)


def test_what_the_protocol_found_becomes_a_table() -> None:
    metric = {
        "system": "s",
        "name": "EER, strict protocol, lia",
        "value": 0.2,
        "low": 0.1,
        "high": 0.3,
        "on": "9 pairs",
    }
    (found,) = protocol_figures([metric])
    assert (found.table, found.row, found.measure, found.on) == (PROTOCOL, "strict protocol, lia", "EER", "9 pairs")
