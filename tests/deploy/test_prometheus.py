"""The alerting rules: complete, documented, about metrics that exist, and right by promtool's own cases."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from guard.metrics import Metrics

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
RULES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"][0]["rules"]
PROMTOOL = shutil.which("promtool")

needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is missing (Debian package: prometheus)")


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    assert PROMTOOL
    return subprocess.run([PROMTOOL, *map(str, arguments)], capture_output=True, text=True)


@needs_promtool
def test_rules_behave_as_their_cases_say() -> None:
    outcome = promtool("test", "rules", FOLDER / "rules_test.yml")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@needs_promtool
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("[2m])) == 0", "[2m])) < 0"),
        ('decision!~"NOT_ENROLLED|OPTED_OUT"', 'decision!=""'),
        ("or\n          sum by (job, instance) (increase(", "and\n          sum by (job, instance) (increase("),
        ("> 1 / 60", "> 1 / 6"),
        ("> 0.2\n", "> 0.01\n"),
        ("(guard_streams_duty_cycled) > 0", "(guard_streams_duty_cycled) > 4"),
        ('refused_total{cause="capacity"}', "refused_total"),
        ("(guard_gallery_up) == 0", "(guard_gallery_up) < 0"),
        ('up{job="avatar-guard"}', "up"),
        ("keep_firing_for: 5m", "keep_firing_for: 0s"),
    ],
)
def test_cases_catch_a_rule_that_is_wrong(tmp_path: Path, right: str, wrong: str) -> None:
    rules = (FOLDER / "rules.yml").read_text()
    assert right in rules
    (tmp_path / "rules.yml").write_text(rules.replace(right, wrong))
    shutil.copy(FOLDER / "rules_test.yml", tmp_path)
    assert promtool("test", "rules", tmp_path / "rules_test.yml").returncode == 1


@needs_promtool
def test_scrape_configuration_is_valid() -> None:
    outcome = promtool("check", "config", FOLDER / "prometheus.yml")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_is_complete_and_has_its_page_in_the_runbook(rule: dict[str, Any]) -> None:
    assert {"for", "keep_firing_for"} <= set(rule)
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"]
    page, anchor = rule["annotations"]["runbook_url"].split("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(), re.MULTILINE)
    assert anchor in {heading.lower() for heading in headings}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_has_a_case_that_fires_and_one_that_does_not(rule: dict[str, Any]) -> None:
    cases = yaml.safe_load((FOLDER / "rules_test.yml").read_text())["tests"]
    checks = [check for case in cases for check in case["alert_rule_test"] if check["alertname"] == rule["alert"]]
    assert {bool(check["exp_alerts"]) for check in checks} == {True, False}


def exposed_series() -> set[str]:
    """Names of all samples that a fresh service exposes, with every label value that it announces."""
    samples = [s for family in _fresh_registry().collect() for s in family.samples]
    return {s.name for s in samples} | {f"{s.name}:{value}" for s in samples for value in s.labels.values()}


def _fresh_registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    Metrics(registry, model_id="test")
    return registry


def test_rules_read_only_metrics_and_label_values_that_the_service_exposes() -> None:
    expressions = "\n".join(rule["expr"] for rule in RULES)
    exposed = exposed_series()
    assert set(re.findall(r"\bguard_\w+", expressions)) <= exposed
    decisions = re.findall(r'(guard_\w+)\{decision[=!~]+"([^"]+)"', expressions)
    assert decisions
    for name, values in decisions:
        assert {f"{name}:{value}" for value in values.split("|")} <= exposed
