"""How credits settle items: pure, in the order in which things happened."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class OpenDebit:
    """An item with something open; `open_minor` falls as `allocate` uses it up.

    `open_from` is the first day on which it can take money: its birth, or the day a reversal opened it again.
    """

    id: int
    currency: str
    number: str
    open_from: dt.date
    due_on: dt.date
    open_minor: int


@dataclass(slots=True)
class OpenCredit:
    """A credit with something unallocated; `open_minor` falls as `allocate` uses it up."""

    id: int
    currency: str
    received_on: dt.date
    named_item: str
    open_minor: int


@dataclass(frozen=True, slots=True)
class NewAllocation:
    """This much of a credit settles an item from `effective_on` on."""

    credit_id: int
    item_id: int
    amount_minor: int
    effective_on: dt.date


def allocate(items: Sequence[OpenDebit], credits: Sequence[OpenCredit]) -> list[NewAllocation]:
    """Set one account's unallocated credits against its open items; what finds no item stays unallocated.

    Played in calendar order, so that importing a year at once gives the same result as living it: on each day, older
    credits go first; a credit settles the item it names if that is open by then, else the oldest due. Currencies never
    mix. The arguments' `open_minor` are used up.
    """
    made: list[NewAllocation] = []
    for currency in sorted({credit.currency for credit in credits}):
        made.extend(
            _allocate_currency(
                sorted((i for i in items if i.currency == currency), key=lambda i: (i.due_on, i.open_from, i.id)),
                sorted((c for c in credits if c.currency == currency), key=lambda c: (c.received_on, c.id)),
            )
        )
    return made


def _allocate_currency(items: list[OpenDebit], credits: list[OpenCredit]) -> Iterable[NewAllocation]:
    by_number = {item.number: item for item in items}
    days = sorted(
        {c.received_on for c in credits} | {i.open_from for i in items if i.open_from > credits[0].received_on}
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
            named = by_number.get(credit.named_item) if credit.named_item else None
            if named is not None and named.open_minor > 0 and named.open_from <= day:
                yield _settle(credit, named, day)
            if credit.open_minor == 0:
                continue
            while oldest_open < len(items) and items[oldest_open].open_minor == 0:
                oldest_open += 1
            for position in range(oldest_open, len(items)):
                item = items[position]
                if item.open_minor > 0 and item.open_from <= day:
                    yield _settle(credit, item, day)
                    if credit.open_minor == 0:
                        break
        waiting = [credit for credit in waiting if credit.open_minor > 0]
        if coming is None and not waiting:
            return


def _settle(credit: OpenCredit, item: OpenDebit, day: dt.date) -> NewAllocation:
    amount = min(credit.open_minor, item.open_minor)
    credit.open_minor -= amount
    item.open_minor -= amount
    return NewAllocation(credit.id, item.id, amount, day)
