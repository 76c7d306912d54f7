"""A real browser publishes its camera over WHIP and is verified."""

import asyncio

import pytest
from selenium.webdriver import Chrome

from guard.core.items import Decision, Verdict
from guard.peers.loopback import allow_loopback
from tests.peers.browsers import browser, needs_browser
from tests.service_fakes import Serving, serving, until

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

pytestmark = [pytest.mark.slow, needs_browser]
__all__ = ["browser"]


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
