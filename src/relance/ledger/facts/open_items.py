"""What accounts owe and have in hand as of a day."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """What a standing sums up: a whole account, or one open item."""

    ACCOUNT = "account"
    INVOICE = "invoice"


class ExclusionKind(StrEnum):
    """Why part of an item is owed but not chased."""

    DISPUTED = "disputed"
    IN_FLIGHT = "in_flight"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Standing:
    """What can be chased on a day: of an account in one currency (`item_id` 0), or of one item.

    It is past due by that day, and net: disputed, time-barred and in-flight parts are left out, and unallocated credits
    of the account are taken off its oldest items first.
    """

    account_id: int
    item_id: int
    currency: str
    overdue_minor: int
    oldest_due_on: dt.date
    item_count: int


@dataclass(frozen=True, slots=True)
class OpenItemFacts:
    """An item as of a day: its amount, what is still open of it, and what of that is not chased.

    `due_on` is the due date in force that day; `document_due_on` the document's own, where it was postponed another.
    """

    id: int
    account_id: int
    kind: str
    number: str
    nature: str
    currency: str
    born_on: dt.date
    due_on: dt.date | None
    amount_minor: int
    open_minor: int
    document_url: str
    tax_minor: int
    origin_id: int | None
    document_due_on: dt.date | None
    disputed_minor: int
    in_flight_minor: int
    expired_minor: int

    @property
    def chased_minor(self) -> int:
        """What may be asked for: the open amount less what is disputed, on its way, or time-barred."""
        return max(0, self.open_minor - self.disputed_minor - self.in_flight_minor - self.expired_minor)

    def is_overdue(self, on: dt.date) -> bool:
        """Whether the item is past due on a day; one without due date never is."""
        return self.due_on is not None and self.due_on < on


@dataclass(frozen=True, slots=True)
class ClaimedItem:
    """An overdue item and how much of it is asked for: its chased amount less unallocated credits, oldest item first."""

    item: OpenItemFacts
    claimed_minor: int


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
    reason: str
    by_hand: bool
    payer_iban: str


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's money in one currency as of a day: `total = open - unallocated`, of which `overdue` is late.

    `excluded_minor` of the overdue amount is not chased: disputed, in flight or time-barred.
    """

    currency: str
    open_minor: int
    overdue_minor: int
    unallocated_minor: int
    excluded_minor: int = 0

    @property
    def total_minor(self) -> int:
        """What the account owes in all, credits counted."""
        return self.open_minor - self.unallocated_minor


@dataclass(frozen=True, slots=True)
class AgeingRow:
    """Items of one group, currency and age band as of a day; `band` is the index into the bands asked for.

    `band` is None for items without a due date. `disputed_minor` is the disputed part of `amount_minor`.
    """

    key: str
    currency: str
    band: int | None
    item_count: int
    amount_minor: int
    disputed_minor: int


@dataclass(frozen=True, slots=True)
class AllocationFacts:
    """A live allocation of an account: how much of which credit settles which item, and from which day.

    `by_hand`: a person chose it. `belongs_to` is the kind of document that it came with and is taken back with, such
    as `write_off` or `refund`; empty: it can be undone by itself.
    """

    id: int
    credit_id: int
    credit_number: str
    item_id: int
    item_number: str
    currency: str
    amount_minor: int
    effective_on: dt.date
    by_hand: bool
    belongs_to: str


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """A write-off or refund asked for.

    `data` of a write-off has `items` (each id, number, amount_minor) and `recovers_vat`; of a refund `credit` (its id),
    `number` and `iban`.
    """

    id: int
    account_id: int
    kind: str
    state: str
    currency: str
    amount_minor: int
    data: dict[str, object]
    reason: str
    requested_by: str
    requested_at: dt.datetime
    requested_on: dt.date
    decided_by: str
    decided_at: dt.datetime | None
    decision_reason: str


@dataclass(frozen=True, slots=True)
class RefundOrigin:
    """Whose word it is that a payment arrived and came from its payer's account; empty names where an import said so.

    `evidence` is the reason that was given for the payer's account; it and its instant are there only if somebody
    recorded that account after the payment.
    """

    number: str
    method: str
    received_on: dt.date
    source: str
    recorded_by: str
    recorded_at: dt.datetime
    payer_recorded_by: str
    payer_recorded_at: dt.datetime | None
    evidence: str


