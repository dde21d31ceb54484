"""How a creditor's money is handled: the choices and their values."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from relance.kit.money import threshold_minor

SMALL_DIFFERENCE_CEILING = "5.00"
"""The most that a policy may give up without a second person, in units of the creditor's currency."""


def small_difference_ceiling(currency: str) -> int:
    """The most that a policy may give up of an item by itself, in minor units of `currency`."""
    return threshold_minor(SMALL_DIFFERENCE_CEILING, currency)


class AllocationOrder(StrEnum):
    """In which order a creditor's receipts settle items, after the ones that the payer designated.

    `named_only`: nothing else, the rest waits. `by_hand`: a person allocates everything. `civil_code`: the French order
    of article 1342-10, with interest and costs of a debt before its principal (1343-1).
    """

    OLDEST_DUE = "oldest_due"
    NAMED_ONLY = "named_only"
    CIVIL_CODE = "civil_code"
    BY_HAND = "by_hand"


class InterestOnSettlement(StrEnum):
    """What becomes of late-payment interest when its principal is paid: it never vanishes silently."""

    KEEP = "keep"
    BILL = "bill"
    WAIVE = "waive"


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """How a creditor's money is handled; the defaults are these. Amounts are in minor units of its currency.

    `seal_after_days`: the nightly cycle seals days so old, None: only people seal.
    """

    allocation_order: AllocationOrder = AllocationOrder.OLDEST_DUE
    small_difference_minor: int = 0
    interest_on_settlement: InterestOnSettlement = InterestOnSettlement.KEEP
    interest_minimum_minor: int = 0
    contract_percent: Decimal | None = None
    recovers_written_off: bool = True
    seal_after_days: int | None = None
