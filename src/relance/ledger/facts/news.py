"""What the ledger tells whoever listens."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MoneyMoved:
    """News: credits of these accounts were posted, or taken back when `reopened` is true.

    `effective_on` is the day from which a single posting counts; a file's postings have many days, and give beside each
    account the last of them, `last_days`.
    """

    account_ids: Sequence[int]
    reopened: bool = False
    effective_on: dt.date | None = None
    last_days: Sequence[dt.date] = ()

    @property
    def days(self) -> Mapping[int, dt.date]:
        """By account the day from which all of its money counts, as far as known."""
        if self.effective_on is not None:
            return dict.fromkeys(self.account_ids, self.effective_on)
        return dict(zip(self.account_ids, self.last_days, strict=False))


@dataclass(frozen=True, slots=True)
class ItemsPosted:
    """News: these accounts got new items that are already past due on the day of posting."""

    account_ids: Sequence[int]
