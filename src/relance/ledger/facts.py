"""Shapes of the ledger that other rooms see. Money is in minor units beside a currency."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """What a standing sums up: a whole account, or one open item."""

    ACCOUNT = "account"
    INVOICE = "invoice"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is overdue on a day: of an account in one currency (`item_id` 0), or of one item.

    Disputed or future items are not in it; `overdue_minor` is what allocations effective by that day leave open.
    """

    account_id: int
    item_id: int
    currency: str
    overdue_minor: int
    oldest_due_on: dt.date
    item_count: int


@dataclass(frozen=True, slots=True)
class OpenItemFacts:
    """An item as of a day: its amount and what is still open of it."""

    id: int
    account_id: int
    kind: str
    number: str
    nature: str
    currency: str
    born_on: dt.date
    due_on: dt.date
    amount_minor: int
    open_minor: int
    document_url: str


@dataclass(frozen=True, slots=True)
class CreditFacts:
    """A receipt or credit note as of a day: its amount and what is not allocated of it."""

    id: int
    account_id: int
    kind: str
    number: str
    currency: str
    received_on: dt.date
    amount_minor: int
    open_minor: int
    method: str
    named_item: str
    reversed_on: dt.date | None
    posted_by: str


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's money in one currency as of a day: `total = open - unallocated`, of which `overdue` is late."""

    currency: str
    open_minor: int
    overdue_minor: int
    unallocated_minor: int

    @property
    def total_minor(self) -> int:
        """What the account owes in all, credits counted."""
        return self.open_minor - self.unallocated_minor


@dataclass(frozen=True, slots=True)
class AgeingRow:
    """Items of one group, currency and age band as of a day; `band` is the index into the bands asked for."""

    key: str
    currency: str
    band: int
    item_count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ReceiptOrder:
    """A receipt to post. `number` is its external reference, unique per account."""

    account_id: int
    number: str
    currency: str
    amount_minor: int
    received_on: dt.date
    method: str
    named_item: str = ""


@dataclass(frozen=True, slots=True)
class PostedReceipt:
    """What posting did: the receipt's id, whether it was new, and the amount left unallocated."""

    credit_id: int
    created: bool
    unallocated_minor: int


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
