"""What the ledger tells whoever listens."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MoneyMoved:
    """News: credits of these accounts were posted, or taken back when `reopened` is true.

    `effective_on` is the day from which a single posting counts; a file's postings have many days and give none.
    """

    account_ids: Sequence[int]
    reopened: bool = False
    effective_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class ItemsPosted:
    """News: these accounts got new items that are already past due on the day of posting."""

    account_ids: Sequence[int]
