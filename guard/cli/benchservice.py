"""`guard serve` as benchmarks run it: it counts latencies in half milliseconds, where alerts need a dozen steps."""

from guard import metrics
from guard.cli import app

FINE = tuple(step / 2000 for step in range(1, 201)) + tuple(step / 200 for step in range(21, 501))
"""Seconds: steps of .5 ms up to 100 ms, then of 5 ms up to 2.5 s."""


def main() -> None:
    """`python -m guard.cli.benchservice serve ...`."""
    metrics.LATENCY_BUCKETS = FINE
    app()


if __name__ == "__main__":
    main()
