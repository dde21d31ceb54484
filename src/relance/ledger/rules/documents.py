"""How documents are divided: the tax in a part, the instalments of an item, and money that recovers written-off debt."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

NUMBER_LENGTH = 60
"""The longest number an item can have."""


def tax_share(tax_minor: int, amount_minor: int, part_minor: int) -> int:
    """The tax in a part of a document, rounded half up to the minor unit."""
    if amount_minor == 0:
        return 0
    return (2 * tax_minor * part_minor + amount_minor) // (2 * amount_minor)


def tax_of_part(tax_minor: int, amount_minor: int, earlier_minor: int, earlier_tax_minor: int, part_minor: int) -> int:
    """The tax that taking back one more part of a document takes along, after earlier parts with their tax.

    Parts are counted up, so that the last one takes the rest and all together never more than the tax; what lies above
    the document's amount carries none.
    """
    so_far = min(amount_minor, earlier_minor + part_minor)
    within = max(0, so_far - earlier_minor)
    return max(0, min(within, tax_share(tax_minor, amount_minor, so_far) - earlier_tax_minor))


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of an item with a number and a due date of its own."""

    number: str
    due_on: dt.date
    amount_minor: int
    tax_minor: int


class PlanFault(Enum):
    """Why parts cannot be the instalments of an item; the caller says it in the reader's language."""

    TOO_FEW = auto()
    NOTHING = auto()
    """A part is not above zero."""
    UNORDERED = auto()
    """The due dates do not rise."""
    PAST = auto()
    """The first due date lies before the day of the plan."""
    OTHER_TOTAL = auto()
    """The parts do not add up to the open amount."""
    LONG_NUMBER = auto()
    """The item's number leaves no room for the instalment's."""


def instalments(
    item_number: str,
    open_minor: int,
    tax_minor: int,
    parts: Sequence[tuple[dt.date, int]],
    on: dt.date,
    earlier_count: int = 0,
) -> list[Instalment] | PlanFault:
    """The instalments of an item's open amount, of which `tax_minor` is tax, as agreed on a day.

    They are numbered on from `earlier_count`. Their taxes add up to the tax, each within a minor unit of its share.
    They are two or more, in the order of their dates, none of them past, each above zero, and add up to the open
    amount; otherwise the fault is returned.
    """
    if len(parts) < 2:
        return PlanFault.TOO_FEW
    if any(minor <= 0 for _, minor in parts):
        return PlanFault.NOTHING
    dates = [due_on for due_on, _ in parts]
    if dates != sorted(set(dates)):
        return PlanFault.UNORDERED
    if dates[0] < on:
        return PlanFault.PAST
    if sum(minor for _, minor in parts) != open_minor:
        return PlanFault.OTHER_TOTAL
    made = []
    before = 0
    for count, (due_on, minor) in enumerate(parts, earlier_count + 1):
        number = f"{item_number}/{count}"
        if len(number) > NUMBER_LENGTH:
            return PlanFault.LONG_NUMBER
        tax = tax_share(tax_minor, open_minor, before + minor) - tax_share(tax_minor, open_minor, before)
        before += minor
        made.append(Instalment(number, due_on, minor, tax))
    return made


@dataclass(slots=True)
class WrittenOffDebt:
    """What was written off of an item and has not come in since; `left_minor` falls as `recoveries` uses it up.

    `tax_minor` is the VAT that the write-offs took back from the state, of `amount_minor`; `tax_returned_minor` what
    earlier recoveries have already given back of it.
    """

    item_id: int
    item_number: str
    currency: str
    written_off_on: dt.date
    amount_minor: int
    tax_minor: int
    left_minor: int
    tax_returned_minor: int


@dataclass(slots=True)
class FreeReceipt:
    """A receipt with money left once nothing is open; `names` are the items its payer meant.

    With `named_only` it recovers those alone. `free_from` is the day from which the money is at hand.
    """

    credit_id: int
    currency: str
    free_from: dt.date
    left_minor: int
    names: frozenset[str] = field(default_factory=frozenset)
    named_only: bool = False


@dataclass(frozen=True, slots=True)
class Recovery:
    """This much of a receipt recovers an item's written-off debt from a day on; `tax_minor` is owed to the state again."""

    credit_id: int
    item_id: int
    currency: str
    amount_minor: int
    tax_minor: int
    recovered_on: dt.date


def recoveries(debts: Sequence[WrittenOffDebt], receipts: Sequence[FreeReceipt]) -> list[Recovery]:
    """Set one account's remaining receipts against its written-off debts: named ones first, then the oldest write-off.

    Oldest receipts first. VAT that a write-off took back is owed again as the money comes in (CGI 272), in proportion;
    the last part brings the rest. The arguments are used up.
    """
    made = []
    for receipt in sorted(receipts, key=lambda r: (r.free_from, r.credit_id)):
        named = [debt for debt in debts if debt.item_number in receipt.names]
        others = [] if receipt.named_only else [debt for debt in debts if debt.item_number not in receipt.names]
        for debt in [*_oldest_first(named), *_oldest_first(others)]:
            minor = min(receipt.left_minor, debt.left_minor)
            if minor == 0 or debt.currency != receipt.currency:
                continue
            debt.left_minor -= minor
            receipt.left_minor -= minor
            due = tax_share(debt.tax_minor, debt.amount_minor, debt.amount_minor - debt.left_minor)
            tax = max(0, min(minor, due - debt.tax_returned_minor))
            debt.tax_returned_minor += tax
            on = max(receipt.free_from, debt.written_off_on)
            made.append(Recovery(receipt.credit_id, debt.item_id, debt.currency, minor, tax, on))
    return made


def _oldest_first(debts: Sequence[WrittenOffDebt]) -> list[WrittenOffDebt]:
    return sorted(debts, key=lambda debt: (debt.written_off_on, debt.item_id))
