"""Print batches as screens see them."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PrintBatchFacts:
    """Letters of one creditor and channel, sealed together; `state` is sealing, sealed or posted."""

    id: int
    creditor_id: int
    channel: str
    business_date: dt.date
    state: str
    letter_count: int
    page_count: int
    sealed_at: dt.datetime | None
    sealed_by: str
    posted_on: dt.date | None
    posted_by: str


@dataclass(frozen=True, slots=True)
class SealAsked:
    """Event: a person asked to seal the waiting letters of a creditor and channel."""

    creditor_id: int
    channel: str
    as_of: dt.date
    actor: str


@dataclass(frozen=True, slots=True)
class PrintedFacts:
    """A letter in its batch; pages count from 1. `weight` is the most grams of its class, printed on one side, 0 beyond."""

    sequence: int
    account_id: int
    account_number: str
    message_id: int
    first_page: int
    page_count: int
    weight: int
    address: tuple[str, ...]
    tracking_number: str

    @property
    def last_page(self) -> int:
        """The page of the batch on which the letter ends."""
        return self.first_page + self.page_count - 1


class LetterFate(StrEnum):
    """What a print house says of a letter: put in the post, handed over to the customer, or come back."""

    POSTED = "posted"
    DELIVERED = "delivered"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class LetterReport:
    """One line of a print house's report; `reason` says why a letter came back, `tracking_number` may be empty."""

    sequence: int
    fate: LetterFate
    occurred_on: dt.date
    tracking_number: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReportError:
    """What is wrong with a row (1 is the head) of a print house's file, and what would be right."""

    row: int
    column: str
    message: str
