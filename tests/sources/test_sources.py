"""Sources attached, supervised, listed and ended, with adapters that do what a test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace

import pytest
import structlog
from structlog.testing import capture_logs

from guard.access.caller import DEFAULT_TENANT, LOCAL, Caller
from guard.audit.audit import Audit
from guard.audit.settings import AuditSettings
from guard.core.errors import (
    CapacityError,
    ClaimError,
    DrainingError,
    EngineError,
    ReplacedError,
    ServiceError,
    SettingsError,
    SourceError,
    UnknownSourceError,
)
from guard.sources import sources as module
from guard.sources.backoff import Backoff
from guard.sources.seats import Seats
from guard.sources.sources import Sources
from guard.sources.specs import AnySpec, JanusSpec, WhepSpec
from guard.sources.states import Interrupted, SourceEvent, SourceReason, SourceState, Standing
from tests.service_fakes import Clock, Parts, frame, until

Behaviour = Callable[[Seats, Callable[[], None]], Awaitable[None]]


class Scripted:
    """An adapter whose attempts go by a script; the last entry is repeated."""

    def __init__(self, *script: Behaviour) -> None:
        self._script = list(script)

    async def run(self, seats: Seats, connected: Callable[[], None]) -> None:
        behaviour = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        await behaviour(seats, connected)


async def stays(seats: Seats, connected: Callable[[], None]) -> None:
    connected()
    await seats.appear(seats.seat("Dora", "Dora"))
    await asyncio.Event().wait()


def fails(error: Exception, *, late: bool = False) -> Behaviour:
    async def behaviour(seats: Seats, connected: Callable[[], None]) -> None:
        if late:
            connected()
            await seats.appear(seats.seat("Dora", "Dora"))
        raise error

    return behaviour


async def ends(seats: Seats, connected: Callable[[], None]) -> None:
    connected()


class Stage:
    """A registry of sources whose adapter is the one at hand."""

    def __init__(self) -> None:
        self.parts = Parts()
        self.adapter = Scripted(stays)
        self.sources = Sources(self.parts.calls, self.parts.metrics, Audit(AuditSettings()), self._adapter_of, 30.0)

    def _adapter_of(self, spec: AnySpec) -> Scripted:
        if spec.url == "http://forbidden/":
            raise SourceError("url", "is not allowed")
        return self.adapter

    def attach(self, name: str = "one", caller: Caller = LOCAL, url: str = "http://there/") -> Standing:
        return self.sources.attach(WhepSpec(name=name, url=url, tenant=caller.tenant), caller)

    def listed(self, tenant: str = DEFAULT_TENANT) -> list[tuple[str, SourceState, SourceReason | None]]:
        return [(one.spec.name, one.state, one.reason) for one in self.sources.listed(tenant)]


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setattr(Backoff, "pause", lambda *_: 0.01)
    made = Stage()
    yield made
    await made.sources.close()
    made.parts.worker.shutdown()


def lingers(over: asyncio.Event) -> Behaviour:
    """Stays, and takes its time to end."""

    async def behaviour(seats: Seats, connected: Callable[[], None]) -> None:
        connected()
        try:
            await asyncio.Event().wait()
        finally:
            await over.wait()

    return behaviour


async def test_a_source_that_is_slow_to_end_is_detached_whoever_still_waits_for_it(stage: Stage) -> None:
    over = asyncio.Event()
    stage.adapter = Scripted(lingers(over))
    with stage.sources.feed.watch(lambda _: True) as watcher:
        stage.attach()
        await until(lambda: stage.listed() == [("one", SourceState.CONNECTED, None)])
        impatient, patient = (asyncio.create_task(stage.sources.detach("one", LOCAL)) for _ in range(2))
        await asyncio.sleep(0.01)
        impatient.cancel()
        with pytest.raises(SourceError, match="is attached already"):
            stage.attach()
        over.set()
        await patient
        assert stage.listed() == []
        stage.adapter = Scripted(stays)
        stage.attach()
        await until(lambda: stage.listed() == [("one", SourceState.CONNECTED, None)])
        stage.sources.feed.end()
        told = [(update.event, update.standing.state) async for update in watcher]
    assert told[:5] == [
        (SourceEvent.ATTACHED, SourceState.CONNECTING),
        (SourceEvent.CHANGED, SourceState.CONNECTED),
        (SourceEvent.CHANGED, SourceState.ENDED),
        (SourceEvent.DETACHED, SourceState.ENDED),
        (SourceEvent.ATTACHED, SourceState.CONNECTING),
    ]
    await asyncio.gather(impatient, return_exceptions=True)


async def test_a_source_is_connected_until_it_is_detached(stage: Stage) -> None:
    assert stage.attach().state is SourceState.CONNECTING
    await until(lambda: stage.listed() == [("one", SourceState.CONNECTED, None)])
    await until(lambda: stage.parts.calls.participants())
    await stage.sources.detach("one", LOCAL)
    assert stage.listed() == []
    assert stage.parts.calls.participants() == []
    with pytest.raises(UnknownSourceError):
        await stage.sources.detach("one", LOCAL)


async def test_the_people_of_a_room_are_in_a_call_of_their_own_unless_one_is_named(stage: Stage) -> None:
    named = {"url": "ws://there", "room": 1}
    specs = [JanusSpec(name="one", **named), JanusSpec(name="two", call="standup", **named), JanusSpec(**named)]
    one, two, three = (stage.sources.attach(spec, LOCAL).spec for spec in specs)
    assert (one.call, two.call, three.call) == ("one", "standup", three.name)
    assert stage.attach("four").spec.call == ""


@pytest.mark.parametrize(
    ("error", "late", "reason"),
    [
        (Interrupted(SourceReason.REFUSED, "no"), False, SourceReason.REFUSED),
        (ConnectionRefusedError(), False, SourceReason.UNREACHABLE),
        (TimeoutError(), False, SourceReason.UNREACHABLE),
        (OSError(), True, SourceReason.LOST),
        (CapacityError("full", 1.0), False, SourceReason.NOT_ADMITTED),
        (RuntimeError("Ada's secret"), True, SourceReason.FAULT),
        (ServiceError(), False, SourceReason.FAULT),
        (EngineError("it is broken"), True, SourceReason.FAULT),
    ],
)
async def test_what_may_pass_is_tried_again(stage: Stage, error: Exception, late: bool, reason: SourceReason) -> None:
    waiting = asyncio.Event()

    async def after(seats: Seats, connected: Callable[[], None]) -> None:
        await waiting.wait()
        await stays(seats, connected)

    stage.adapter = Scripted(fails(error, late=late), after)
    stage.attach()
    await until(lambda: stage.listed() == [("one", SourceState.RECONNECTING, reason)])
    assert "secret" not in stage.sources.listed(DEFAULT_TENANT)[0].detail
    kept = [one.key for one in stage.parts.calls.participants()]
    waiting.set()
    await until(lambda: stage.listed()[0][1] is SourceState.CONNECTED and stage.parts.calls.participants())
    assert stage.sources.listed(DEFAULT_TENANT)[0].attempts == 2
    assert stage.parts.value("guard_source_reconnects_total", kind="whep") == 1
    if late:
        assert [one.key for one in stage.parts.calls.participants()] == kept


@pytest.mark.parametrize(
    ("there", "frames", "lasted"),
    [(True, 0, 0.0), (True, 251, 10.0), (False, 0, 20.0)],
    ids=["no frame", "frames", "nobody there to send any"],
)
async def test_a_connection_that_brings_nothing_does_not_make_pauses_begin_anew(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, there: bool, frames: int, lasted: float
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(Backoff, "pause", lambda _, lasted, retry_after: pauses.append(lasted) or 60.0)
    clock = Clock()
    monkeypatch.setattr("guard.sources.attached.time", SimpleNamespace(monotonic=clock))

    async def behaviour(seats: Seats, connected: Callable[[], None]) -> None:
        connected()
        if there:
            handle = seats.seat("Dora", "Dora")
            await seats.appear(handle)
            for number in range(frames):
                seats.offer(handle, frame(number), number / 25)
        clock.now += 20.0
        raise Interrupted(SourceReason.LOST)

    stage.adapter = Scripted(behaviour)
    stage.attach()
    await until(lambda: stage.listed() == [("one", SourceState.RECONNECTING, SourceReason.LOST)])
    assert pauses == [pytest.approx(lasted)]


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (ends, SourceReason.FINISHED),
        (fails(Interrupted(SourceReason.REPLACED, final=True)), SourceReason.REPLACED),
        (fails(ClaimError("participant", "cannot be a name")), SourceReason.NOT_ADMITTED),
        (fails(SourceError("url", "is not allowed")), SourceReason.NOT_ADMITTED),
        (fails(ReplacedError()), SourceReason.REPLACED),
    ],
)
async def test_what_will_not_pass_ends_and_stays_listed_until_its_name_is_used_again(
    stage: Stage, behaviour: Behaviour, reason: SourceReason
) -> None:
    stage.adapter = Scripted(behaviour)
    stage.attach()
    await until(lambda: stage.listed() == [("one", SourceState.ENDED, reason)])
    stage.adapter = Scripted(stays)
    stage.attach()
    await until(lambda: stage.listed() == [("one", SourceState.CONNECTED, None)])


async def test_a_name_is_used_once_and_drawn_when_none_is_given(stage: Stage) -> None:
    stage.attach()
    with pytest.raises(SourceError, match="attached already"):
        stage.attach()
    assert stage.attach("").spec.name != stage.attach("").spec.name
    for name in ("a\nb", " "):
        with pytest.raises(ClaimError):
            stage.attach(name)


@pytest.mark.parametrize("field", ["name", "call", "claim", "participant"])
async def test_no_name_is_attached_that_cannot_be_one(stage: Stage, field: str) -> None:
    with pytest.raises(ClaimError, match=field):
        stage.sources.attach(WhepSpec(**{"url": "http://there/", "name": "one", field: "a\nb"}), LOCAL)
    assert stage.listed() == []


async def test_what_cannot_be_reached_is_refused_and_leaves_nothing(stage: Stage) -> None:
    with pytest.raises(SourceError):
        stage.attach(url="http://forbidden/")
    assert stage.listed() == []


async def test_no_tenant_sees_or_detaches_what_another_attached(stage: Stage) -> None:
    ours, theirs = Caller("a", "acme"), Caller("b", "rival")
    stage.attach(caller=ours)
    assert stage.listed("rival") == []
    with pytest.raises(UnknownSourceError):
        await stage.sources.detach("one", theirs)
    await until(lambda: stage.parts.calls.participants(tenant="acme"))
    assert stage.parts.calls.participants(tenant="acme")[0].subject == "a"


async def test_places_are_bounded_and_ended_ones_give_way(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    stage.adapter = Scripted(ends)
    stage.attach("over")
    await until(lambda: stage.listed()[0][1] is SourceState.ENDED)
    stage.adapter = Scripted(stays)
    stage.attach("first")
    stage.attach("second")
    assert [name for name, *_ in stage.listed()] == ["first", "second"]
    with pytest.raises(CapacityError):
        stage.attach("third")


async def test_a_service_that_stops_takes_no_source_and_ends_those_it_has(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.attach()
    await until(lambda: stage.parts.calls.participants())
    await stage.parts.calls.drain(1.0)
    with pytest.raises(DrainingError):
        stage.attach("late")
    await stage.sources.close()
    assert stage.listed() == [("one", SourceState.ENDED, SourceReason.DETACHED)]
    monkeypatch.setattr(module, "PERIOD", 0.0)
    supervising = asyncio.create_task(stage.sources.supervise())
    await until(lambda: stage.parts.value("guard_sources", state="ENDED") == 1)
    supervising.cancel()
    assert stage.listed()[0][1] is SourceState.ENDED


async def test_every_state_of_a_source_and_its_participants_is_told_in_order(stage: Stage) -> None:
    lost = asyncio.Event()

    async def flows(seats: Seats, connected: Callable[[], None]) -> None:
        handle = seats.seat("Dora", "Dora")
        await seats.appear(handle)
        connected()
        seats.offer(handle, frame(0), 0.0)
        seats.offer(handle, frame(1), 0.04)
        await lost.wait()
        lost.clear()
        raise Interrupted(SourceReason.LOST)

    stage.adapter = Scripted(flows)
    with stage.sources.feed.watch(lambda _: True) as watcher:
        stage.attach()
        await until(lambda: stage.listed() == [("one", SourceState.FLOWING, None)])
        lost.set()
        await until(lambda: stage.sources.listed(DEFAULT_TENANT)[0].attempts == 2 and stage.listed()[0][2] is None)
        await stage.sources.detach("one", LOCAL)
        stage.sources.feed.end()
        updates = [update async for update in watcher]
    assert (updates[0].event, updates[-1].event) == (SourceEvent.ATTACHED, SourceEvent.DETACHED)
    of_source = [one.standing.state for one in updates[1:-1] if not one.standing.participants]
    of_dora = [seating.state for one in updates[1:-1] for seating in one.standing.participants]
    once = [SourceState.CONNECTED, SourceState.FLOWING, SourceState.RECONNECTING]
    assert of_source == [*once, *once[:2], SourceState.ENDED]
    assert of_dora == [SourceState.CONNECTING, *once, *once[:2], SourceState.ENDED]


@pytest.mark.parametrize(
    ("final", "states"),
    [
        (False, [SourceState.CONNECTING, SourceState.RECONNECTING]),
        (True, [SourceState.CONNECTING, SourceState.ENDED]),
    ],
    ids=["tried again", "given up"],
)
async def test_whoever_a_source_that_is_not_reached_is_about_is_told_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, final: bool, states: list[SourceState]
) -> None:
    monkeypatch.setattr(Backoff, "pause", lambda *_: 0.0)
    tried = asyncio.Event()

    async def unreachable(seats: Seats, connected: Callable[[], None]) -> None:
        seats.seat("Dora", "Dora")
        if stage.sources.listed(DEFAULT_TENANT)[0].attempts == 4:
            tried.set()
            await asyncio.Event().wait()
        if final:
            tried.set()
        raise Interrupted(SourceReason.UNREACHABLE, "nobody answers", final=final)

    stage.adapter = Scripted(unreachable)
    with stage.sources.feed.watch(lambda _: True) as watcher:
        stage.attach()
        await asyncio.wait_for(tried.wait(), 5)
        await asyncio.sleep(0)
        stage.sources.feed.end()
        updates = [update async for update in watcher]
    of_dora = [seating for one in updates for seating in one.standing.participants]
    assert [one.state for one in of_dora] == states
    assert (of_dora[-1].reason, of_dora[-1].detail) == (SourceReason.UNREACHABLE, "nobody answers")


async def test_a_watcher_that_reads_too_slowly_is_ended_and_never_misses_a_state(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guard.feed.LASTING_LIMIT", 3)
    with stage.sources.feed.watch(lambda _: True) as watcher:
        stage.attach()
        await until(lambda: stage.parts.calls.participants())
        await stage.sources.detach("one", LOCAL)
        with pytest.raises(CapacityError, match="too slowly"):
            [update async for update in watcher]


async def test_states_are_counted_and_logged_without_names(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PERIOD", 0.01)
    with capture_logs() as logs:
        structlog.get_logger()
        supervising = asyncio.create_task(stage.sources.supervise())
        stage.attach("Ada's door")
        await until(lambda: stage.parts.value("guard_sources", state="CONNECTED") == 1)
        supervising.cancel()
    told = [entry for entry in logs if entry["event"] == "source"]
    assert [entry["state"] for entry in told] == ["CONNECTED"]
    assert "Ada" not in str(logs)
    assert "there" not in str(logs)


async def test_participants_of_sources_are_counted_and_logged_with_their_reasons_and_without_names(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PERIOD", 0.01)

    async def room(seats: Seats, connected: Callable[[], None]) -> None:
        connected()
        await seats.appear(seats.seat("Dora", "Dora"))
        seats.leave_alone("Berta's screen", "Berta's screen", "1", SourceReason.SCREEN)
        seats.leave_alone("Cleo", "Cleo", "2", SourceReason.CODEC, "Cleo's AV1 cannot be decoded")
        await asyncio.Event().wait()

    def counted(state: str, reason: str) -> float:
        return stage.parts.value("guard_source_participants", state=state, reason=reason)

    stage.adapter = Scripted(room)
    with capture_logs() as logs:
        structlog.get_logger()
        supervising = asyncio.create_task(stage.sources.supervise())
        stage.attach("Ada's door")
        await until(lambda: counted("CONNECTED", "SCREEN") == counted("CONNECTED", "CODEC") == 1)
        assert (counted("CONNECTED", "NONE"), counted("FLOWING", "NONE")) == (1, 0)
        (stream,) = stage.parts.calls.participants()
        await stage.sources.detach("Ada's door", LOCAL)
        await until(lambda: counted("CONNECTED", "SCREEN") == counted("CONNECTED", "NONE") == 0)
        supervising.cancel()
    told = [entry for entry in logs if entry["event"] == "source participant"]
    stood = [(entry["state"], entry["reason"]) for entry in told]
    assert {("CONNECTED", None), ("CONNECTED", "SCREEN"), ("CONNECTED", "CODEC"), ("ENDED", "CODEC")} <= set(stood)
    assert len({entry["seat"] for entry in told}) == 3
    assert {entry["stream"] for entry in told} == {None, stream.key}
    for name in ("Ada", "Dora", "Berta", "Cleo", "there"):
        assert name not in str(logs)


async def test_the_configuration_is_attached_or_said_to_be_wrong(stage: Stage) -> None:
    stage.sources.restore([WhepSpec(name="one", url="http://there/", tenant="acme")])
    assert [name for name, *_ in stage.listed("acme")] == ["one"]
    with pytest.raises(SettingsError, match=r"sources\.0: url"):
        stage.sources.restore([WhepSpec(url="http://forbidden/")])
    with pytest.raises(SettingsError, match=r"sources\.1: name: is that of a source before it; give each"):
        stage.sources.restore([WhepSpec(name="two", url="http://there/"), WhepSpec(name="two", url="http://here/")])
