"""Messages between processes arrive whole, in order, and end with the other end."""

import socket

from guard.core.errors import LostError, SignallingError
from guard.core.items import Cut
from guard.peers import wire


async def test_messages_arrive_as_they_were_sent_until_the_other_end_closes() -> None:
    one, other = socket.socketpair()
    _, writer = await wire.streams(one)
    reader, answering = await wire.streams(other)
    fault = SignallingError("offer", "cannot be met", "send another")
    sent = [("cut", "key", Cut.GAP, 3), ("offer", "key", bytes(2**14), 1.5, 7.0), ("answered", "key", 1, None, fault)]
    for message in sent:
        wire.send(writer, *message)
    writer.close()
    got = [message async for message in wire.messages(reader)]
    assert got[:2] == sent[:2]
    assert str(got[2][4]) == str(fault)
    answering.close()


async def test_half_a_message_is_none() -> None:
    one, other = socket.socketpair()
    reader, writer = await wire.streams(other)
    one.sendall(b"\x00\x00\x00\x09half")
    one.close()
    assert [message async for message in wire.messages(reader)] == []
    wire.send(writer, "to nobody", LostError("gone"))
    writer.close()
