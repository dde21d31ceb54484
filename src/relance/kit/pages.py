"""A page of a long list."""

from collections.abc import Sequence
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
