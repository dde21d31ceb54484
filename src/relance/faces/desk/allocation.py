"""The allocation screen's choice: which payments, how much for which item, and what that leaves, before anything is
written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from relance.faces.desk.access import whole_number
from relance.faces.desk.amount_words import amount_text
from relance.faces.desk.amounts import typed_amount
from relance.faces.desk.templatetags.desk import language
from relance.kit.money import AmountError
from relance.ledger.facts import AllocationLine, CreditFacts, OpenItemFacts


@dataclass(slots=True)
class ItemRow:
    """An open item with what was typed for it, what will be left of it, and what is wrong with the typing."""

    item: OpenItemFacts
    typed: str = ""
    taken_minor: int = 0
    error: str = ""

    @property
    def left_minor(self) -> int:
        """What stays open."""
        return self.item.open_minor - self.taken_minor


@dataclass(slots=True)
class CreditRow:
    """A free payment or credit note, whether it is chosen, and what will be left of it."""

    credit: CreditFacts
    chosen: bool
    seen_minor: int
    used_minor: int = 0

    @property
    def left_minor(self) -> int:
        """What stays unallocated."""
        return self.credit.open_minor - self.used_minor


@dataclass(slots=True)
class Choice:
    """One currency's choice: rows of both sides, the lines they make, and why it cannot be made, if so.

    `gone`: a payment that was chosen has nothing left, because somebody else was faster.
    """

    currency: str
    credits: Sequence[CreditRow]
    items: Sequence[ItemRow]
    lines: Sequence[AllocationLine] = field(default_factory=list)
    trouble: str = ""
    gone: bool = False

    @property
    def chosen_minor(self) -> int:
        """What the chosen payments have."""
        return sum(row.credit.open_minor for row in self.credits if row.chosen)

    @property
    def taken_minor(self) -> int:
        """What the items take of it."""
        return sum(row.taken_minor for row in self.items)

    @property
    def can_be_made(self) -> bool:
        """Whether there is something to confirm."""
        return bool(self.lines) and not self.trouble and not any(row.error for row in self.items)

    @property
    def seen(self) -> Mapping[int, int]:
        """What each chosen payment had when the person looked."""
        return {row.credit.id: row.seen_minor for row in self.credits if row.chosen}


def first_choice(
    currency: str,
    credits: Sequence[CreditFacts],
    items: Sequence[OpenItemFacts],
    credit_id: int | None,
    item_id: int | None,
) -> Choice:
    """What the screen begins with: the payment asked for, or all, on the item asked for, or the oldest first."""
    chosen = {credit.id for credit in credits if credit_id is None or credit.id == credit_id}
    rows = [CreditRow(credit, credit.id in chosen, credit.open_minor) for credit in credits]
    choice = Choice(currency, rows, [ItemRow(item) for item in items])
    only = {item_id} if any(item.id == item_id for item in items) else None
    return _filled(choice, only)


def read_choice(
    currency: str, credits: Sequence[CreditFacts], items: Sequence[OpenItemFacts], sent: QueryDict, *, fill: bool
) -> Choice:
    """The choice that a form sent; with `fill` its payments are set against the oldest items anew."""
    chosen = {whole_number(text) for text in sent.getlist("credit")}
    credit_rows = []
    for credit in credits:
        seen = whole_number(sent.get(f"seen-{credit.id}", ""))
        credit_rows.append(CreditRow(credit, credit.id in chosen, credit.open_minor if seen is None else seen))
    choice = Choice(currency, credit_rows, [ItemRow(item, sent.get(f"item-{item.id}", "").strip()) for item in items])
    if fill:
        return _filled(choice, None)
    choice.gone = bool(chosen - {credit.id for credit in credits})
    if choice.gone:
        choice.trouble = _("A payment that you chose has nothing left: somebody allocated it meanwhile. Look again.")
    for row in choice.items:
        if row.typed.strip("0.,"):
            _read(row)
    return _paired(choice)


def _read(row: ItemRow) -> None:
    try:
        minor = typed_amount(row.typed, row.item.currency, language())
    except AmountError as error:
        row.error = str(error)
        return
    if minor > row.item.open_minor:
        row.error = _("More than is open.")
        return
    row.taken_minor = minor


def _filled(choice: Choice, only: set[int | None] | None) -> Choice:
    """Amounts for the oldest items until the chosen payments are used up; disputed parts are left to be typed."""
    left = choice.chosen_minor
    for row in choice.items:
        offered = row.item.chased_minor if only is None else row.item.open_minor * (row.item.id in only)
        row.taken_minor = min(left, offered)
        left -= row.taken_minor
        row.typed = amount_text(row.taken_minor, choice.currency) if row.taken_minor else ""
        row.error = ""
    return _paired(choice)


def _paired(choice: Choice) -> Choice:
    """Set the chosen payments against the amounts, both in the order shown."""
    lines = []
    chosen = [row for row in choice.credits if row.chosen]
    for row in choice.items:
        missing = row.taken_minor
        for credit in chosen:
            minor = min(missing, credit.left_minor)
            if minor > 0:
                credit.used_minor += minor
                missing -= minor
                lines.append(AllocationLine(credit.credit.id, row.item.id, minor))
    choice.lines = lines
    if choice.taken_minor > choice.chosen_minor and not choice.trouble:
        choice.trouble = _("The amounts come to more than the chosen payments have.")
    return choice
