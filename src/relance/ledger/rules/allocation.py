"""How credits settle items: pure, in the order in which things happened."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from relance.ledger.facts import AllocationOrder, Wish


@dataclass(slots=True)
class OpenDebit:
    """An item with something open; `open_minor` falls as `allocate` uses it up.

    `open_from` is the first day on which it can take money: its birth, or the day on which it was opened again.
    `kept_minor` of it is left alone unless the payer names the item: disputed, in flight, or time-barred. `debt` is the
    item whose interest or costs this is, or its own id. `is_new`: it came, or was freed, in the act that allocates.
    """

    id: int
    currency: str
    number: str
    open_from: dt.date
    due_on: dt.date | None
    open_minor: int
    kept_minor: int = 0
    debt: int = 0
    is_principal: bool = True
    born_on: dt.date = dt.date.min
    is_new: bool = True

    @property
    def offered_minor(self) -> int:
        """What money that names no item may settle."""
        return max(0, self.open_minor - self.kept_minor)


@dataclass(slots=True)
class OpenCredit:
    """A credit with something unallocated; `open_minor` falls as `allocate` uses it up.

    `received_on` is the first day on which it can settle anything; `wishes` are the payer's, after `named_item`.
    """

    id: int
    currency: str
    received_on: dt.date
    named_item: str
    open_minor: int
    wishes: tuple[Wish, ...] = ()
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class NewAllocation:
    """This much of a credit settles an item from `effective_on` on."""

    credit_id: int
    item_id: int
    amount_minor: int
    effective_on: dt.date


def allocate(
    items: Sequence[OpenDebit],
    credits: Sequence[OpenCredit],
    order: AllocationOrder = AllocationOrder.OLDEST_DUE,
    held_until: dt.date = dt.date.min,
) -> list[NewAllocation]:
    """Set one account's unallocated credits against its open items; what finds no item stays unallocated.

    Played in calendar order, so that importing a year at once gives the same result as living it: on each day, older
    credits go first; a credit settles the items its payer designated if they are open by then, then those that `order`
    says. Currencies never mix. The arguments' `open_minor` are used up.

    A credit and an item that were both there before this act were kept apart by a policy, a person or a dispute; they
    meet on `held_until`, the day of the act, at the earliest, so that what earlier days showed stays.
    """
    made: list[NewAllocation] = []
    if order is AllocationOrder.BY_HAND:
        return made
    for currency in sorted({credit.currency for credit in credits}):
        made.extend(
            _allocate_currency(
                sorted((i for i in items if i.currency == currency), key=_oldest_due),
                sorted((c for c in credits if c.currency == currency), key=lambda c: (c.received_on, c.id)),
                order,
                held_until,
            )
        )
    return made


def _oldest_due(item: OpenDebit) -> tuple[dt.date, dt.date, int]:
    return item.due_on or dt.date.max, item.born_on, item.id


def _allocate_currency(
    items: list[OpenDebit], credits: list[OpenCredit], order: AllocationOrder, held_until: dt.date
) -> Iterator[NewAllocation]:
    by_number = {item.number: item for item in items}
    days = sorted(
        {c.received_on for c in credits}
        | {i.open_from for i in items if i.open_from > credits[0].received_on}
        | ({held_until} if held_until > credits[0].received_on and not all(c.is_new for c in credits) else set())
    )
    waiting: list[OpenCredit] = []
    oldest_open = 0
    arriving = iter(credits)
    coming = next(arriving, None)
    for day in days:
        while coming is not None and coming.received_on <= day:
            waiting.append(coming)
            coming = next(arriving, None)
        for credit in waiting:
            on_offer = _OnOffer(day, credit.is_new or day >= held_until)
            yield from _designated(credit, by_number, on_offer)
            if credit.open_minor == 0 or order is AllocationOrder.NAMED_ONLY:
                continue
            if order is AllocationOrder.CIVIL_CODE:
                yield from _civil_code(credit, items, on_offer)
                continue
            while oldest_open < len(items) and items[oldest_open].offered_minor == 0:
                oldest_open += 1
            for position in range(oldest_open, len(items)):
                item = items[position]
                if item.offered_minor > 0 and on_offer.takes(item):
                    yield _settle(credit, item, item.offered_minor, day)
                    if credit.open_minor == 0:
                        break
        waiting = [credit for credit in waiting if credit.open_minor > 0]
        if coming is None and not waiting:
            return


@dataclass(frozen=True, slots=True)
class _OnOffer:
    """Which items a credit may settle on a day: those open by then, and of those it was kept from, none too early."""

    day: dt.date
    old_ones_too: bool

    def takes(self, item: OpenDebit) -> bool:
        return item.open_from <= self.day and (self.old_ones_too or item.is_new)


def _designated(credit: OpenCredit, by_number: dict[str, OpenDebit], on_offer: _OnOffer) -> Iterator[NewAllocation]:
    """The payer's wish, which comes before any order and may pay what is disputed."""
    named = by_number.get(credit.named_item) if credit.named_item else None
    if named is not None and named.open_minor > 0 and on_offer.takes(named):
        yield _settle(credit, named, named.open_minor, on_offer.day)
    left: list[Wish] = []
    for wish in credit.wishes:
        item = by_number.get(wish.item_number)
        if item is None or item.open_minor == 0 or not on_offer.takes(item) or credit.open_minor == 0:
            left.append(wish)
            continue
        asked = item.open_minor if wish.amount_minor is None else min(wish.amount_minor, item.open_minor)
        yield _settle(credit, item, asked, on_offer.day)
    credit.wishes = tuple(left)


def _civil_code(credit: OpenCredit, items: Iterable[OpenDebit], on_offer: _OnOffer) -> Iterator[NewAllocation]:
    """Article 1342-10: debts that are due first, then the oldest, pro rata between debts of one day; 1343-1: of one
    debt, interest and costs before the principal. All debts of an account bear the same rate, so none presses more.
    """
    debts: dict[int, list[OpenDebit]] = {}
    for item in items:
        if item.offered_minor > 0 and on_offer.takes(item):
            debts.setdefault(item.debt or item.id, []).append(item)
    dated = sorted(
        ((min(item.due_on or dt.date.max for item in debt), key) for key, debt in debts.items()),
        key=lambda row: (row[0] > on_offer.day, row[0], row[1]),
    )
    for _, tie in groupby(dated, key=lambda row: row[0]):
        tied = [debts[key] for _, key in tie]
        shares = pro_rata(credit.open_minor, [sum(item.offered_minor for item in debt) for debt in tied])
        for debt, share in zip(tied, shares, strict=True):
            left = share
            for item in sorted(debt, key=lambda item: (item.is_principal, _oldest_due(item))):
                part = min(left, item.offered_minor)
                if part > 0:
                    left -= part
                    yield _settle(credit, item, part, on_offer.day)
        if credit.open_minor == 0:
            return


def pro_rata(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion to `weights`, none getting more than its weight; left-over units go to the largest.

    When the amount covers all weights, each gets its weight.
    """
    total = sum(weights)
    if amount_minor >= total:
        return list(weights)
    shares = [amount_minor * weight // total for weight in weights]
    by_weight = sorted(range(len(weights)), key=lambda place: -weights[place])
    for place in by_weight[: amount_minor - sum(shares)]:
        shares[place] += 1
    return shares


def _settle(credit: OpenCredit, item: OpenDebit, at_most: int, day: dt.date) -> NewAllocation:
    amount = min(credit.open_minor, at_most)
    credit.open_minor -= amount
    item.open_minor -= amount
    return NewAllocation(credit.id, item.id, amount, day)
