"""What the tests of the service share: an engine that recognises people by brightness, and things made of it."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from prometheus_client import CollectorRegistry

from guard.access.caller import DEFAULT_TENANT
from guard.access.limits import Limits
from guard.calls import Calls
from guard.config import Settings
from guard.core.calibration import Calibration
from guard.core.capacity import Capacity
from guard.core.change import Change
from guard.core.decision import ACCUSATIONS
from guard.core.errors import GuardError, UnknownIncidentError, UnknownPersonError
from guard.core.extractor import StepOutput
from guard.core.items import Decision, Floats, Frame, Gray, Reason, Thresholds, Verdict
from guard.core.policy import Operating, Point
from guard.core.recalibration import Basis
from guard.core.recollection import Rows, nothing_moved
from guard.core.scoring import make_template
from guard.core.session import ASSUMED
from guard.core.verifier import Settings as ModelSettings
from guard.core.verifier import Verifier
from guard.enrolment.progress import Needs
from guard.feed import Feed
from guard.gallery.items import Consent, Crops, Enrolled, Person, Reference, TemplateInfo
from guard.incidents.items import Disposition, Incident
from guard.metrics import Metrics
from guard.model import Model
from guard.motions import Motions, MotionsKept
from guard.recalibration.items import Applied, Exposure
from guard.recalibration.thresholds import TenantThresholds
from guard.service import Addresses, Service
from guard.stores import Stores
from guard.worker import Worker

MODEL_ID = "fake"
HORIZON = 16
THRESHOLDS = Thresholds(verify=2.0, suspect=-2.0, dwell=0.2, memory=30.0, limit=6.0)
MODEL = ModelSettings(
    MODEL_ID, (HORIZON,), 5, {HORIZON: Calibration(10.0, -5.0)}, THRESHOLDS, 0.1, None, variety_floor=0.0
)
"""Of an engine that knows no variety: the same person always moves in the same way."""
BASIS = Basis(
    THRESHOLDS,
    Operating(
        suspect=tuple(Point(-at, rate, 5.0, 9.0, 0.9, rate, 100.0) for at, rate in ((1.0, 8), (2.0, 2), (5.5, 0))),
        change=tuple(Point(at, 24 / at, 5.0, 9.0, 0.9, int(24 / at), 100.0) for at in (2.0, 4.0, 8.0, 16.0)),
    ),
    ASSUMED,
)
"""What thresholds of tenants are picked from: twice as strict errs half as often or less."""
FOLLOWING = replace(MODEL, continuity=Change(HORIZON, Calibration(10.0, -5.0)), opening=1.0)
"""The same where calls of nobody's are compared with their first second."""
AMPLE = Capacity({1: 0.0001})
"""A machine on which these tests never run into their own speed."""
NEEDS = Needs(seconds=1.2, windows=3, motion=1.0, agreement=-2.5, lead=2.5, likeness=4.0)

DARK_PERSON = np.eye(256, dtype=np.float32)[0]
BRIGHT_PERSON = np.eye(256, dtype=np.float32)[1]


class BrightnessEngine:
    """Embeds dark pictures as one person and bright ones as another. Its state is the newest picture's mean."""

    state_size = 1

    def __init__(self) -> None:
        self.batches: list[int] = []  # sizes of the steps so far
        self.failures = 0  # steps from now on that fail
        self.gate = threading.Event()  # cleared: steps wait, as those of a busy engine do
        self.gate.set()

    def step(self, frames: Gray, state: Floats) -> StepOutput:
        self.gate.wait(10)
        self.batches.append(len(frames))
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the engine is broken")
        means = frames.reshape(len(frames), -1).mean(axis=1, dtype=np.float32)[:, None]
        nothing = np.zeros((len(frames), 512), np.float32)
        return StepOutput(means, nothing, nothing)

    def project(self, state: Floats, pooled: Floats, differences: Floats) -> Floats:
        return np.where(state < 128, DARK_PERSON, BRIGHT_PERSON)


