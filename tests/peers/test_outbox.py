"""What an ingest process sends while the service does not read: whole runs or nothing."""

import numpy as np
import pytest

from guard.core.items import Cut
from guard.peers.outbox import MOST_UNSENT, Outbox
from tests.service_fakes import frame, until


class Writer:
    """A writer whose buffer a test fills."""

    def __init__(self) -> None:
        self.unsent = 0
        self.sent = 0
        self.transport = self

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def write(self, data: bytes) -> None:
        self.sent += 1


async def test_frames_are_dropped_while_too_much_waits_and_a_cut_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr("guard.peers.wire.send", lambda writer, *message: sent.append(message))
    writer = Writer()
    outbox = Outbox(writer)
    for number, unsent in enumerate([0, MOST_UNSENT, MOST_UNSENT + 1, MOST_UNSENT // 2 + 1, MOST_UNSENT // 2]):
        writer.unsent = unsent
        outbox.offer("key", frame(number), 7.0)
    assert not sent
    await until(lambda: sent)
    ((_, _, sent),) = sent
    assert [message[:2] for message in sent] == [("offer", "key")] * 2 + [("cut", "key"), ("offer", "key")]
    assert sent[2][2:] == (Cut.OVERFLOW, 2)
    assert [round(message[3] * 25) for message in sent if message[0] == "offer"] == [0, 1, 4]
    assert np.array_equal(np.frombuffer(sent[0][2], np.uint8).reshape(128, 128), frame(0).pixels)


async def test_a_stream_that_is_over_is_forgotten() -> None:
    writer = Writer()
    outbox = Outbox(writer)
    writer.unsent = MOST_UNSENT + 1
    outbox.offer("key", frame(0), 7.0)
    outbox.forget("key")
    writer.unsent = 0
    outbox.offer("key", frame(1), 7.0)
    outbox.flush()
    outbox.flush()
    assert writer.sent == 1
