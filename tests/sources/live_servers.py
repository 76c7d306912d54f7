"""Servers of live streams: nginx for RTMP, GStreamer's for RTSP, a camera's MJPEG; each on a port of its own."""

import asyncio
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from fractions import Fraction
from pathlib import Path

import av
import cv2
import pytest
from aiohttp import web

from tests.films import Painter
from tests.sources.janus_server import listens

NGINX = shutil.which("nginx")
RTMP_MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
DEBIAN_PYTHON = "/usr/bin/python3"
BINDINGS = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
CONFIGURATION = """
load_module {module};
pid {folder}/pid; error_log {folder}/log; daemon off; worker_processes 1;
events {{ worker_connections 64; }}
rtmp {{ server {{ listen 127.0.0.1:{port}; application live {{ live on; }} }} }}
"""


def has_bindings() -> bool:
    """Whether Debian's Python can be an RTSP server."""
    return subprocess.run([DEBIAN_PYTHON, "-c", BINDINGS], capture_output=True).returncode == 0


needs_rtmp = pytest.mark.skipif(
    not (NGINX and RTMP_MODULE.exists()), reason="needs an RTMP server: apt-get install nginx-light libnginx-mod-rtmp"
)
needs_rtsp = pytest.mark.skipif(
    not (Path(DEBIAN_PYTHON).exists() and has_bindings()),
    reason="needs an RTSP server: apt-get install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good",
)


@asynccontextmanager
async def rtmp(folder: Path) -> AsyncIterator[str]:
    """The address under which a stream may be published and played."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "nginx.conf").write_text(CONFIGURATION.format(module=RTMP_MODULE, folder=folder, port=port))
    words = (str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "log"))
    process = await asyncio.create_subprocess_exec(*words)
    try:
        async with asyncio.timeout(10):
            while not await listens(port):  # noqa: ASYNC110 - nginx tells nobody
                await asyncio.sleep(0.05)
        yield f"rtmp://127.0.0.1:{port}/live/film"
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def rtsp(film: Path) -> AsyncIterator[str]:
    """The address at which the film is played to whoever comes."""
    program = Path(__file__).with_name("rtsp_server.py")
    process = await asyncio.create_subprocess_exec(
        DEBIAN_PYTHON, str(program), str(film), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        port = int(await asyncio.wait_for(process.stdout.readline(), 20))
        yield f"rtsp://127.0.0.1:{port}/film"
    finally:
        process.terminate()
        await process.wait()


async def publish(film: Path, url: str) -> None:
    """Send the film to an RTMP server in real time, coded as it is."""
    loop = asyncio.get_running_loop()
    with av.open(str(film)) as source, av.open(url, "w", format="flv") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        began = loop.time()
        for packet in source.demux(video=0):
            if packet.dts is None:
                continue
            await asyncio.sleep(max(0.0, began + float(packet.dts * Fraction(packet.time_base)) - loop.time()))
            packet.stream = stream
            await asyncio.to_thread(target.mux, packet)


@asynccontextmanager
async def camera(painter: Painter) -> AsyncIterator[str]:
    """The address of a network camera: JPEG pictures behind one another, 25 a second, each a part of one answer."""

    async def show(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "multipart/x-mixed-replace; boundary=next"})
        await response.prepare(request)
        loop = asyncio.get_running_loop()
        began, number = loop.time(), 0
        with suppress(ConnectionError):
            while True:
                picture = cv2.imencode(".jpg", painter(number / 25, 128, 128))[1].tobytes()
                head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                await response.write(head.encode() + picture + b"\r\n")
                number += 1
                await asyncio.sleep(max(0.0, began + number / 25 - loop.time()))
        return response

    app = web.Application()
    app.router.add_get("/video", show)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://localhost:{runner.addresses[0][1]}/video"
    finally:
        await runner.cleanup()