def moving(number: int, *, bright: bool = False) -> Gray:
    """Picture `number` of a face that moves."""
    random = np.random.default_rng(number)
    return random.integers(150 if bright else 20, 220 if bright else 90, (128, 128)).astype(np.uint8)


def frame(number: int, *, bright: bool = False, start: float = 0.0) -> Frame:
    """Frame `number` of a stream of 25 frames a second."""
    return Frame(moving(number, bright=bright), start + number / 25)


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeGallery:
    """People by tenant and name, in memory; their templates are those that tests put in, or means of references."""

    def __init__(self, **templates: Floats) -> None:
        self.templates = templates
        self.fault: Exception | None = None
        self.known: dict[tuple[str, str], Person] = {}
        self.references: dict[tuple[str, str], list[Reference]] = {}
        self.adapting: set[str] = set()  # who has agreed that calls change their template
        self.adapted: list[tuple[str, str, Reference, float]] = []
        self.reembedded: dict[tuple[str, str, str], list[Reference]] = {}
        self.out: set[tuple[str, str]] = set()
        self.windows: dict[str, int] = {}  # behind templates, where that matters
        self.elsewhere: set[str] = set()  # enrolled for another model only

    def opted_out(self, name: str, tenant: str = DEFAULT_TENANT) -> bool:
        if self.fault is not None:
            raise self.fault
        return (tenant, name) in self.out

    def template(self, name: str, model_id: str, tenant: str = DEFAULT_TENANT) -> Floats | None:
        if self.fault is not None:
            raise self.fault
        if (tenant, name) in self.out:
            return None
        return self.templates.get(name) if (model_id, tenant) == (MODEL_ID, DEFAULT_TENANT) else None

    def enrolled(self, name: str, model_id: str, tenant: str = DEFAULT_TENANT) -> Enrolled | None:
        template = self.template(name, model_id, tenant)
        return None if template is None else Enrolled(template, self.windows.get(name))

    def outdated(self, name: str, model_id: str, tenant: str = DEFAULT_TENANT) -> bool:
        if self.fault is not None:
            raise self.fault
        return name in self.elsewhere or (name in self.templates and model_id != MODEL_ID)

    def adapts(self, name: str, tenant: str = DEFAULT_TENANT) -> bool:
        return name in self.adapting

    def adapt(self, name: str, model_id: str, reference: Reference, tenant: str, *, least: float) -> bool:
        self.adapted.append((name, model_id, reference, least))
        return True

    def nearest(self, embeddings: Floats, model_id: str, tenant: str, excluding: str) -> list[tuple[str, float]]:
        others = {name: template for name, template in self.templates.items() if name != excluding}
        return [(name, float((embeddings @ template).mean())) for name, template in others.items()]

    def put(
        self,
        tenant: str,
        name: str,
        model_id: str,
        references: Sequence[Reference],
        consent: Consent | None,
        *,
        add: bool = False,
    ) -> Person:
        if self.fault is not None:
            raise self.fault
        kept = self.references.get((tenant, name), []) if add else []
        self.references[tenant, name] = kept = [*kept, *references]
        embeddings = np.concatenate([one.embeddings for one in kept])
        sessions = len({one.session for one in kept})
        seconds = sum(one.seconds for one in kept)
        made = TemplateInfo(model_id, len(embeddings), seconds, len(kept), sessions, datetime.now(UTC))
        self.templates[name] = make_template(embeddings, None)
        self.known[tenant, name] = Person(name, consent, False, (made,))
        return self.person(name, tenant)

    def person(self, name: str, tenant: str) -> Person:
        if self.fault is not None:
            raise self.fault
        if (tenant, name) not in self.known:
            raise UnknownPersonError("name", "is not known")
        return replace(self.known[tenant, name], opted_out=(tenant, name) in self.out)

    def people(self, tenant: str, after: str = "", limit: int = 100) -> list[Person]:
        names = sorted(name for of, name in self.known if of == tenant and name > after)
        return [self.person(name, tenant) for name in names[:limit]]

    def remove(self, name: str, tenant: str) -> None:
        self.person(name, tenant)
        del self.known[tenant, name]

    def renew(self, name: str, tenant: str) -> Person:
        return self.person(name, tenant)

    def to_reembed(self, model_id: str) -> list[tuple[str, str]]:
        if model_id == MODEL_ID:
            return []
        return [one for one, kept in self.references.items() if kept[0].crops is not None and one not in self.out]

    def crops(self, name: str, tenant: str) -> list[Crops]:
        return [one.crops for one in self.references[tenant, name] if one.crops is not None]

    def reembed(self, tenant: str, name: str, model_id: str, references: Sequence[Reference]) -> Person:
        self.reembedded[tenant, name, model_id] = list(references)
        return self.person(name, tenant)

    def set_opt_out(self, name: str, tenant: str, opted_out: bool) -> None:
        self.known.setdefault((tenant, name), Person(name, None, False, ()))
        (self.out.add if opted_out else self.out.discard)((tenant, name))

    def export(self, name: str, tenant: str) -> bytes:
        return json.dumps({"name": self.person(name, tenant).name}).encode()


