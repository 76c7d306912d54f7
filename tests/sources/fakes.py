"""A Janus that answers from a script, and connections that last until they are ended."""

import asyncio
from typing import Any


class FakeHandle:
    """Answers requests from a script, and remembers them."""

    def __init__(self, jsep: dict[str, Any]) -> None:
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.detached = False
        self._jsep = jsep

    async def ask(self, request: str, jsep: dict[str, Any] | None = None, **body: Any) -> Any:
        self.asked.append((request, body))
        return {}, self._jsep if request == "join" else None

    async def detach(self) -> None:
        self.detached = True


class FakeJanus:
    """Gives out handles that offer the same description."""

    def __init__(self, **jsep: Any) -> None:
        self.handles: list[FakeHandle] = []
        self.jsep = jsep

    async def attach(self) -> FakeHandle:
        self.handles.append(FakeHandle(self.jsep))
        return self.handles[-1]


class FakePeer:
    """A connection that lasts until it is ended."""

    def __init__(self) -> None:
        self._over = asyncio.Event()
        self.closed = False

    async def answer(self, description: object) -> str:
        return "answer"

    async def offer(self) -> str:
        return "offer"

    async def accept(self, answer: str) -> None:
        """Any will do."""

    async def run(self) -> None:
        await self._over.wait()

    def end(self) -> None:
        self._over.set()

    async def close(self) -> None:
        self.closed = True
