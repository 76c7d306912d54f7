"""The operator's policy over a bundle: what it changes, what it refuses, and what is said of it."""

import json
import re
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from guard.bundle import Bundle
from guard.core.errors import SettingsError
from guard.core.recalibration import measured_at
from guard.explaining import explain, lines
from guard.manifest import Manifest
from guard.policy import PolicySettings, basis, chosen, governed

SPREAD = {"mean": 1.4, "between": 0.5, "within": 1.8, "tau": 2.5}
ROW = {"errors": 0.4, "delay_median": 8.0, "delay_p95": 21.0, "reached": 0.9, "events": 40, "hours": 10000.0}
LINE = {"horizon": 64, "line": {"slope": 10.0, "offset": -6.0}}


ROOT = Path(__file__).parents[1]


def toml_blocks(page: str) -> list[str]:
    """What a page prints of guard.toml: fenced as such, or indented and begun by a table's name."""
    indented = re.findall(r"^    \[+[a-z._]+\]+\n(?:(?:    .*)?\n)*", page, re.MULTILINE)
    return [*re.findall(r"```toml\n(.*?)```", page, re.DOTALL), *map(dedent, indented)]


@pytest.fixture
def measured() -> Bundle:
    """The shipped bundle as it would be with a table of two rows for each threshold."""
    bundle = Bundle.default()
    more = {
        "thresholds": {**bundle.manifest["thresholds"], "suspect": -3.0, "change": 7.0, "continuity": 6.0},
        "sessions": {"64": {"genuine": SPREAD, "impostor": {**SPREAD, "mean": -1.4}}},
        "change": LINE,
        "continuity": LINE,
        "operating": {
            "verify": [{**ROW, "threshold": 1.0}, {**ROW, "threshold": 2.0}],
            "suspect": [{**ROW, "threshold": -2.0, "errors": 3.0}, {**ROW, "threshold": -4.0}],
            "change": [{**ROW, "threshold": 5.0, "errors": 3.0}, {**ROW, "threshold": 8.0}],
            "continuity": [{**ROW, "threshold": 6.0}],
        },
    }
    manifest = json.loads(json.dumps({**bundle.manifest, **more}))
    return replace(bundle, manifest=manifest, _parsed=Manifest.model_validate(manifest))


def test_a_bundle_without_a_word_on_sessions_still_judges() -> None:
    bundle = Bundle.default()
    assert governed(bundle, PolicySettings()).thresholds == bundle.thresholds


def test_a_policy_reaches_the_core(measured: Bundle) -> None:
    policy = PolicySettings(false_accusations=1.0, observe=True, continuity=True, opening_seconds=30)
    settings = governed(measured, policy)
    assert (settings.thresholds.suspect, settings.thresholds.change, settings.thresholds.continuity) == (-4.0, 8.0, 6.0)
    assert (settings.observe, settings.opening) == (True, 30)
    assert settings.change is not None
    assert settings.change.horizon == 64


def test_continuity_takes_a_bundle_that_knows_how_alike_one_driver_stays() -> None:
    bundle = Bundle.default()
    if bundle.settings().continuity is None:
        with pytest.raises(SettingsError, match=r"policy.continuity: .* does not say"):
            governed(bundle, PolicySettings(continuity=True))


def test_a_policy_out_of_reach_is_refused(measured: Bundle) -> None:
    with pytest.raises(
        SettingsError, match=r"0.1 in 100 participant-hours is out of reach: .* 0.8; ask for 0.8 or more"
    ):
        chosen(measured, PolicySettings(false_accusations=0.1))


def test_each_threshold_is_told_with_what_was_measured_of_it(measured: Bundle) -> None:
    told = {one.name: one for one in explain(measured, PolicySettings(false_accusations=1.0))}
    assert list(told) == ["verify", "suspect", "change", "continuity"]
    assert (told["verify"].origin, told["suspect"].origin) == ("bundle", "policy")
    assert told["change"].point is not None
    assert (told["change"].value, told["change"].point.threshold) == (8.0, 8.0)
    text = "\n".join(lines(measured, PolicySettings(false_accusations=1.0)))
    assert "0.4 false accusations per 100 participant-hours (40 seen, and one session more" in text
    assert "rightful decisions: half within 8 s, 10.0% not within 300 s." in text
    assert "the people that the bundle's thresholds were chosen by" in text
    assert "observes" not in text
    assert "only observes" in "\n".join(lines(measured, PolicySettings(observe=True)))


