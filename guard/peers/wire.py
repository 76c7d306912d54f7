"""Messages between the service and its ingest processes: tuples, pickled, each behind its length.

Both ends are the same program, and the socket between them has no name that anybody else could open.
"""

import asyncio
import pickle
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any

_LENGTH = struct.Struct("!I")
READ_AHEAD = 2**20
"""Bytes that wait to be read before the other end is held up: some 60 frames."""


async def streams(end: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """This end of the socket pair as asyncio's streams."""
    return await asyncio.open_unix_connection(sock=end, limit=READ_AHEAD // 2)


def send(writer: asyncio.StreamWriter, *message: Any) -> None:
    """Send one message; never waits. What is sent to somebody who has ended is lost."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    writer.write(_LENGTH.pack(len(data)) + data)


async def messages(reader: asyncio.StreamReader) -> AsyncIterator[tuple[Any, ...]]:
    """Messages until the other end closes or dies."""
    try:
        while True:
            (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
            yield pickle.loads(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return
