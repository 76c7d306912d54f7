"""The processes of the demo: started in a folder of their own, watched, and ended whatever happens."""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import Process
from pathlib import Path

import aiohttp

from guard.core.errors import GuardError

GUARD = (sys.executable, "-c", "from guard.cli import app; app()")
WORLD = (sys.executable, "-m", "trainer.data.world")
READY_TIMEOUT = 30.0
"""Seconds for the service to load its model and listen."""
ACCUSATIONS = 16
"""False accusations that the service may make in 100 hours: more than by default, for the call lasts a minute."""
GRACE = 5.0
"""Seconds between asking a process to end and ending it."""


class Stage:
    """`folder` holds everything that the demo writes. Processes inherit none of the user's settings but the bundle."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.http_port, self.grpc_port = free_ports(2)
        self._processes: dict[str, Process] = {}
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AVATAR_GUARD_") or k == "AVATAR_GUARD_BUNDLE"}
        self._environment = kept | {
            "OMP_NUM_THREADS": "1",  # five processes share the cores: threads of numpy inside them would only fight
            "AVATAR_GUARD_GALLERY": str(folder / "gallery.sqlite"),
            "AVATAR_GUARD_HTTP_PORT": str(self.http_port),
            "AVATAR_GUARD_GRPC_PORT": str(self.grpc_port),
        }
        # Another bundle may have no thresholds for it.
        self.accusations = None if "AVATAR_GUARD_BUNDLE" in kept else ACCUSATIONS
        if self.accusations is not None:
            self._environment["AVATAR_GUARD_POLICY__FALSE_ACCUSATIONS"] = str(self.accusations)

    async def start(self, name: str, *command: str | Path) -> Process:
        """Start a process whose output goes to `name`.log."""
        with self._log(name).open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches the demo alone, which then ends the others in order
            )
        self._processes[name] = process
        return process

    async def complete(self, name: str, *command: str | Path) -> None:
        """Run a process to its end. GuardError with its last words if it fails."""
        process = await self.start(name, *command)
        if await process.wait() != 0:
            raise self.failure(name)

    async def ready(self, name: str) -> None:
        """Wait until the service says that it is ready. GuardError if it ends or takes too long."""
        url = f"http://127.0.0.1:{self.http_port}/readyz"
        deadline = asyncio.get_running_loop().time() + READY_TIMEOUT
        async with aiohttp.ClientSession() as session:
            while not await _answers(session, url):
                if self._processes[name].returncode is not None:
                    raise self.failure(name)
                if asyncio.get_running_loop().time() > deadline:
                    raise GuardError(f"{name} was not ready after {READY_TIMEOUT:.0f} s")
                await asyncio.sleep(0.1)

    async def ended(self, *names: str) -> GuardError:
        """Wait until one of the processes ends by itself, and return what it said."""
        waits = {asyncio.create_task(self._processes[name].wait()): name for name in names}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            return self.failure(waits[done.pop()])
        finally:
            for wait in waits:
                wait.cancel()

    def failure(self, name: str) -> GuardError:
        """What a process that has ended said last."""
        words = self._log(name).read_text(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(words) if line.strip()), "without a word")
        return GuardError(f"{name} ended with code {self._processes[name].returncode}: {last}")

    async def close(self) -> None:
        """End what still runs, the newest first: avatars take their leave of a service that is still there."""
        for process in reversed(self._processes.values()):
            if process.returncode is None:
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), GRACE)
            except TimeoutError:
                process.kill()
                await process.wait()

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as response:
            return response.status == 200
    except aiohttp.ClientConnectionError:
        return False


def free_ports(count: int) -> list[int]:
    """TCP ports of the loopback interface that nobody listens on at the moment."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports
