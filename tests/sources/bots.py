"""Participants of a Janus room that publish moving pictures, as a browser would."""

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from guard.sources.janusapi import Handle, session
from tests.peers.senders import MovingPicture
from tests.sources.janus_server import ROOM, URL


class Bot:
    """One participant; use it as an asynchronous context manager: it joins, publishes and leaves."""

    def __init__(self, display: str, *, bright: bool = False, description: str = "", codec: str = "vp8") -> None:
        self.display = display
        self._bright = bright
        self._description = description
        self._codec = codec
        self._peer: RTCPeerConnection | None = None

    async def __aenter__(self) -> "Bot":
        self._session = session(URL, "", "")
        self.janus = await self._session.__aenter__()
        self.handle: Handle = await self.janus.attach()
        self.joined, _ = await self.handle.ask("join", ptype="publisher", room=ROOM, display=self.display)
        await self.publish()
        return self

    async def publish(self) -> None:
        """Switch the camera on."""
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peer.addTrack(MovingPicture(bright=self._bright))
        await self._peer.setLocalDescription(await self._peer.createOffer())
        jsep = {"type": "offer", "sdp": self._peer.localDescription.sdp}
        named = [{"mid": "0", "description": self._description}] if self._description else []
        _, answer = await self.handle.ask("publish", jsep, videocodec=self._codec, descriptions=named)
        assert answer is not None
        await self._peer.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))

    async def unpublish(self) -> None:
        """Switch the camera off, and stay."""
        await self.handle.ask("unpublish")
        await self.close()

    async def close(self) -> None:
        """Close the connection without a word."""
        if self._peer is not None:
            await self._peer.close()

    async def __aexit__(self, *fault: object) -> None:
        await self.close()
        await self._session.__aexit__(None, None, None)
