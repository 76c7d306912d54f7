"""What Prometheus gets to see."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from guard.core.items import Cut, Decision, Reason
from guard.metrics import Metrics


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def test_every_series_that_can_matter_starts_at_zero(registry: CollectorRegistry) -> None:
    Metrics(registry, "model")
    for label, values, names in (
        ("cut", Cut, ["guard_runs_cut_total"]),
        ("reason", Reason, ["guard_windows_unscored_total"]),
        ("decision", Decision, ["guard_decisions_total", "guard_participants"]),
        ("transport", ["grpc", "whip"], ["guard_frames_received_total", "guard_streams_open"]),
    ):
        for name in names:
            assert {registry.get_sample_value(name, {label: value}) for value in values} == {0.0}
    for name in ("guard_windows_scored_total", "guard_step_seconds_count", "guard_verdict_latency_seconds_count"):
        assert registry.get_sample_value(name) == 0.0


def test_the_running_model_is_named(registry: CollectorRegistry) -> None:
    Metrics(registry, "f5c-7")
    text = generate_latest(registry).decode()
    (line,) = [line for line in text.splitlines() if line.startswith("guard_info{")]
    assert 'model_id="f5c-7"' in line
    assert 'version="' in line


def test_every_name_has_the_prefix_and_no_label_can_name_a_person(registry: CollectorRegistry) -> None:
    Metrics(registry, "model")
    labels = set()
    for family in registry.collect():
        assert family.name.startswith("guard_") or family.name == "guard"
        for sample in family.samples:
            labels |= sample.labels.keys()
    words = {"transport", "cause", "cut", "reason", "decision", "link", "outcome", "state", "kind"}
    assert labels == words | {"le", "model_id", "version"}


def test_participants_are_counted_anew_each_time(registry: CollectorRegistry) -> None:
    metrics = Metrics(registry, "model")
    metrics.count_participants([Decision.VERIFIED, Decision.VERIFIED, Decision.STALE])
    metrics.count_participants([Decision.VERIFIED])
    assert registry.get_sample_value("guard_participants", {"decision": "VERIFIED"}) == 1
    assert registry.get_sample_value("guard_participants", {"decision": "STALE"}) == 0
