"""A real browser whose camera shows somebody in a room, in dim light that flickers."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service as Driver

from guard.core.items import Crop
from guard.usage import family
from tests.test_faces import wide

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
PLACE = Crop(330, 40, 280)
"""Where the face is: the middle of the picture shows half of it."""
OFFER = """
const done = arguments[0];
(async () => {
  const constraints = {width: 640, height: 360, frameRate: 25};
  const media = await navigator.mediaDevices.getUserMedia({video: constraints, audio: true});
  const peer = window.peer = new RTCPeerConnection();
  for (const track of media.getTracks()) peer.addTransceiver(track, {direction: "sendonly", streams: [media]});
  await peer.setLocalDescription();
  while (peer.iceGatheringState !== "complete") await new Promise((wake) => setTimeout(wake, 20));
  return peer.localDescription.sdp;
})().then(done, (error) => done("failed: " + error));
"""
ACCEPT = """
const [answer, done] = arguments;
window.peer.setRemoteDescription({type: "answer", sdp: answer}).then(() => done(""), (error) => done("" + error));
"""
needs_browser = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs a browser: apt-get install chromium chromium-driver"
)


def write_camera(path: Path, scale: int = 1, *, bright: bool = False) -> None:
    """A raw video that Chromium plays in a loop: so many times as wide and as high, in bright light or dim."""
    place = Crop(PLACE.left * scale, PLACE.top * scale, PLACE.side * scale)
    room = wide(place, size=(WIDTH * scale, HEIGHT * scale), face=2) // 2 + np.uint8(120 * bright)
    chroma = np.full(2 * (WIDTH * scale // 2) * (HEIGHT * scale // 2), 128, np.uint8).tobytes()
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH * scale} H{HEIGHT * scale} F25:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(PICTURES // scale):
            file.write(b"FRAME\n" + (room + np.uint8(8 * (number % 3))).tobytes() + chroma)


def opened(camera: Path, profile: Path) -> Chrome:
    """A browser whose camera plays this file; to be `quit`."""
    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={profile}", f"--use-file-for-fake-video-capture={camera}"):
        options.add_argument(flag)
    return Chrome(options, Driver(str(DRIVER)))


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    write_camera(tmp_path / "camera.y4m")
    driver = opened(tmp_path / "camera.y4m", tmp_path / "profile")
    try:
        yield driver
    finally:
        driver.quit()


def kill(driver: Chrome) -> None:
    """End the browser as a crash does: nobody is told."""
    for process in reversed(list(family(driver.service.process.pid))):
        os.kill(process, signal.SIGKILL)
