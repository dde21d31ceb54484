"""Late interest: the terms, the changes of what is owed, the segments that come out, and settling on a day."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class RateMode(StrEnum):
    """Whether a published rate moves with each half-year, or stays that of the half-year in which interest began."""

    FLOATING = "floating"
    FIXED_AT_DUE = "fixed_at_due"


@dataclass(frozen=True, slots=True)
class PrincipalChange:
    """The principal open from the end of the day `on`; that day itself still bears interest on what was open before."""

    on: dt.date
    principal_minor: int


@dataclass(frozen=True, slots=True)
class InterestTerms:
    """What was agreed: a contract rate in percent a year (None: the statutory one), and how a published rate moves.

    `formal_notice_on` is the day the debtor received the formal notice, where interest needs one.
    """

    contract_percent: Decimal | None = None
    mode: RateMode = RateMode.FLOATING
    formal_notice_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class InterestSegment:
    """Interest on one principal at one rate; both days are counted in `day_count`."""

    from_on: dt.date
    to_on: dt.date
    day_count: int
    principal_minor: int
    percent: Decimal
    interest_minor: int


class PaymentOrder(StrEnum):
    """What a part payment clears first: the interest due that day (C. civ. 1343-1), or the principal."""

    INTEREST_FIRST = "interest_first"
    PRINCIPAL_FIRST = "principal_first"


@dataclass(frozen=True, slots=True)
class PartPayment:
    """Money that reached the creditor on a day."""

    on: dt.date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What settles a debt on a day: principal and interest still owed, or what was paid too much.

    `segments` are those of the whole delay, including interest that part payments have cleared.
    """

    principal_minor: int
    interest_minor: int
    overpaid_minor: int
    segments: tuple[InterestSegment, ...]

    @property
    def total_minor(self) -> int:
        """What must be paid in all."""
        return self.principal_minor + self.interest_minor
