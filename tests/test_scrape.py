"""Readings of a service's metrics, on literals."""

from prometheus_client import CollectorRegistry, generate_latest

from guard.core.items import Cut
from guard.metrics import Metrics
from guard.scrape import Samples, cuts, latency_ms, of_process, parsed


def read(metrics: Metrics) -> Samples:
    return parsed(generate_latest(metrics.registry).decode())


def test_cuts_in_between_are_told_by_cause() -> None:
    metrics = Metrics(CollectorRegistry(), "model")
    metrics.runs_cut.labels(Cut.GAP).inc(3)
    before = read(metrics)
    metrics.runs_cut.labels(Cut.GAP).inc(2)
    metrics.runs_cut.labels(Cut.CAPACITY).inc()
    assert cuts(before, read(metrics)) == {"GAP": 2, "CAPACITY": 1}


def test_latency_is_the_edge_of_the_bucket_that_holds_it() -> None:
    metrics = Metrics(CollectorRegistry(), "model")
    metrics.verdict_latency.observe(2.0)
    before = read(metrics)
    assert latency_ms(before, before) == {"p50": None, "p99": None}
    for seconds in [0.004] * 60 + [0.04] * 39 + [9.0]:
        metrics.verdict_latency.observe(seconds)
    assert latency_ms(before, read(metrics)) == {"p50": 5.0, "p99": 50.0}
    metrics.verdict_latency.observe(9.0)
    assert latency_ms(before, read(metrics))["p99"] is None


def test_memory_and_processor_of_the_service() -> None:
    before = {"process_cpu_seconds_total": 1.0, "process_resident_memory_bytes": 100 * 2**20}
    after = {"process_cpu_seconds_total": 3.5, "process_resident_memory_bytes": 110 * 2**20}
    assert of_process(before, after) == {"service_cpu_seconds": 2.5, "rss_mib_start": 100.0, "rss_mib_end": 110.0}
