"""Pages and their tokens."""

import pytest

from guard.core.errors import PageError
from guard.rpc.paging import LARGEST_PAGE, USUAL_PAGE, key_of, page, page_behind, token_of

NAMES = [f"{number:04}" for number in range(2500)]


def paged(size: int, names: list[str] = NAMES, token: str = "") -> tuple[list[str], str]:
    return page(reversed(names), lambda name: (name, "x"), size, token)


@pytest.mark.parametrize(("size", "count"), [(0, USUAL_PAGE), (1, 1), (7, 7), (5000, LARGEST_PAGE)])
def test_a_page_has_the_size_asked_for_within_limits(size: int, count: int) -> None:
    assert paged(size)[0] == NAMES[:count]


@pytest.mark.parametrize("size", [500, 999, 2500])
def test_all_pages_together_are_the_sorted_list(size: int) -> None:
    seen, token = paged(size)
    while token:
        more, token = paged(size, token=token)
        seen += more
    assert seen == NAMES


def test_the_last_page_has_no_token_even_when_it_is_full() -> None:
    assert paged(2, NAMES[:2]) == (NAMES[:2], "")


def test_items_that_come_and_go_move_no_other_to_another_page() -> None:
    first, token = paged(3, NAMES[:6])
    assert first == NAMES[:3]
    assert paged(3, NAMES[2:6], token)[0] == NAMES[3:6]


@pytest.mark.parametrize("token", ["x", "é", "====", token_of(("a",))[:-3], "MQ==", "WzFd", "bnVsbA==", "W1tb" * 9999])
def test_a_token_of_somebody_elses_making_is_refused(token: str) -> None:
    with pytest.raises(PageError, match="page_token"):
        key_of(token)


async def behind(name: str, limit: int) -> list[str]:
    return [one for one in NAMES if one > name][:limit]


@pytest.mark.parametrize("size", [500, 999, 2500])
async def test_pages_of_a_list_that_is_not_held_are_the_same(size: int) -> None:
    seen, token = await page_behind(behind, str, size, "")
    while token:
        more, token = await page_behind(behind, str, size, token)
        seen += more
    assert seen == NAMES


async def test_a_token_of_another_list_is_refused() -> None:
    with pytest.raises(PageError):
        await page_behind(behind, str, 10, token_of(("a call", "a participant")))
