"""A real browser publishes its camera over WHIP and is verified."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service as Driver

from guard.core.items import Decision, Verdict
from guard.peers.loopback import allow_loopback
from tests.service_fakes import Serving, serving, until

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--allow-loopback-in-peer-connection",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
WIDTH, HEIGHT, PICTURES = 640, 360, 150
PUBLISH = """
const [url, done] = arguments;
(async () => {
  const constraints = {width: 640, height: 360, frameRate: 25};
  const media = await navigator.mediaDevices.getUserMedia({video: constraints, audio: true});
  const peer = window.peer = new RTCPeerConnection();
  for (const track of media.getTracks()) peer.addTransceiver(track, {direction: "sendonly", streams: [media]});
  await peer.setLocalDescription();
  while (peer.iceGatheringState !== "complete") await new Promise((wake) => setTimeout(wake, 20));
  const body = peer.localDescription.sdp;
  const response = await fetch(url, {method: "POST", headers: {"Content-Type": "application/sdp"}, body});
  const answer = await response.text();
  if (response.status !== 201) throw new Error(answer);
  await peer.setRemoteDescription({type: "answer", sdp: answer});
  window.session = response.headers.get("Location");
  return window.session;
})().then(done, (error) => done("failed: " + error));
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs a browser: apt-get install chromium chromium-driver"),
]


def write_camera(path: Path) -> None:
    """A dark picture whose blocks change from frame to frame, as a raw video that Chromium plays in a loop."""
    random = np.random.default_rng(7)
    chroma = np.full(2 * (WIDTH // 2) * (HEIGHT // 2), 128, np.uint8).tobytes()
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F25:1 Ip A1:1 C420jpeg\n".encode())
        for _ in range(PICTURES):
            blocks = random.integers(30, 90, (HEIGHT // 40, WIDTH // 40)).astype(np.uint8)
            file.write(b"FRAME\n" + np.kron(blocks, np.ones((40, 40), np.uint8)).tobytes() + chroma)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    write_camera(tmp_path / "camera.y4m")
    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    options.add_argument(f"--use-file-for-fake-video-capture={tmp_path / 'camera.y4m'}")
    driver = Chrome(options, Driver(str(DRIVER)))
    try:
        yield driver
    finally:
        driver.quit()


def newest(guard: Serving) -> Verdict | None:
    return next((one.verdict for one in guard.service.calls.participants()), None)


async def test_a_browser_is_verified_until_it_leaves(browser: Chrome) -> None:
    allow_loopback(always=True)
    async with serving() as guard:
        await asyncio.to_thread(browser.get, f"{guard.addresses.http}/healthz")  # any page of this origin will do
        session = await asyncio.to_thread(browser.execute_async_script, PUBLISH, "/whip?claim=Dora&participant=browser")
        assert session.startswith("/whip/"), session

        await until(lambda: (made := newest(guard)) and made.decision is Decision.VERIFIED, seconds=30)
        await until(lambda: (made := newest(guard)) and made.time > 4, seconds=30)
        assert guard.value("guard_frames_received_total", transport="whip") >= 50
        assert guard.value("guard_windows_scored_total") >= 5

        ended = "return fetch(window.session, {method: 'DELETE'}).then((response) => response.status)"
        assert await asyncio.to_thread(browser.execute_script, ended) == 200
        await until(lambda: not guard.service.calls.participants() and not guard.service.whip.serving)
