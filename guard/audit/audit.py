"""What the service and the command line record, and when heads are signed."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import structlog

from guard.access.caller import NOBODY, Caller
from guard.audit.chain import Happening
from guard.audit.heads import private_key, signed
from guard.audit.log import AuditLog
from guard.audit.names import Names
from guard.audit.settings import AuditSettings, heads_of, key_of, names_of
from guard.core.errors import AuditError

WAITING = 4096
"""Happenings that wait for the disk. Newer ones are lost behind them, and their number is recorded later."""
PERIOD = 0.2
"""Seconds between two groups: what may be lost with the machine's power."""
ERASURE = "person.remove"
"""The change that erases the `person` among its facts."""
HEAD_LINES, HEAD_SECONDS = 1000, 300.0
"""A head is signed after this many lines, or this many seconds if there was any line."""

log = structlog.get_logger()
Fact = str | int | float | bool | None


class Audit:
    """One process's way to the audit log; without `settings.log` nothing is kept and nothing fails.

    `note` is for what happens anyway and is not held up; `record` and `change` for what must not happen unrecorded.
    """

    def __init__(self, settings: AuditSettings) -> None:
        """Raises AuditError or SettingsError when log or key cannot be used."""
        self._log = AuditLog(settings.log, settings.rotate_mib * 2**20) if settings.log else None
        self.failing = False  # the log could not be written last time
        self._waiting: deque[Happening] = deque()
        self._lost = 0  # happenings that found no place to wait
        self._writing = Lock()
        self._unsigned = 0  # lines since the last head
        self._names: Names | None = None
        if settings.log is not None and self._log is not None:
            self._names = Names(settings.names or names_of(settings.log)) if settings.pseudonyms else None
            self._key = private_key(settings.key or key_of(settings.log))
            self._heads = heads_of(settings.log)
            self._log.last()

    def note(self, action: str, caller: Caller = NOBODY, **facts: Fact) -> None:
        """Have it recorded within PERIOD; never waits, never fails."""
        if self._log is None:
            return
        if len(self._waiting) < WAITING:
            self._waiting.append(Happening(action, caller, facts))
        else:
            self._lost += 1

    def record(self, action: str, caller: Caller, **facts: Fact) -> None:
        """Record it now, behind what waits; blocks for a write to the disk. AuditError when that is not possible."""
        if self._log is not None:
            self._write([Happening(action, caller, facts)])

    @contextmanager
    def change(self, action: str, caller: Caller, **facts: Fact) -> Iterator[None]:
        """Record before the block that somebody is about to change something, and afterwards if that failed.

        Once an ERASURE is recorded, no line of the log is known to be the person's: first, so that a failure leaves
        nobody erased of whom the log still tells. Raises AuditError, without the change, when that is not possible.
        """
        self.record(action, caller, **facts)
        if action == ERASURE and self._names is not None:
            self._names.forget(caller.tenant, str(facts["person"]))
        try:
            yield
        except Exception as error:
            told = {} if action == ERASURE else facts  # or the name would be in the book again
            self.note(f"{action}.failed", caller, **told, error=type(error).__name__)
            raise

    def forget(self, tenant: str, name: str) -> None:
        """Make the pseudonym of a name nobody's. AuditError when that is not possible."""
        if self._names is not None:
            self._names.forget(tenant, name)

    async def run(self) -> None:
        """Write what waits, in groups, and sign heads; runs until cancelled."""
        loop = asyncio.get_running_loop()
        signed_at = loop.time()
        while True:
            await asyncio.sleep(PERIOD)
            due = self._unsigned >= HEAD_LINES or loop.time() - signed_at >= HEAD_SECONDS
            if due:
                signed_at = loop.time()
            if self._waiting or due:
                await asyncio.to_thread(self.flush, sign=due)

    def flush(self, *, sign: bool) -> None:
        """Write what waits, and sign a head if lines came since the last. What cannot be written goes on waiting."""
        try:
            self._write([])
            if sign:
                self.sign()
        except AuditError:
            return  # said and kept by _write; tried again next time

    def sign(self) -> None:
        """Sign the present head. AuditError when it cannot be kept."""
        if self._log is None or not self._unsigned:
            return
        head = signed(self._key, self._log.last())
        try:
            with self._heads.open("a") as file:
                file.write(head.line() + "\n")
        except OSError as error:
            raise AuditError(error.strerror or "heads") from None
        self._unsigned = 0

    def _write(self, more: list[Happening]) -> None:
        if self._log is None:
            return
        with self._writing:
            waiting = list(self._waiting)
            lost = [Happening("happenings.lost", NOBODY, {"count": self._lost})] if self._lost else []
            group = [*waiting, *lost, *more]
            if not group:
                return
            try:
                self._log.append(self._names.hidden(group) if self._names else group)
            except AuditError as error:
                self._tell(failing=True, problem=error.problem)
                raise
            for _ in waiting:
                self._waiting.popleft()
            self._lost -= int(lost[0].facts["count"] or 0) if lost else 0
            self._unsigned += len(group)
            self._tell(failing=False)

    def _tell(self, *, failing: bool, problem: str = "") -> None:
        if failing and not self.failing:
            log.error("audit log cannot be written", problem=problem)
        elif self.failing and not failing:
            log.warning("audit log can be written again")
        self.failing = failing
