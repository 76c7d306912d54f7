"""A real browser is what a WHEP endpoint plays: its own camera, its own codecs, its own offers."""

import asyncio

import pytest
from selenium.webdriver import Chrome

from guard.access.caller import LOCAL
from guard.core.items import Decision, Verdict
from guard.peers.loopback import allow_loopback
from guard.sources.specs import WhepSpec
from guard.sources.states import SourceState
from tests.peers.test_chromium import browser, pytestmark  # noqa: F401 - a fixture, and when there is no browser
from tests.service_fakes import Serving, serving, until
from tests.sources.whep_server import TOKEN, Endpoint, playing

NEGOTIATE = """
const [offer, done] = arguments;
(async () => {
  const media = await navigator.mediaDevices.getUserMedia({video: {width: 640, height: 360, frameRate: 25}});
  const peer = window.peer = new RTCPeerConnection();
  if (offer) {
    await peer.setRemoteDescription({type: "offer", sdp: offer});
    peer.addTrack(media.getVideoTracks()[0], media);
  } else {
    peer.addTransceiver(media.getVideoTracks()[0], {direction: "sendonly"});
  }
  await peer.setLocalDescription();
  while (peer.iceGatheringState !== "complete") await new Promise((wake) => setTimeout(wake, 20));
  return peer.localDescription.sdp;
})().then(done, (error) => done("failed: " + error));
"""
ACCEPT = """
const [answer, done] = arguments;
window.peer.setRemoteDescription({type: "answer", sdp: answer}).then(() => done(""), (error) => done(String(error)));
"""


class BrowserPlayer:
    """The page's camera, played to whoever negotiates."""

    def __init__(self, driver: Chrome) -> None:
        self._driver = driver

    async def answer(self, offer: str) -> str:
        return str(await asyncio.to_thread(self._driver.execute_async_script, NEGOTIATE, offer))

    async def offer(self) -> str:
        return await self.answer("")

    async def accept(self, answer: str) -> None:
        assert await asyncio.to_thread(self._driver.execute_async_script, ACCEPT, answer) == ""

    async def close(self) -> None:
        await asyncio.to_thread(self._driver.execute_script, "window.peer.close()")


def newest(guard: Serving) -> Verdict | None:
    return next((one.verdict for one in guard.service.calls.participants()), None)


@pytest.mark.parametrize("mode", ["answers", "offers"])
async def test_a_browser_is_played_and_verified(browser: Chrome, mode: str) -> None:  # noqa: F811
    allow_loopback(always=True)
    async with serving() as guard, playing(Endpoint(lambda: BrowserPlayer(browser), mode)) as endpoint:
        await asyncio.to_thread(browser.get, f"{guard.addresses.http}/healthz")  # a page that may use the camera
        spec = WhepSpec(name="ada", url=endpoint.url, claim="Dora", token=TOKEN)
        guard.service.sources.attach(spec, LOCAL)
        await until(lambda: (made := newest(guard)) and made.decision is Decision.VERIFIED, seconds=60)
        await until(lambda: (made := newest(guard)) and made.time > 3, seconds=60)
        (source,) = guard.service.sources.listed("default")
        assert source.state is SourceState.FLOWING
        assert guard.value("guard_frames_received_total", transport="whep") >= 40
        await guard.service.sources.detach("ada", LOCAL)
        assert endpoint.requests[-1].startswith("DELETE /session/")