def test_a_delay_that_stands_for_never_is_told_as_never(measured: Bundle) -> None:
    def told(**figures: float) -> str:
        point = replace(measured.operating.change[0], **figures)
        operating = replace(measured.operating, change=(point, replace(point, threshold=8.0)))
        bundle = replace(measured, _parsed=measured._parsed.model_copy(update={"operating": operating}))
        text = "\n".join(lines(bundle, PolicySettings()))
        return next(line for line in text.partition("change = ")[2].splitlines() if "simulated hours" in line)

    assert told(reached=1.0).endswith("half within 8 s, 95 % within 21 s.")
    assert told(reached=0.9, delay_p95=300.0).endswith("half within 8 s, 10.0% not within 300 s.")
    never = told(reached=0.26, delay_median=300.0, delay_p95=300.0)
    assert never.endswith("rightful decisions: 74.0% not within 300 s.")


def test_what_was_not_measured_is_said_so(measured: Bundle) -> None:
    bare = replace(measured, _parsed=measured._parsed.model_copy(update={"operating": type(measured.operating)()}))
    assert all(one.point is None for one in explain(bare, PolicySettings()))
    assert "nothing is promised" in "\n".join(lines(bare, PolicySettings()))


def test_a_threshold_between_two_rows_is_told_by_the_laxer_one(measured: Bundle) -> None:
    for threshold, row in ((-3.0, -2.0), (-4.0, -4.0), (-9.0, -4.0)):
        point = measured_at(measured.operating, "suspect", threshold)
        assert point is not None
        assert point.threshold == row
    assert measured_at(measured.operating, "suspect", -1.0) is None


def test_beyond_the_strictest_threshold_that_was_tried_nothing_is_told(measured: Bundle) -> None:
    costly = PolicySettings(false_accusation_cost=100.0, prior=0.5)
    suspect = next(one for one in explain(measured, costly) if one.name == "suspect")
    assert suspect.value < -4.0
    assert suspect.point is None


def test_an_opening_of_another_length_than_was_simulated_is_told_without_figures(measured: Bundle) -> None:
    told = {one.name: one for one in explain(measured, PolicySettings(opening_seconds=10))}
    assert "differs from its first 10 s" in told["continuity"].sentence
    assert told["continuity"].point is None
    assert told["change"].point is not None


def test_a_prior_that_moves_nothing_is_told(measured: Bundle) -> None:
    told = "policy.prior moves nothing by itself"
    assert any(line.startswith(told) for line in lines(measured, PolicySettings(prior=0.5)))
    assert not any(
        line.startswith(told) for line in lines(measured, PolicySettings(prior=0.5, false_accusation_cost=2))
    )


def test_a_policy_comes_from_the_file(tmp_path: Path) -> None:
    from guard.config import load

    file = tmp_path / "guard.toml"
    file.write_text("[policy]\nfalse_accusations = 2.0\nobserve = true\n")
    assert load(file).policy == PolicySettings(false_accusations=2.0, observe=True)
    file.write_text("[policy]\nfalse_accusation_cost = 1.0\n")
    with pytest.raises(SettingsError, match=r"policy.false_accusation_cost"):
        load(file)


def test_the_shipped_bundle_takes_every_policy_that_the_documentation_prints(tmp_path: Path) -> None:
    from guard.config import load

    pages = (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md"))
    printed = [block for page in pages for block in toml_blocks(page.read_text())]
    assert any("[policy]" in block for block in printed)
    assert any("[[sources]]" in block for block in printed)
    for block in printed:
        (tmp_path / "guard.toml").write_text(block)
        governed(Bundle.default(), load(tmp_path / "guard.toml").policy)


def test_no_rate_of_the_shipped_bundle_is_told_as_a_power_of_ten() -> None:
    text = "\n".join(lines(Bundle.default(), PolicySettings()))
    assert text.count("per 100 participant-hours") == 4
    assert "e+" not in text


def test_a_tenants_strictness_governs_as_its_thresholds_do(measured: Bundle) -> None:
    policy = PolicySettings(false_accusations=8.0)
    usual, strict = governed(measured, policy), governed(measured, policy, 3.0)
    assert strict.thresholds == basis(measured, policy).stricter(3.0) != usual.thresholds
    assert governed(measured, policy, 1.0).thresholds == usual.thresholds
