"""The limitation clock of a debt: its nature, what restarts it, and the day it ends."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class Nature(StrEnum):
    """What an item was billed for; same values as an invoice's nature."""

    SERVICE = "service"
    EQUIPMENT = "equipment"
    TERMINATION = "termination"
    OTHER = "other"


class ItemKind(StrEnum):
    """What kind of item runs out; anything but an invoice follows the nature of the debt it came from."""

    INVOICE = "invoice"
    LATE_FEE = "late_fee"
    INDEMNITY = "indemnity"
    INTEREST = "interest"
    RETURN_CHARGE = "return_charge"
    RECOVERY = "recovery"
    INSTALMENT = "instalment"


class InterruptionKind(StrEnum):
    """The only events that restart the clock. A reminder or a registered letter is none of them."""

    ACKNOWLEDGEMENT = "acknowledgement"
    PART_PAYMENT = "part_payment"
    COURT = "court"
    INSOLVENCY_CLAIM = "insolvency_claim"


@dataclass(frozen=True, slots=True)
class Interruption:
    """An event that restarts the clock. Raises ValueError for a kind that does not, such as a letter."""

    kind: InterruptionKind
    on: dt.date

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", InterruptionKind(self.kind))


@dataclass(frozen=True, slots=True)
class Limitation:
    """When a claim lapses: at the end of `ends_on`; `last_safe_on`, the day before, is the last day to act on it.

    `restarted_on` and `restarted_by` name the last interruption that counted.
    """

    ends_on: dt.date
    last_safe_on: dt.date
    period_years: int
    rule: str
    source: str
    restarted_on: dt.date | None = None
    restarted_by: InterruptionKind | None = None
