"""What acts come to, in words and typed amounts, worked out without touching the ledger."""

import calendar
import datetime as dt
from collections.abc import Sequence

from django.utils.translation import gettext as _

from relance.faces.desk.act_pages import Effect
from relance.faces.desk.labels import label
from relance.faces.desk.templatetags.desk import day, language, money
from relance.kit.money import format_amount
from relance.ledger.facts import OpenItemFacts


def amount_text(minor: int, currency: str) -> str:
    """An amount as the reader would type it: a decimal comma in French, no spaces."""
    return decimal_text(format_amount(minor, currency))


def decimal_text(plain: str) -> str:
    """A plain number as the reader would type it: with a decimal comma in French."""
    return plain.replace(".", ",") if language() == "fr" else plain


def named_items(items: Sequence[OpenItemFacts]) -> list[tuple[int, str]]:
    """Items to choose among: the id of each, and its kind, number and open amount."""
    return [
        (item.id, f"{label('document', item.kind)} {item.number} · {money(item.open_minor, item.currency)}")
        for item in items
    ]


def credit_note_effect(item: OpenItemFacts | None, amount_minor: int | None, currency: str) -> Effect:
    """What a credit note leaves of its item; the part that the item cannot take is a warning."""
    if amount_minor is None:
        return Effect()
    if item is None:
        return Effect([_("%(amount)s is credited to the account and settles what is open by the creditor’s policy.")
                       % {"amount": money(amount_minor, currency)}])  # fmt: skip
    settled = min(amount_minor, item.open_minor)
    words = {
        "number": item.number,
        "settled": money(settled, currency),
        "left": money(item.open_minor - settled, currency),
        "rest": money(amount_minor - settled, currency),
    }
    told = []
    if settled:
        told.append(
            _("%(number)s is settled (%(settled)s).") % words
            if settled == item.open_minor
            else _("%(settled)s of %(number)s is credited; %(left)s remains open.") % words
        )
    if amount_minor == settled:
        return Effect(told)
    larger = _("The credit note is larger than what is open of %(number)s: the remaining %(rest)s stays on the account "
               "and settles other items by the creditor’s policy.") % words  # fmt: skip
    return Effect(told, [larger])


def overdue_told(overdue_minor: int, currency: str) -> str:
    """What paying money back means for an account that owes something overdue."""
    return _("%(amount)s is overdue on this account; without this money, dunning may begin again.") % {
        "amount": money(overdue_minor, currency)
    }


def equal_parts(open_minor: int, currency: str, count: int, first_on: dt.date) -> list[tuple[str, str]]:
    """Equal monthly parts as typed rows (day, amount); the last one takes the rest of the division.

    A first day that a month does not have becomes its last one.
    """
    part = open_minor // count
    minors = [part] * (count - 1) + [open_minor - part * (count - 1)]
    return [
        (_months_later(first_on, place).isoformat(), amount_text(minor, currency)) for place, minor in enumerate(minors)
    ]


def _months_later(on: dt.date, months: int) -> dt.date:
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return dt.date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))


def is_far(on: dt.date, today: dt.date) -> bool:
    """Whether a day lies more than twelve months ahead, as a slip of the keyboard does."""
    return on > _months_later(today, 12)


def split_effect(item: OpenItemFacts, parts: Sequence[tuple[dt.date, int]] | None, today: dt.date) -> Effect:
    """Whether the instalments add up to what is open, and what is missing or too much; a plan of years is a warning."""
    if parts is None:
        return Effect()
    last_on = max((on for on, _minor in parts), default=today)
    far = [_("The last instalment is due on %(on)s, more than twelve months from now.") % {"on": day(last_on)}]
    return Effect(_sums_told(item, parts), far if is_far(last_on, today) else ())


def _sums_told(item: OpenItemFacts, parts: Sequence[tuple[dt.date, int]]) -> list[str]:
    total = sum(minor for _on, minor in parts)
    words = {
        "count": len(parts),
        "total": money(total, item.currency),
        "open": money(item.open_minor, item.currency),
        "gap": money(abs(item.open_minor - total), item.currency),
    }
    if total == item.open_minor:
        return [_("%(count)s instalments, %(total)s in all: exactly what is open.") % words]
    if total < item.open_minor:
        return [_("%(total)s of %(open)s: %(gap)s is missing.") % words]
    return [_("%(total)s of %(open)s: %(gap)s too much.") % words]