@dataclass(frozen=True, slots=True)
class RequestedPart:
    """An item to write off, or a credit to refund: how much was asked for, and how much of it there is now."""

    number: str
    asked_minor: int
    left_minor: int


@dataclass(frozen=True, slots=True)
class RequestEffect:
    """What approving a request would do now: its parts, and the entries (debited, credited account, minor units)."""

    parts: tuple[RequestedPart, ...]
    entries: tuple[tuple[str, str, int], ...]

    @property
    def falls_short(self) -> bool:
        """Whether less is left than was asked for, so that it cannot be approved."""
        return any(part.left_minor < part.asked_minor for part in self.parts)


@dataclass(frozen=True, slots=True)
class ExclusionFacts:
    """A live exclusion of an item: how much of it is not chased, since when and why."""

    id: int
    item_id: int
    kind: ExclusionKind
    amount_minor: int
    effective_on: dt.date
    reference: str
    reason: str


@dataclass(frozen=True, slots=True)
class WrittenOffItem:
    """An item of a write-off: how much of it was given up, and how much of that has come in since (item as a whole)."""

    item_id: int
    item_number: str
    amount_minor: int
    recovered_minor: int


@dataclass(frozen=True, slots=True)
class WriteOffFacts:
    """A debt given up: `tax_minor` of it is VAT recovered from the state (0: none); asked for and approved by two people."""

    credit_id: int
    number: str
    currency: str
    written_off_on: dt.date
    amount_minor: int
    tax_minor: int
    reason: str
    requested_by: str
    approved_by: str
    items: tuple[WrittenOffItem, ...]


@dataclass(frozen=True, slots=True)
class DepositedCheque:
    """A cheque of a deposit slip as it was posted; `reversed_on` when it bounced."""

    account_id: int
    credit_id: int
    number: str
    amount_minor: int
    named_item: str
    reversed_on: dt.date | None


@dataclass(frozen=True, slots=True)
class DepositFacts:
    """A cheque deposit slip; `cheques` only when it was asked for by its id."""

    id: int
    creditor_id: int
    number: str
    deposited_on: dt.date
    currency: str
    cheque_count: int
    amount_minor: int
    posted_by: str
    posted_at: dt.datetime
    cheques: tuple[DepositedCheque, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A line of an account's ledger: a document or a reversal with its debit or credit, and the balance after it."""

    on: dt.date
    kind: str
    id: int
    number: str
    currency: str
    debit_minor: int
    credit_minor: int
    balance_minor: int
    due_on: dt.date | None
    note: str

    @property
    def only_spreads(self) -> bool:
        """Whether the line belongs to a split: its credit and its instalments add up to nothing."""
        return self.kind in {"split", "instalment"}


@dataclass(frozen=True, slots=True)
class ClaimableInterest:
    """Late-payment interest of one item as of a day: what has accrued, was billed, was waived, and is left.

    `refusal` (and `refusal_fr`) tells in a sentence why it cannot be computed or asked for; then nothing has accrued, or,
    where a later rate is missing, what has accrued through `through_on`, the last day whose rate is known.
    `disputed_minor` is the part that accrued on what is disputed that day: it may be asked for once that is answered.
    """

    item_id: int
    item_number: str
    currency: str
    accrued_minor: int
    billed_minor: int
    waived_minor: int
    refusal: str = ""
    refusal_fr: str = ""
    disputed_minor: int = 0
    through_on: dt.date | None = None

    @property
    def overbilled_minor(self) -> int:
        """What was billed beyond what has accrued, since a payment or a credit note was dated back; 0 while a refusal
        leaves open what has accrued.
        """
        return 0 if self.refusal else max(0, self.billed_minor - self.accrued_minor)

    @property
    def claimable_minor(self) -> int:
        """What may still be billed or waived; less than nothing accrued since (a credit note dated back) is nothing."""
        return max(0, self.accrued_minor - self.disputed_minor - self.billed_minor - self.waived_minor)


@dataclass(frozen=True, slots=True)
class LimitationFacts:
    """When an open item becomes time-barred, and what started its period anew last (empty: its due date)."""

    item: OpenItemFacts
    ends_on: dt.date
    rule: str
    restarted_on: dt.date | None
    restarted_by: str
