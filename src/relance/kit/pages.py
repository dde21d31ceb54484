"""A page of a long list."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list in its order; `next_after` is the key to ask the following page with, None at the end.

    `total` counts the whole list up to `kit.pages.COUNT_LIMIT`; `total_is_exact` says whether it stopped there.
    """

    rows: Sequence[Row]
    next_after: str | None
    total: int
    total_is_exact: bool = True


COUNT_LIMIT = 10_000


def counted_page(rows: Sequence[Row], next_after: str | None, total: int) -> Page[Row]:
    """A page of a list that was counted no further than `COUNT_LIMIT` + 1."""
    return Page(rows, next_after, min(total, COUNT_LIMIT), total <= COUNT_LIMIT)


def each_page(ask: Callable[[str | None], Page[Row]]) -> Iterator[Page[Row]]:
    """The pages of a list, first to last; `ask` gives the page after a key, the first one for None."""
    page = ask(None)
    yield page
    while page.next_after is not None:
        page = ask(page.next_after)
        yield page
