"""A real Janus in a network of its own: it ignores the loopback interface, so it is given another one.

A thread enters a new network namespace, which costs nothing else on the machine anything, and everything that it
starts is in there with it: Janus, the bots that publish, the guard. When it ends the network is gone.
"""

import asyncio
import ctypes
import os
import shutil
import subprocess
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

JANUS = shutil.which("janus")
ADDRESS = "198.18.0.1"
URL = "ws://127.0.0.1:8188"
ROOM = 1234
CLONE_NEWNET = 0x40000000
PLUGINS = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "janus"


def may_have_a_network() -> bool:
    """Whether this user may make a network namespace."""
    unshare = shutil.which("unshare")
    return unshare is not None and subprocess.run([unshare, "--net", "true"], capture_output=True).returncode == 0


needs_janus = pytest.mark.skipif(
    not (JANUS and shutil.which("ip") and may_have_a_network()),
    reason="needs Janus and a network of its own: apt-get install janus iproute2, and run as root",
)

CONFIGURATION = {
    "janus.jcfg": f"""
general: {{ configs_folder = "FOLDER", plugins_folder = "{PLUGINS}/plugins",
  transports_folder = "{PLUGINS}/transports", debug_level = 3, session_timeout = 60 }}
nat: {{ ice_enforce_list = "{ADDRESS}" }}
media: {{ ipv6 = false }}
plugins: {{ disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,\
libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,\
libjanus_videocall.so,libjanus_voicemail.so" }}
transports: {{ disable = "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,\
libjanus_rabbitmq.so" }}
""",
    "janus.transport.websockets.jcfg": 'general: { ws = true, ws_port = 8188, ws_ip = "127.0.0.1" }\n',
    "janus.plugin.videoroom.jcfg": f"""
room-{ROOM}: {{ description = "a room", publishers = 8, bitrate = 3000000, fir_freq = 2,
  videocodec = "vp8,h264,vp9", notify_joining = true }}
""",
}


class JanusServer:
    """Janus; `start` and `stop` it as often as a test likes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        for name, text in CONFIGURATION.items():
            (folder / name).write_text(text.replace("FOLDER", str(folder)))

    async def start(self) -> None:
        """Start it, and wait until it listens."""
        with (self._folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                str(JANUS), "-F", str(self._folder), stdout=log, stderr=log
            )
        async with asyncio.timeout(15):
            while not await listens(8188):
                assert self._process.returncode is None, (self._folder / "log").read_text()[-2000:]
                await asyncio.sleep(0.1)

    async def kill(self) -> None:
        """End it as a fault would: nobody is told."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


async def listens(port: int) -> bool:
    """Whether somebody listens on the port."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def in_own_network(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run the scenario where nothing but itself can be reached. Raises what it raises."""
    faults: list[BaseException] = []

    def enter() -> None:
        try:
            if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "a network namespace cannot be made")
            for line in (
                "link set lo up",
                "link add call0 type veth peer name call1",
                f"addr add {ADDRESS}/24 dev call0",
                "link set call0 up",
                "link set call1 up",
            ):
                subprocess.run(["ip", *line.split()], check=True)
            asyncio.run(scenario())
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=enter, name="own-network")
    thread.start()
    thread.join()
    if faults:
        raise faults[0]
