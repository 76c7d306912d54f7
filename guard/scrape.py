"""What a running service's metrics say about a stretch of time: the difference of two readings."""

import re
import urllib.request
from collections.abc import Mapping

Samples = Mapping[str, float]
LATENCY = "guard_verdict_latency_seconds_bucket"


def scraped(http: str) -> Samples:
    """The metrics by series, as Prometheus writes them."""
    with urllib.request.urlopen(f"{http}/metrics") as response:
        return parsed(response.read().decode())


def parsed(text: str) -> Samples:
    """The samples of a page of metrics by series."""
    rows = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {series: float(value) for series, value in rows}


def cuts(before: Samples, after: Samples) -> dict[str, int]:
    """Runs that were cut, by cause; causes that had none are left out."""
    name = re.compile(r'guard_runs_cut_total\{cut="(\w+)"\}')
    found = {series: int(after[series] - before[series]) for series in after if name.fullmatch(series)}
    return {name.sub(r"\1", series): count for series, count in found.items() if count}


def latency_ms(before: Samples, after: Samples) -> dict[str, float | None]:
    """Median and 99th percentile from a frame's arrival to its verdict, as the upper edge of their buckets in ms.

    Of a service that guard.cli.benchservice runs that is .5 ms more than measured at most, 5 ms beyond 100.
    None is beyond the last bucket, or nothing was measured.
    """
    edges = {float(re.findall(r'le="(.+?)"', series)[0]): series for series in after if series.startswith(LATENCY)}
    rises = {edge: after[series] - before[series] for edge, series in sorted(edges.items())}
    total = max(rises.values())
    return {f"p{share:.0f}": edge_ms(rises, total * share / 100) for share in (50, 99)}


def edge_ms(rises: Mapping[float, float], count: float) -> float | None:
    """The upper edge, in milliseconds, of the bucket that reaches `count`."""
    edge = next((edge for edge, rise in rises.items() if rise >= count > 0), float("inf"))
    return None if edge == float("inf") else round(edge * 1e3, 1)


def of_process(before: Samples, after: Samples) -> dict[str, float]:
    """Processor seconds of the service in between, and its memory at both ends in MiB."""
    used = after["process_cpu_seconds_total"] - before["process_cpu_seconds_total"]
    memory = [round(samples["process_resident_memory_bytes"] / 2**20, 1) for samples in (before, after)]
    return {"service_cpu_seconds": round(used, 1), "rss_mib_start": memory[0], "rss_mib_end": memory[1]}
