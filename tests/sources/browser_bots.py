"""Participants of a Janus room who are real browsers, each with a camera of its own."""

import asyncio
from pathlib import Path

from selenium.webdriver import Chrome

from tests.peers.browsers import ACCEPT, filmed, kill, opened
from tests.sources.bots import Bot

OFFER = """
const [width, height, layers, done] = arguments;
(async () => {
  const media = await navigator.mediaDevices.getUserMedia({video: {width, height, frameRate: 25}});
  const peer = window.peer = new RTCPeerConnection();
  const sendEncodings = [{rid: "h"}, {rid: "m", scaleResolutionDownBy: 1.6}, {rid: "l", scaleResolutionDownBy: 3.2}];
  const more = layers > 1 ? {sendEncodings} : {};
  peer.addTransceiver(media.getVideoTracks()[0], {direction: "sendonly", streams: [media], ...more});
  await peer.setLocalDescription();
  while (peer.iceGatheringState !== "complete") await new Promise((wake) => setTimeout(wake, 20));
  return peer.localDescription.sdp;
})().then(done, (error) => done("failed: " + error));
"""


class BrowserBot(Bot):
    """One browser; `page` is an address of this machine, where it may use its camera, `scale` how many times 640x360
    that shows. With `simulcast` it sends three layers."""

    def __init__(
        self, display: str, folder: Path, page: str, *, bright: bool = False, scale: int = 1, simulcast: bool = False
    ) -> None:
        super().__init__(display)
        self._folder = folder / display
        self._page = page
        self._bright = bright
        self._scale = scale
        self._layers = 3 if simulcast else 1
        self.browser: Chrome | None = None

    async def join(self) -> None:
        """Open the browser, enter the room, and switch the camera on."""
        if self.browser is None:
            self._folder.mkdir(exist_ok=True)
            camera = self._folder / "camera.mjpeg"
            camera.write_bytes(await asyncio.to_thread(filmed, self._scale, bright=self._bright))
            self.browser = await asyncio.to_thread(opened, camera, self._folder / "profile")
            await asyncio.to_thread(self.browser.get, self._page)
        await super().join()

    async def _offer(self) -> str:
        size = 640 * self._scale, 360 * self._scale
        return str(await asyncio.to_thread(self.browser.execute_async_script, OFFER, *size, self._layers))

    async def _accept(self, answer: str) -> None:
        assert await asyncio.to_thread(self.browser.execute_async_script, ACCEPT, answer) == ""

    async def close(self) -> None:
        await asyncio.to_thread(self.browser.execute_script, "window.peer.close()")

    async def fall(self) -> None:
        """Be killed: nobody is told. `join` comes back with another browser."""
        assert self.browser is not None
        browser, self.browser = self.browser, None
        await asyncio.to_thread(kill, browser)
        await self.hang_up()
        await asyncio.to_thread(browser.quit)

    async def __aexit__(self, *fault: object) -> None:
        try:
            await self.leave()
        finally:
            await asyncio.to_thread(self.browser.quit)
