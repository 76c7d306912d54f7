"""Missing packets are asked for again while that is worth it."""

from aiortc.rtp import RtpPacket

from guard.peers.requests import ASK_AGAIN, MOST_MISSING, Requests, ahead
from tests.service_fakes import Clock


def packet(number: int, ssrc: int = 7) -> RtpPacket:
    return RtpPacket(96, 1, number % 2**16, 0, ssrc, b"")


def test_lost_packets_are_asked_for_until_they_come() -> None:
    clock = Clock()
    requests = Requests(clock)
    assert [requests.add(packet(number)) for number in (65534, 65535, 1, 2)] == [False, False, True, False]
    assert requests.missing == {0}
    clock.now += ASK_AGAIN
    assert requests.add(packet(3))
    assert not requests.add(packet(4))
    requests.add(packet(0))
    clock.now += ASK_AGAIN
    assert not requests.add(packet(5))


def test_too_many_are_not_asked_for() -> None:
    requests = Requests(Clock())
    requests.add(packet(1))
    assert requests.add(packet(2 + MOST_MISSING))
    assert len(requests.missing) == MOST_MISSING
    assert not requests.add(packet(4 + 2 * MOST_MISSING))
    assert not requests.missing


def test_what_was_given_up_and_what_another_sender_sent_is_not_asked_for() -> None:
    requests = Requests(Clock())
    for number in (1, 3, 5):
        requests.add(packet(number))
    requests.forget(4)
    assert requests.missing == {4}
    assert not requests.add(packet(900, ssrc=8))
    assert not requests.missing


def test_numbers_wrap_around() -> None:
    assert [ahead(3, 1), ahead(1, 65535), ahead(65535, 1), ahead(5, 5)] == [2, 2, -2, 0]
