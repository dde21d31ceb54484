"""Holds as other rooms see them: what stops the machine from acting on a debt, how far, and when."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class HoldKind(StrEnum):
    """Why a debt is held. What each kind forbids is `rules.MATRIX`."""

    DISPUTE = "dispute"
    PROMISE = "promise"
    PLAN = "plan"
    PAYMENT_IN_FLIGHT = "payment_in_flight"
    BANK_FEED_STALE = "bank_feed_stale"
    AID_REQUEST = "aid_request"
    OVER_INDEBTEDNESS = "over_indebtedness"
    INSOLVENCY = "insolvency"
    DECEASED = "deceased"
    VULNERABLE = "vulnerable"
    LEGAL = "legal"
    MANUAL = "manual"
    EXEMPT = "exempt"


class Guarded(StrEnum):
    """What a hold may forbid. `formal` covers the formal notice, fees, the indemnity and interest; `report` the
    registers of bad payers.
    """

    REMINDER = "reminder"
    FORMAL = "formal"
    DEBIT = "debit"
    RESTRICT = "restrict"
    PLACE = "place"
    REPORT = "report"


class Verdict(StrEnum):
    """What a hold says to a guarded act: nothing, no, only as a courtesy, only a partial restriction, or ask a person."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    COURTESY_ONLY = "courtesy_only"
    RESTRICTED_ONLY = "restricted_only"
    NEEDS_APPROVAL = "needs_approval"


class Scope(StrEnum):
    """How much of an account a hold covers."""

    ACCOUNT = "account"
    ITEM = "item"
    PART = "part"
    BORN_BEFORE = "born_before"


Period = tuple[dt.date, dt.date | None]
"""A first day held and the first day free again, None while no end is known."""


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """A hold with the days on which it is in force, as its events say now.

    `item_id` is 0 for the whole account; `part_minor` is the held amount of that item in `currency`, None for all of it;
    `born_before` limits it to items born before that day. `periods` are in order and do not touch.
    """

    id: int
    account_id: int
    kind: HoldKind
    item_id: int
    part_minor: int | None
    born_before: dt.date | None
    periods: tuple[Period, ...]
    reason: str
    reference: str
    placed_by: str
    currency: str = ""

    @property
    def scope(self) -> Scope:
        """How much of the account it covers."""
        if self.part_minor is not None:
            return Scope.PART
        if self.item_id:
            return Scope.ITEM
        return Scope.ACCOUNT if self.born_before is None else Scope.BORN_BEFORE


@dataclass(frozen=True, slots=True)
class HoldEventFacts:
    """One line of a hold's history: held (`pauses`) or free again from `effective_on` on, and when that was recorded."""

    id: int
    hold_id: int
    pauses: bool
    effective_on: dt.date
    reason: str
    by: str
    recorded_at: dt.datetime


class HoldState(StrEnum):
    """Where a hold stands on a day: in force, still to come (again), or over."""

    ACTIVE = "active"
    COMING = "coming"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold as lists show it, with its account, where it stands on the list's day, and when it was placed."""

    hold: HoldFacts
    account_number: str
    account_name: str
    state: HoldState
    placed_at: dt.datetime


@dataclass(frozen=True, slots=True)
class HoldsChanged:
    """Event: a hold of these accounts was placed, prolonged or ended, inside the writing transaction.

    `stops_messages` says that a hold now stops reminders or formal notices, so that what waits to be sent is asked again.
    """

    account_ids: Sequence[int]
    stops_messages: bool
