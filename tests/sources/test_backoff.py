"""Pauses between attempts."""

from guard.sources.backoff import LONGEST, SETTLED, Backoff


def test_pauses_double_up_to_the_longest_and_differ() -> None:
    pauses = [[backoff.pause() for _ in range(9)] for backoff in (Backoff(), Backoff())]
    for number, pause in enumerate(pauses[0]):
        full = min(0.5 * 2**number, LONGEST)
        assert full / 2 <= pause <= full
    assert pauses[0] != pauses[1]


def test_an_attempt_that_lasted_begins_anew_and_the_other_side_is_heeded() -> None:
    backoff = Backoff()
    for _ in range(9):
        backoff.pause()
    assert backoff.pause(SETTLED) <= 0.5
    assert backoff.pause(0.0, 120.0) == 120.0
