"""Participants of a Janus room that publish moving pictures, as a browser would."""

from contextlib import suppress

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack

from guard.sources.janusapi import Handle, session
from guard.sources.states import Interrupted
from tests.peers.senders import MovingPicture
from tests.sources.janus_server import ROOM, URL


class Bot:
    """One participant; use it as an asynchronous context manager: it joins, publishes and leaves."""

    def __init__(self, display: str, *, bright: bool = False, sound: bool = False, description: str = "") -> None:
        self.display = display
        self._bright = bright
        self._sound = sound
        self._description = description
        self._peer: RTCPeerConnection | None = None

    async def __aenter__(self) -> "Bot":
        await self.join()
        return self

    async def join(self) -> None:
        """Enter the room, and switch the camera on."""
        self._session = session(URL, "", "")
        self._janus = await self._session.__aenter__()
        self.handle: Handle = await self._janus.attach()
        await self.handle.ask("join", ptype="publisher", room=ROOM, display=self.display)
        await self.publish()

    async def publish(self) -> None:
        """Switch the camera on."""
        jsep = {"type": "offer", "sdp": await self._offer()}
        named = [{"mid": "0", "description": self._description}] if self._description else []
        _, answer = await self.handle.ask("publish", jsep, videocodec="vp8", descriptions=named)
        assert answer is not None
        await self._accept(answer["sdp"])

    async def _offer(self) -> str:
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peer.addTrack(MovingPicture(bright=self._bright))
        if self._sound:
            self._peer.addTrack(AudioStreamTrack())
        return await self._described()

    async def _described(self) -> str:
        assert self._peer is not None
        await self._peer.setLocalDescription(await self._peer.createOffer())
        return str(self._peer.localDescription.sdp)

    async def _accept(self, answer: str) -> None:
        assert self._peer is not None
        await self._peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def show(self, shown: bool) -> None:
        """Switch the camera off or on as browsers do that go on sending sound: nothing but the directions changes."""
        assert self._peer is not None
        (video,) = (one for one in self._peer.getTransceivers() if one.kind == "video")
        video.direction = "sendonly" if shown else "inactive"
        jsep = {"type": "offer", "sdp": await self._described()}
        _, answer = await self.handle.ask("configure", jsep)
        assert answer is not None
        await self._accept(answer["sdp"])

    async def unpublish(self) -> None:
        """Switch the camera off, and stay; Janus loses a publisher that comes back while it still hangs up."""
        await self.handle.ask("unpublish")
        await self.close()
        while (await self.handle.events.get())["janus"] != "hangup":
            pass

    async def close(self) -> None:
        """Close the connection without a word."""
        if self._peer is not None:
            await self._peer.close()

    async def leave(self) -> None:
        """Leave the room; nothing is said to a Janus that has gone."""
        await self.close()
        with suppress(Interrupted):
            await self._session.__aexit__(None, None, None)

    async def hang_up(self) -> None:
        """End signalling as the system does for a program that was killed."""
        connection = self._janus._socket._conn
        assert connection is not None
        assert connection.transport is not None
        connection.transport.abort()
        with suppress(Interrupted):
            await self._session.__aexit__(None, None, None)

    async def __aexit__(self, *fault: object) -> None:
        await self.leave()
