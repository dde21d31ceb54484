"""The shapes in which a history of dunning is told: ladders, what happens to an account, and the lines of an answer."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, NamedTuple

import holidays

DAY, NEVER = dt.timedelta(days=1), dt.date(2027, 1, 1)
FRANCE = holidays.country_holidays("FR")


@cache
def works(day: dt.date) -> bool:
    """Whether it is a working day in France."""
    return day.weekday() < 5 and day not in FRANCE


def moved(day: dt.date, working_day: str) -> dt.date:
    """The day, or the `next` or `previous` working day when nobody works on it."""
    while working_day != "on" and not works(day):
        day += DAY if working_day == "next" else -DAY
    return day


@dataclass(frozen=True)
class Rung:
    """A stage. `actions` are `send:<template>` or `task`; `band` (from, up to, minor units) and `classes` are its
    `when`, empty for anybody.
    """

    code: str
    age: int
    actions: tuple[str, ...]
    mandatory: bool = False
    min_minor: int = 0
    band: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    working_day: str = "on"

    def is_for(self, minor: int, credit_class: str) -> bool:
        """Whether its `when` fits."""
        low, high = self.band or (minor, minor + 1)
        return low <= minor < high and credit_class in (self.classes or (credit_class,))


@dataclass(frozen=True)
class Ladder:
    """A version of a scenario, for the accounts of a group, of one credit class or (empty) of any; in minor units."""

    code: str
    group: str
    priority: int
    credit_class: str
    by_item: bool
    enter: int
    leave: int
    jump: bool
    restart: bool
    rungs: tuple[Rung, ...]


class Event(NamedTuple):
    """What happens to an account on a day, in words of the oracle, and its details.

    bill (number, due, minor) · pay (reference, minor, named item) · take_back (reference) · set (name, value) ·
    hold (n, kind, item, part minor, born before or None, its first turns) · turn (n, turn) ·
    switch (ladder, keep place) · work_done ()
    """

    on: dt.date
    verb: str
    told: tuple[Any, ...] = ()


class Line(NamedTuple):
    """An action that came into a state on a night; `item` is empty at account level."""

    on: dt.date
    item: str
    stage: str
    action: str
    state: str
    reason: str


@dataclass(frozen=True)
class World:
    """The nights that were worked, and the ladders for an account's group with their publishing days (before the night)."""

    nights: tuple[dt.date, ...]
    published: tuple[tuple[dt.date, Ladder], ...]

    def ladders(self, on: dt.date) -> dict[str, Ladder]:
        """The version in force of each ladder on a day."""
        return {ladder.code: ladder for day, ladder in self.published if day <= on}


@dataclass(frozen=True)
class History:
    """One account: its number, which family of ladders is for it, and what happens to it, in order."""

    number: str
    group: str
    events: tuple[Event, ...]


@dataclass
class Item:
    """A debt and what is open of it."""

    born: dt.date
    due: dt.date
    open: int


@dataclass
class Receipt:
    """Money: the item it names, what is left of it, and what of it was set against which item."""

    received: dt.date
    named: str
    left: int
    used: dict[str, int] = field(default_factory=dict)


class Purse:
    """The money of an account: a receipt settles the item it names, then the oldest due; what is left waits."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.receipts: dict[str, Receipt] = {}

    def bill(self, on: dt.date, number: str, due: dt.date, minor: int) -> None:
        self.items[number] = Item(on, due, minor)
        self._settle()

    def pay(self, on: dt.date, reference: str, minor: int, named: str) -> None:
        self.receipts[reference] = Receipt(on, named, minor)
        self._settle()

    def take_back(self, reference: str) -> list[str]:
        """The items that the money had settled are open again; returns their numbers."""
        gone = self.receipts.pop(reference)
        for number, minor in gone.used.items():
            self.items[number].open += minor
        self._settle()
        return [number for number, minor in gone.used.items() if minor]

    def pursued(self, numbers: list[str], case: str, closed: dt.date) -> bool:
        """Whether one of these items was overdue in a case before that day."""
        return any(case in ("", number) and self.items[number].due < closed for number in numbers)

    def overdue(self, number: str, on: dt.date) -> dict[str, int]:
        """What is open of the item, or without a number of each item, that is past due."""
        return {n: item.open for n, item in self.items.items() if number in ("", n) and item.due < on and item.open}

    def owed(self, number: str, on: dt.date) -> int:
        """All that `overdue` tells."""
        return sum(self.overdue(number, on).values())

    def _settle(self) -> None:
        for receipt in self.receipts.values():
            for number in sorted(self.items, key=lambda n: (n != receipt.named, self.items[n].due)):
                minor = min(receipt.left, self.items[number].open)
                receipt.used[number] = receipt.used.get(number, 0) + minor
                receipt.left, self.items[number].open = receipt.left - minor, self.items[number].open - minor


Turn = tuple[dt.date, dt.date | None, bool]
"""A recording about a hold: from a day up to, not including, another (None: for good) it is in force, or it is not."""


@dataclass(frozen=True)
class Hold:
    """A hold of an account; `item`, `part` and `before` narrow it. Of its turns the one recorded last counts."""

    kind: str
    item: str
    part: int
    before: dt.date | None
    turns: tuple[Turn, ...]

    @cached_property
    def days(self) -> frozenset[dt.date]:
        """The days held."""
        held: set[dt.date] = set()
        for since, until, holds in self.turns:
            span = {since + n * DAY for n in range(((until or NEVER) - since).days)}
            held = held | span if holds else held - span
        return frozenset(held)

    def is_about(self, number: str, items: Mapping[str, Item]) -> bool:
        """Whether it covers all of this item but not the whole account; without a number: the whole account."""
        if self.before is not None and number:
            return items[number].born < self.before
        return self.before is None and not self.part and self.item == number
