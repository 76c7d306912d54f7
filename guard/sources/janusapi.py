"""Janus's API over a WebSocket: a session, its handles, requests and their answers, events."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp

from guard.core.errors import in_a_line
from guard.sources.janusmessages import Message, checked
from guard.sources.states import Interrupted, SourceReason

PROTOCOL = "janus-protocol"
PLUGIN = "janus.plugin.videoroom"
KEEPALIVE = 25.0
"""Seconds between signs of life; Janus ends a session after 60 without one."""
NOT_UNDERSTOOD = "Janus is not understood"
LONGEST = 200
"""Characters of what it says that are told."""
ANSWERS_WITHIN = 10.0
"""Seconds for an answer."""
MOST_EVENTS = 256
"""Events of one handle that wait. More end the session: it is begun anew, and told everything again."""


class Handle:
    """One attachment to the plugin. `events` are its messages that answer no request."""

    def __init__(self, session: "Session", number: int) -> None:
        self._session = session
        self.number = number
        self.events: asyncio.Queue[Message] = asyncio.Queue(MOST_EVENTS)

    async def ask(self, request: str, jsep: Message | None = None, **body: Any) -> tuple[Message, Message | None]:
        """The plugin's answer to a request, and the description that came with it. Raises Interrupted."""
        message: Message = {"janus": "message", "handle_id": self.number, "body": {"request": request, **body}}
        if jsep is not None:
            message["jsep"] = jsep
        answer = await self._session.ask(message)
        data = answer.get("plugindata", {}).get("data", {})
        if "error_code" in data:
            raise Interrupted(SourceReason.REFUSED, f"Janus said: {told(data.get('error', data['error_code']))}")
        return data, answer.get("jsep")

    async def detach(self) -> None:
        """Give the handle back; whoever it was is told nothing more."""
        self._session.handles.pop(self.number, None)
        with suppress(Interrupted, TimeoutError, ConnectionError, aiohttp.ClientError):
            await self._session.ask({"janus": "detach", "handle_id": self.number})


class Session:
    """A session; `lost` is set to why once it is over."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, secrets_: Message) -> None:
        self._socket = socket
        self._secrets = secrets_
        self._number: int | None = None
        self._asked: dict[str, asyncio.Future[Message]] = {}  # by transaction
        self.handles: dict[int, Handle] = {}
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def create(self) -> None:
        """Begin the session."""
        self._number = await self._made({"janus": "create"})

    async def attach(self) -> Handle:
        """A handle of the plugin."""
        number = await self._made({"janus": "attach", "plugin": PLUGIN})
        made = self.handles[number] = Handle(self, number)
        return made

    async def _made(self, message: Message) -> int:
        """The number of what is made at our request."""
        data = (await self.ask(message)).get("data")
        if data is None:
            raise Interrupted(SourceReason.LOST, f"{NOT_UNDERSTOOD}: an answer without data.id")
        return int(data["id"])

    async def ask(self, message: Message) -> Message:
        """The answer to a message, which for requests to a plugin is its event and not the acknowledgement."""
        if self.lost.done():
            raise Interrupted(SourceReason.LOST, "the connection to Janus has ended")
        transaction = secrets.token_hex(8)
        answered = self._asked[transaction] = asyncio.get_running_loop().create_future()
        try:
            await self.send(message | {"transaction": transaction})
            async with asyncio.timeout(ANSWERS_WITHIN):
                answer = await answered
        finally:
            del self._asked[transaction]
        if answer["janus"] == "error":
            said = told(answer.get("error", {}).get("reason", "an error"))
            raise Interrupted(SourceReason.REFUSED, f"Janus said: {said}")
        return dict(answer)

    async def send(self, message: Message) -> None:
        """Send a message that belongs to this session."""
        session = {} if self._number is None else {"session_id": self._number}
        await self._socket.send_json(message | session | self._secrets)

    async def read(self) -> None:
        """Take what Janus says until the connection ends; then everybody who waits is told."""
        detail = "the connection to Janus has ended"
        try:
            async for frame in self._socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self._take(checked(frame.json()))
        except json.JSONDecodeError:
            detail = f"{NOT_UNDERSTOOD}: no JSON"
        except (ValueError, RecursionError) as error:
            detail = f"{NOT_UNDERSTOOD}: {error}"
        except asyncio.QueueFull:
            detail = "Janus tells more than can be followed"
        finally:
            self._end(detail)

    def _take(self, message: Message) -> None:
        if message["janus"] == "timeout":
            self._end("Janus has ended the session")
        asked = self._asked.get(message.get("transaction", ""))
        if asked is not None:
            if message["janus"] != "ack" and not asked.done():
                asked.set_result(message)
        elif handle := self.handles.get(message.get("sender", 0)):
            handle.events.put_nowait(message)

    def _end(self, detail: str) -> None:
        waiting: list[asyncio.Future[Any]] = [*self._asked.values(), self.lost]
        for future in waiting:
            if not future.done():
                future.set_exception(Interrupted(SourceReason.LOST, detail))

    async def destroy(self) -> None:
        """End the session, so that the others in the room see us leave at once."""
        with suppress(ConnectionError, aiohttp.ClientError):
            if self._number is not None and not self.lost.done():
                await self.send({"janus": "destroy", "transaction": secrets.token_hex(8)})
        if not self.lost.cancel():
            self.lost.exception()  # asyncio reports one that nobody has asked for

    async def keep_alive(self) -> None:
        """Give signs of life until cancelled."""
        while True:
            await asyncio.sleep(KEEPALIVE)
            await self.send({"janus": "keepalive", "transaction": secrets.token_hex(8)})


def told(text: object) -> str:
    """What Janus said, as part of a sentence."""
    return in_a_line(str(text), LONGEST)


@asynccontextmanager
async def session(
    url: str, token: str, api_secret: str, connector: aiohttp.BaseConnector | None = None
) -> AsyncIterator[Session]:
    """A session with the Janus at this address while the block runs. Raises Interrupted and what aiohttp raises."""
    shown = {name: value for name, value in (("token", token), ("apisecret", api_secret)) if value}
    client = aiohttp.ClientSession(connector=connector, middlewares=(refuse_redirects,))
    async with client as http, connected(http, url) as socket:
        made = Session(socket, shown)
        tasks = [asyncio.create_task(made.read()), asyncio.create_task(made.keep_alive())]
        try:
            await made.create()
            yield made
        finally:
            await made.destroy()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def connected(http: aiohttp.ClientSession, url: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """The WebSocket to Janus; pings tell when it is gone."""
    try:
        async with asyncio.timeout(ANSWERS_WITHIN):
            socket = await http.ws_connect(url, protocols=(PROTOCOL,), max_msg_size=2**20, heartbeat=KEEPALIVE)
    except aiohttp.WSServerHandshakeError as error:
        detail = f"the address answered {error.status} and opened no WebSocket: is Janus there?"
        raise Interrupted(SourceReason.REFUSED, detail) from None
    try:
        yield socket
    finally:
        await socket.close()


async def refuse_redirects(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """A WebSocket is not opened elsewhere than at the address that was attached: aiohttp would go there unasked."""
    response = await handler(request)
    if 300 <= response.status < 400:
        response.close()
        detail = f"the address answered {response.status}: it leads elsewhere; attach the address that it leads to"
        raise Interrupted(SourceReason.REFUSED, detail)
    return response
