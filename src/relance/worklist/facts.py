"""Shapes of the worklist: what is ordered, what stands on the list, and what kinds of work there are."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class WorkState(StrEnum):
    """Where an item of work stands; `cancelled` is closed without having been done."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class WorkSort(StrEnum):
    """How the list is ordered: what is most worth doing first, what is due first, or what is newest first."""

    VALUE = "value"
    DUE = "due"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What may come of a kind of work: the code that is stored, its title by language, and whether the customer was
    spoken to in person.
    """

    code: str
    title: Mapping[str, str]
    reached: bool = False


@dataclass(frozen=True, slots=True)
class WorkKind:
    """A kind of work: its title by language, the outcomes it may be closed with, and its urgency (higher comes first).

    Work that `speaks_to_customer` is called off when nothing is overdue any more: nobody who has paid is chased.
    """

    title: Mapping[str, str]
    outcomes: tuple[Outcome, ...]
    urgency: int
    speaks_to_customer: bool


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """An item of work asked for. `key` is the id of whatever asks, a planned action: each key makes one item.

    `item_id` is the open item it is about, 0 for the whole account; `kind` a file on the shelf of kinds; `title` what to
    do, empty where the kind says it all; `detail` plain JSON values to show. `opened_on` is the business date.
    """

    key: int
    account_id: int
    kind: str
    item_id: int
    currency: str
    due_on: dt.date
    title: str
    detail: Mapping[str, Any]
    opened_on: dt.date


@dataclass(frozen=True, slots=True)
class WorkItemFacts:
    """An item of work as lists show it.

    `stake_minor` is what the account owed past due, in `currency`, when it was last looked at (`stake_on`).
    `assigned_to` is a user name, empty for nobody. `closed_on`, `closed_by`, `outcome` and `note` are of its end.
    """

    id: int
    key: int
    account_id: int
    kind: str
    item_id: int
    currency: str
    title: str
    detail: Mapping[str, Any]
    due_on: dt.date
    opened_on: dt.date
    opened_at: dt.datetime
    state: str
    assigned_to: str
    closed_on: dt.date | None
    closed_by: str
    outcome: str
    note: str
    stake_minor: int
    stake_on: dt.date

    def is_late(self, as_of: dt.date) -> bool:
        """Whether it is still to be done although its day has passed; on the day itself it is not late."""
        return self.state == WorkState.OPEN and self.due_on < as_of


@dataclass(frozen=True, slots=True)
class WorkFilter:
    """Which items of work a list shows; an empty criterion means any.

    `assigned_to` is a user name, or `WorkFilter.NOBODY` for what nobody has taken. `overdue_on` keeps what was due
    before that day. `account_ids` restricts to these accounts.
    """

    NOBODY = "-"

    state: str = WorkState.OPEN
    kind: str = ""
    assigned_to: str = ""
    overdue_on: dt.date | None = None
    account_ids: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class WorkCounts:
    """How much is open: in all, past its day, taken by one person, taken by nobody; each up to `COUNT_LIMIT`."""

    open: int
    overdue: int
    mine: int
    nobodys: int


@dataclass(frozen=True, slots=True)
class WorkClosed:
    """Event: items of work of these accounts were closed or called off; published inside the writing transaction.

    `keys` are those of their orders; `outcome` is what came of all of them, empty when they were called off.
    """

    account_ids: Sequence[int]
    keys: Sequence[int]
    outcome: str
