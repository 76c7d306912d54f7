"""The client for programs without an event loop: guard.client, driven by a thread of its own.

    with SyncGuardClient("127.0.0.1:50051") as client:
        for verdict in client.stream_verify(frames, participant="seat 4", claim="Ada"):
            print(verdict.decision, verdict.score)

Methods mean what those of GuardClient mean, and raise the same errors. Any thread may call them.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterable
from concurrent.futures import Future
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from guard.access.credentials import ClientTls, Token
from guard.client import (
    Consent,
    Disposition,
    GuardClient,
    Incident,
    LumaFrame,
    NextClip,
    Participant,
    Person,
    Progress,
    Recalibration,
    Reopened,
    SourceUpdate,
    Standing,
    Update,
    Verdict,
)
from guard.core.items import Cut, Decision
from guard.sources.specs import AnySpec

__all__ = ["SyncGuardClient"]

Result = TypeVar("Result")
Item = TypeVar("Item")


class SyncGuardClient:
    """One connection; use it as a context manager, or call `close`."""

    def __init__(self, address: str, *, token: Token | None = None, tls: ClientTls | None = None) -> None:
        ready: Future[tuple[asyncio.AbstractEventLoop, GuardClient, asyncio.Event]] = Future()
        make = partial(GuardClient, address, token=token, tls=tls)
        # A daemon, so that a client which nobody closed does not keep the program from ending.
        self._thread = threading.Thread(target=asyncio.run, args=(live(make, ready),), name="guard", daemon=True)
        self._thread.start()
        self._loop, self._client, self._leave = ready.result()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the streams that are left and close the connection. Waits for a frame that is being read."""
        if not self._closed:
            self._closed = True
            self._loop.call_soon_threadsafe(self._leave.set)
            self._thread.join()

    def stream_verify(
        self,
        frames: Iterable[LumaFrame | Cut],
        *,
        participant: str,
        claim: str,
        call: str = "",
        continuity: bool | None = None,
    ) -> Generator[Verdict | Reopened, None, None]:
        """As GuardClient.stream_verify. `frames` is read in another thread, which may block until the next is due."""
        names = {"participant": participant, "claim": claim, "call": call}
        return self._each(self._client.stream_verify(read_aside(frames), **names, continuity=continuity))

    def watch(
        self,
        call: str = "",
        *,
        participants: Iterable[str] = (),
        claims: Iterable[str] = (),
        decisions: Iterable[Decision] = (),
        changes_only: bool = False,
        links: bool = False,
    ) -> Generator[Update | Reopened, None, None]:
        """As GuardClient.watch."""
        wanted = {"participants": participants, "claims": claims, "decisions": decisions}
        return self._each(self._client.watch(call, **wanted, changes_only=changes_only, links=links))

    def participants(self, call: str = "") -> list[Participant]:
        """As GuardClient.participants."""
        return self._run(self._client.participants(call))

    def enroll(
        self,
        name: str,
        frames: Iterable[LumaFrame | NextClip],
        *,
        consent: Consent,
        session: str = "",
        add: bool = False,
    ) -> Generator[Progress | Person, None, None]:
        """As GuardClient.enroll. `frames` is read in another thread, which may block until the next is due."""
        return self._each(self._client.enroll(name, read_aside(frames), consent=consent, session=session, add=add))

    def person(self, name: str) -> Person:
        """As GuardClient.person."""
        return self._run(self._client.person(name))

    def people(self) -> list[Person]:
        """As GuardClient.people."""
        return self._run(self._client.people())

    def remove(self, name: str) -> None:
        """As GuardClient.remove."""
        self._run(self._client.remove(name))

    def renew(self, name: str) -> Person:
        """As GuardClient.renew."""
        return self._run(self._client.renew(name))

    def opt_out(self, name: str, opted_out: bool = True) -> None:
        """As GuardClient.opt_out."""
        self._run(self._client.opt_out(name, opted_out))

    def lift_lock(self, name: str) -> int:
        """As GuardClient.lift_lock."""
        return self._run(self._client.lift_lock(name))

    def export(self, name: str) -> bytes:
        """As GuardClient.export."""
        return self._run(self._client.export(name))

    def attach(self, spec: AnySpec) -> Standing:
        """As GuardClient.attach."""
        return self._run(self._client.attach(spec))

    def detach(self, name: str) -> None:
        """As GuardClient.detach."""
        self._run(self._client.detach(name))

    def sources(self) -> list[Standing]:
        """As GuardClient.sources."""
        return self._run(self._client.sources())

    def watch_sources(self) -> Generator[SourceUpdate | Reopened, None, None]:
        """As GuardClient.watch_sources."""
        return self._each(self._client.watch_sources())

    def set_claim(self, participant: str, claim: str, *, call: str = "") -> Participant:
        """As GuardClient.set_claim."""
        return self._run(self._client.set_claim(participant, claim, call=call))

    def incidents(self) -> list[Incident]:
        """As GuardClient.incidents."""
        return self._run(self._client.incidents())

    def incident(self, name: str) -> Incident:
        """As GuardClient.incident."""
        return self._run(self._client.incident(name))

    def report(self, name: str) -> str:
        """As GuardClient.report."""
        return self._run(self._client.report(name))

    def dispose(self, name: str, found: Disposition) -> Incident:
        """As GuardClient.dispose."""
        return self._run(self._client.dispose(name, found))

    def recalibration(self) -> Recalibration:
        """As GuardClient.recalibration."""
        return self._run(self._client.recalibration())

    def recalibrate(self) -> Recalibration:
        """As GuardClient.recalibrate."""
        return self._run(self._client.recalibrate())

    def reset_recalibration(self) -> Recalibration:
        """As GuardClient.reset_recalibration."""
        return self._run(self._client.reset_recalibration())

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of `work`, done in the client's thread. RuntimeError when the client is closed."""
        if self._closed:
            work.close()
            raise RuntimeError("the client is closed; open another one")
        doing = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return doing.result()
        except BaseException:  # Ctrl-C while waiting: nobody wants the result any more
            doing.cancel()
            raise

    def _each(self, source: AsyncGenerator[Item, None]) -> Generator[Item, None, None]:
        """The items of `source`, which is closed when the caller leaves early."""
        stepping = asyncio.Lock()  # a step that was given up takes a while to end, and until then bars closing

        async def step() -> Item | None:
            async with stepping:
                return await anext(source, None)

        async def close() -> None:
            async with stepping:
                await source.aclose()

        try:
            while (item := self._run(step())) is not None:
                yield item
        finally:
            if not self._closed:  # closing the client has closed the source too
                self._run(close())


async def live(
    make: Callable[[], GuardClient], ready: "Future[tuple[asyncio.AbstractEventLoop, GuardClient, asyncio.Event]]"
) -> None:
    """A client's life; asyncio.run cancels afterwards what still runs on it."""
    leave = asyncio.Event()
    try:
        client = make()
    except Exception as fault:  # raised where the client is made, which would wait for ever
        ready.set_exception(fault)
        return
    async with client:
        ready.set_result((asyncio.get_running_loop(), client, leave))
        await leave.wait()


async def read_aside(frames: Iterable[Item]) -> AsyncIterator[Item]:
    """The frames, each taken in a thread where waiting for it holds up nobody."""
    iterator = iter(frames)
    while (item := await asyncio.to_thread(next, iterator, None)) is not None:
        yield item
