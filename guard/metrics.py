"""What Prometheus reads. Labels are bounded, and no call, person or participant is ever one."""

from collections import Counter as Count
from collections.abc import Iterable, Mapping
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from guard.core.decision import ACCUSATIONS
from guard.core.errors import CapacityError, DrainingError, GalleryError, GuardError, LockedError, RateError
from guard.core.items import SEEN_BEFORE, Cut, Decision, Reason, Verdict
from guard.sources.states import SourceReason, SourceState
from guard.updates import Link

TRANSPORTS = ("grpc", "whip", "whep", "janus", "file")
NO_REASON = "NONE"
KINDS = ("whep", "janus", "file")
DROP_CAUSES = ("overflow", "late", "surplus", "engine", "closed", "capacity")
REFUSALS: Mapping[type[GuardError], str] = {
    CapacityError: "capacity",
    DrainingError: "draining",
    GalleryError: "gallery",
    RateError: "rate",
    LockedError: "locked",
}
"""Causes of refusals; a name that cannot be used is the caller's own mistake."""
OUTCOMES = ("done", "failed")
INCIDENTS = (*sorted(ACCUSATIONS), *sorted(SEEN_BEFORE))
STEP_BUCKETS = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 1.0)
LATENCY_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 2.5)


class Metrics:
    """Every metric of the service in the given registry, each series that can matter starting at zero."""

    def __init__(self, registry: CollectorRegistry, model_id: str) -> None:
        self.registry = registry
        self.frames_received = _counter(
            registry, "guard_frames_received", "Decoded frames that arrived.", transport=TRANSPORTS
        )
        self.frames_dropped = _counter(
            registry, "guard_frames_dropped", "Frames that were not scored, by cause.", cause=DROP_CAUSES
        )
        self.runs_cut = _counter(registry, "guard_runs_cut", "Runs of frames that ended, by reason.", cut=Cut)
        self.windows_scored = Counter("guard_windows_scored", "Windows with a score.", registry=registry)
        self.windows_unscored = _counter(
            registry, "guard_windows_unscored", "Windows without a score, by reason.", reason=Reason
        )
        self.decisions = _counter(
            registry, "guard_decisions", "Changes of decision, by the new decision.", decision=Decision
        )
        self.withheld = _counter(
            registry,
            "guard_decisions_withheld",
            "Accusations that were not made because the service only observes.",
            decision=ACCUSATIONS,
        )
        self.verdicts_dropped = Counter(
            "guard_verdicts_dropped", "Ordinary verdicts that slow watchers missed.", registry=registry
        )
        self.incidents = _counter(registry, "guard_incidents", "Incidents, by what happened.", kind=INCIDENTS)
        self.incidents_open = Gauge(
            "guard_incidents_open", "Incidents that are kept and that nobody has looked at.", registry=registry
        )
        self.engine_failures = Counter("guard_engine_failures", "Steps in which the model failed.", registry=registry)
        self.step_seconds = Histogram(
            "guard_step_seconds", "One batched step of the model.", buckets=STEP_BUCKETS, registry=registry
        )
        self.verdict_latency = Histogram(
            "guard_verdict_latency_seconds",
            "From the arrival of the frame that closes the grid slot to the published verdict.",
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self._of_streams(registry)
        self._of_what_it_needs(registry)
        self._running = Info("guard", "The running service.", registry=registry)
        self.name_model(model_id)

    def _of_streams(self, registry: CollectorRegistry) -> None:
        self.streams_open = _gauge(registry, "guard_streams_open", "Streams now open.", transport=TRANSPORTS)
        self.streams_duty_cycled = Gauge(
            "guard_streams_duty_cycled", "Streams that are off now, for want of capacity.", registry=registry
        )
        self.streams_refused = _counter(
            registry, "guard_streams_refused", "Streams that were not let in, by cause.", cause=REFUSALS.values()
        )
        self.capacity_streams = Gauge(
            "guard_capacity_streams", "Streams that can be scored all the time, as measured.", registry=registry
        )
        self.ingest_processes = Gauge(
            "guard_ingest_processes", "Processes that receive and decode video now.", registry=registry
        )
        self.ingest_restarts = Counter(
            "guard_ingest_restarts", "Processes that received video and ended by themselves.", registry=registry
        )
        self.participants = _gauge(registry, "guard_participants", "Participants now, by decision.", decision=Decision)
        self.links = _gauge(registry, "guard_links", "Participants now, by how their video arrives.", link=Link)
        self.sources = _gauge(registry, "guard_sources", "Attached sources now, by state.", state=SourceState)
        self.source_participants = Gauge(
            "guard_source_participants",
            "Participants of attached sources now, by state and reason.",
            ["state", "reason"],
            registry=registry,
        )
        self.count_seats(())
        self.source_reconnects = _counter(
            registry, "guard_source_reconnects", "Attempts of attached sources that were interrupted.", kind=KINDS
        )

    def _of_what_it_needs(self, registry: CollectorRegistry) -> None:
        self.gallery_up = Gauge("guard_gallery_up", "1 while the gallery can be read, 0 otherwise.", registry=registry)
        self.gallery_up.set(1)
        self.claims_locked = Gauge(
            "guard_claims_locked", "Claims that a caller may not make now, having failed at them.", registry=registry
        )
        self.audit_failing = Gauge(
            "guard_audit_failing", "1 while the audit log cannot be written, 0 otherwise.", registry=registry
        )
        self.bundle_swaps = _counter(
            registry, "guard_bundle_swaps", "Changes of bundle while streams run, by outcome.", outcome=OUTCOMES
        )

    def name_model(self, model_id: str) -> None:
        """Say which model judges streams from now on."""
        self._running.info({"model_id": model_id, "version": version("avatar-guard")})

    def count_verdict(self, verdict: Verdict) -> None:
        """Count a verdict by what it says."""
        if verdict.reason is None:
            self.windows_scored.inc()
        else:
            self.windows_unscored.labels(verdict.reason).inc()
        if verdict.decision_changed and verdict.withheld is not None:
            self.withheld.labels(verdict.withheld).inc()
        elif verdict.decision_changed:
            self.decisions.labels(verdict.decision).inc()

    def count_refusal(self, error: GuardError) -> None:
        """Count a stream that was not let in, unless that was its own mistake."""
        for cause in (cause for kind, cause in REFUSALS.items() if isinstance(error, kind)):
            self.streams_refused.labels(cause).inc()

    def count_participants(self, decisions: Iterable[Decision]) -> None:
        """Set the number of participants in each decision."""
        count = Count(decisions)
        for decision in Decision:
            self.participants.labels(decision).set(count[decision])

    def count_links(self, links: Iterable[Link]) -> None:
        """Set the number of participants whose video arrives in each way."""
        count = Count(links)
        for link in Link:
            self.links.labels(link).set(count[link])

    def count_seats(self, seats: Iterable[tuple[SourceState, SourceReason | None]]) -> None:
        """Set the number of participants of sources in each state, by its reason."""
        count = Count((state, reason or NO_REASON) for state, reason in seats)
        for state in SourceState:
            for reason in (NO_REASON, *SourceReason):
                self.source_participants.labels(state, reason).set(count[state, reason])


def _counter(registry: CollectorRegistry, name: str, text: str, **label: Iterable[str]) -> Counter:
    ((key, values),) = label.items()
    counter = Counter(name, text, [key], registry=registry)
    for value in values:
        counter.labels(value)  # a series that starts at zero is seen to rise
    return counter


def _gauge(registry: CollectorRegistry, name: str, text: str, **label: Iterable[str]) -> Gauge:
    ((key, values),) = label.items()
    gauge = Gauge(name, text, [key], registry=registry)
    for value in values:
        gauge.labels(value)
    return gauge