class FakeIncidents:
    """Keeps incidents in memory, as guard.incidents.store does in the gallery."""

    def __init__(self, *kept: Incident) -> None:
        self.kept = {incident.id: incident for incident in kept}

    def keep(self, incident: Incident) -> None:
        self.kept[incident.id] = incident

    def listed(self, tenant: str) -> list[Incident]:
        found = [one for one in self.kept.values() if one.tenant == tenant]
        return sorted(found, key=lambda one: one.happened_at, reverse=True)

    def open(self) -> int:
        return sum(one.disposition is Disposition.OPEN for one in self.kept.values())

    def one(self, name: str, tenant: str) -> Incident:
        if name not in self.kept or self.kept[name].tenant != tenant:
            raise UnknownIncidentError("incident", "is not kept")
        return self.kept[name]

    def dispose(self, name: str, disposition: Disposition, by: str, tenant: str) -> Incident:
        self.kept[name] = self.one(name, tenant).disposed(disposition, by, datetime.now(UTC))
        return self.kept[name]


class FakeTenants:
    """Keeps participant-hours and strictness in memory, as guard.recalibration.store does in the gallery."""

    def __init__(self) -> None:
        self.added: list[Exposure] = []
        self.strict: dict[tuple[str, str], Applied] = {}
        self.fault: GuardError | None = None

    def add(self, exposures: Iterable[Exposure]) -> None:
        if self.fault is not None:
            raise self.fault
        self.added += exposures

    def exposures(self, tenant: str, model_id: str) -> list[Exposure]:
        return [one for one in self.added if (one.tenant, one.model_id) == (tenant, model_id)]

    def applied(self, model_id: str) -> dict[str, Applied]:
        if self.fault is not None:
            raise self.fault
        return {tenant: one for (tenant, of), one in self.strict.items() if of == model_id}

    def apply(self, tenant: str, model_id: str, strictness: float, by: str) -> Applied:
        self.strict[tenant, model_id] = Applied(strictness, by, datetime.now(UTC))
        return self.strict[tenant, model_id]

    def reset(self, tenant: str) -> None:
        self.strict = {key: one for key, one in self.strict.items() if key[0] != tenant}


