"""A real browser whose camera shows somebody in a room, in dim light, whose face moves."""

import os
import shutil
import signal
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
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
WIDTH, HEIGHT, PICTURES = 640, 360, 625
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


@cache
def filmed(scale: int = 1, *, bright: bool = False) -> bytes:
    """The Motion JPEG that Chromium's camera plays: so many times 640x360, in bright light or dim.

    The face bends at random, each part by itself: what moves as a whole is a still picture, and what repeats a loop.
    """
    place = Crop(PLACE.left * scale, PLACE.top * scale, PLACE.side * scale)
    room = wide(place, size=(WIDTH * scale, HEIGHT * scale), face=2) // 2 + np.uint8(120 * bright)
    face = room[place.top : place.top + place.side, place.left : place.left + place.side].copy()
    rows, columns = np.mgrid[: place.side, : place.side].astype(np.float32)
    random, bent = np.random.default_rng(7), np.zeros((4, 4, 2), np.float32)
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = WIDTH * scale, HEIGHT * scale
    encoder.pix_fmt, encoder.time_base, encoder.options = "yuvj420p", Fraction(1, 25), {"qmin": "2", "qmax": "4"}
    chroma, film = np.full((HEIGHT * scale // 2, WIDTH * scale), 128, np.uint8), b""
    for number in range(PICTURES // scale):
        bent = 0.9 * bent + random.normal(0.0, 1.5 * scale, bent.shape).astype(np.float32)
        field = cv2.resize(bent, (place.side, place.side), interpolation=cv2.INTER_CUBIC)
        moved = cv2.remap(
            face, columns + field[..., 0], rows + field[..., 1], cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE
        )
        room[place.top : place.top + place.side, place.left : place.left + place.side] = moved
        picture = av.VideoFrame.from_ndarray(np.concatenate([room, chroma]), "yuvj420p")
        picture.pts = number
        film += b"".join(bytes(packet) for packet in encoder.encode(picture))
    return film


def opened(camera: Path, profile: Path) -> Chrome:
    """A browser whose camera plays this file; to be `quit`."""
    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={profile}", f"--use-file-for-fake-video-capture={camera}"):
        options.add_argument(flag)
    return Chrome(options, Driver(str(DRIVER)))


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    camera = tmp_path / "camera.mjpeg"
    camera.write_bytes(filmed())
    driver = opened(camera, tmp_path / "profile")
    try:
        yield driver
    finally:
        driver.quit()


def kill(driver: Chrome) -> None:
    """End the browser as a crash does: nobody is told."""
    for process in reversed(list(family(driver.service.process.pid))):
        os.kill(process, signal.SIGKILL)