class FakeMotions:
    """Keeps sketches in memory, as guard.motionstore does in the gallery."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], list[Rows]] = {}
        self.fault: GuardError | None = None

    def keep(self, tenant: str, name: str, rows: Rows) -> None:
        if self.fault is not None:
            raise self.fault
        self.kept.setdefault((tenant, name), []).append(rows)

    def known(self, tenant: str, name: str, model_id: str) -> Rows:
        return np.concatenate([nothing_moved(), *self.kept.get((tenant, name), [])])


async def at_once(question: Callable[[], Any]) -> Any:
    """Asks a gallery that is in memory."""
    return question()


def fake_stores() -> Stores:
    """What a service keeps, in memory."""
    return Stores(FakeIncidents(), FakeTenants(), FakeMotions())


class Parts:
    """The service without its sockets, over Dora's and Berta's templates unless another gallery is given."""

    def __init__(
        self,
        gallery: Any = None,
        *,
        max_streams: int = 4,
        limits: Limits | None = None,
        model: ModelSettings = MODEL,
        continuity: bool = False,
        motions: MotionsKept | None = None,
        tenants: TenantThresholds | None = None,
    ) -> None:
        self.clock = Clock()
        self.engine = BrightnessEngine()
        self.gallery = gallery or FakeGallery(Dora=DARK_PERSON, Berta=BRIGHT_PERSON)
        self.metrics = Metrics(CollectorRegistry(), MODEL_ID)
        self.feed = Feed(self.metrics)
        self.worker = Worker(Verifier(self.engine, model), AMPLE, self.metrics, clock=self.clock)
        self.calls = Calls(
            self.worker,
            self.gallery,
            self.feed,
            self.metrics,
            model_id=MODEL_ID,
            max_streams=max_streams,
            limits=limits,
            continuity=continuity,
            motions=Motions(motions or FakeMotions(), at_once),
            tenants=tenants,
            clock=self.clock,
        )

    def value(self, name: str, **labels: str) -> float:
        """The value of a metric."""
        found = self.metrics.registry.get_sample_value(name, labels)
        assert found is not None, f"no series {name} {labels}"
        return found


def verdict(
    sequence: int = 1,
    *,
    decision: Decision = Decision.UNCERTAIN,
    score: float | None = 0.5,
    reason: Reason | None = None,
    changed: bool = False,
) -> Verdict:
    """A verdict of which only this matters."""
    return Verdict(
        time=0.2 * sequence,
        score=score,
        llr=None if score is None else 0.25,
        evidence=1.5,
        decision=decision,
        reason=reason,
        horizon=0 if score is None else HORIZON,
        sequence=sequence,
        cuts=0,
        last_cut=None,
        model_id=MODEL_ID,
        decision_changed=changed,
    )


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until the condition holds; TimeoutError if it does not."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - anything may make it true
            await asyncio.sleep(0.005)


@asynccontextmanager
async def serving(**changes: Any) -> AsyncIterator["Serving"]:
    """The whole service on free ports of the loopback interface, with the engine and the gallery of these tests.

    `changes` are settings.
    """
    made = Serving(**changes)
    try:
        made.addresses = await made.service.start()
        yield made
    finally:
        made.engine.gate.set()
        await made.service.close()


class Serving:
    """A running service and what tests look at."""

    addresses: Addresses

    def __init__(self, **changes: Any) -> None:
        self.engine = BrightnessEngine()
        self.gallery = FakeGallery(Dora=DARK_PERSON, Berta=BRIGHT_PERSON)
        small = {"max_streams": 4, "engine_threads": 1, "ingest_processes": 0}
        settings = Settings(**{"http_port": 0, "grpc_port": 0, **small, **changes})
        self.incidents, self.tenants = FakeIncidents(), FakeTenants()
        self.motions = FakeMotions()
        stores = Stores(self.incidents, self.tenants, self.motions)
        self.service = Service(Model(self.engine, MODEL, AMPLE, BASIS), self.gallery, stores, settings, NEEDS)

    def value(self, name: str, **labels: str) -> float:
        """The value of a metric."""
        found = self.service.metrics.registry.get_sample_value(name, labels)
        assert found is not None, f"no series {name} {labels}"
        return found

    def accusations(self) -> float:
        """How often anybody has been accused, by name or by the call's own opening."""
        return sum(self.value("guard_decisions_total", decision=one) for one in ACCUSATIONS)
