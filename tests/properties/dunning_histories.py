"""Made-up histories of dunning, the same ones for the same seed: ladders of every kind and accounts that live under them."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.properties.dunning_shapes import DAY, Event, History, Ladder, Rung, World

START = dt.date(2026, 3, 30)
"""A Monday before the French spring with its many holidays."""
LENGTH = 70
ORDER = ("bill", "set", "pay", "take_back", "hold", "turn", "work_done", "switch")
WHOLE = (
    "promise",
    "plan",
    "bank_feed_stale",
    "aid_request",
    "deceased",
    "vulnerable",
    "legal",
    "manual",
    "exempt",
    "dispute",
)
NARROW = ("dispute", "promise", "plan", "payment_in_flight", "manual")
OLDER = ("over_indebtedness", "insolvency", "manual", "legal")


@dataclass(frozen=True)
class Portfolio:
    """Accounts that share their nights, and the ladders published for each of their groups."""

    worlds: dict[str, World]
    histories: tuple[History, ...]


def portfolio(seed: int, account_count: int) -> Portfolio:
    """`account_count` accounts in groups, each group with ladders of its own."""
    draw = random.Random(seed)
    nights = tuple(_nights(draw))
    worlds = {f"g{n}": World(nights, tuple(_published(draw, f"g{n}"))) for n in range(12)}
    groups = sorted(worlds)
    return Portfolio(
        worlds,
        tuple(_history(random.Random(f"{seed}/{n}"), f"H{n:05d}", groups[n % len(groups)], worlds) for n in range(account_count)),
    )  # fmt: skip


def _nights(draw: random.Random) -> Iterator[dt.date]:
    """Every night, or some missed, or a week or two missed in a row."""
    missed = draw.choice([0.0, 0.0, 0.1, 0.4])
    gap = draw.choice([range(0), range(20, 27), range(30, 45)])
    for n in range(LENGTH):
        if n not in gap and draw.random() >= missed:
            yield START + n * DAY


def _published(draw: random.Random, group: str) -> Iterator[tuple[dt.date, Ladder]]:
    """What a group is pursued with: its own ladder, one for a credit class, one that only a person chooses; new versions."""
    by_item = draw.random() < 0.35
    for code, priority, credit_class in ((group, 10, ""), (f"{group}-risky", 20, "risky"), (f"{group}-other", 0, "")):
        yield START - DAY, _ladder(draw, code, group, priority, credit_class, by_item)
        if draw.random() < 0.4:
            on = START + draw.randrange(5, LENGTH) * DAY
            yield on, _ladder(draw, code, group, priority, credit_class, by_item)


def _ladder(draw: random.Random, code: str, group: str, priority: int, credit_class: str, by_item: bool) -> Ladder:
    enter = draw.choice([1, 1000, 1500, 1500, 3000])
    ages = sorted(draw.sample(range(1, 40), draw.randint(1, 5)))
    return Ladder(
        code, group, priority, credit_class, by_item, enter, draw.choice([m for m in (0, 0, 500, 1000) if m < enter]),
        draw.random() < 0.25, draw.random() < 0.2,
        tuple(_rung(draw, f"s{age}", age) for age in ages),
    )  # fmt: skip


WHAT = [("send:reminder",)] * 4 + [("send:formal_notice",)] * 2
WHAT += [("task",), ("send:reminder", "task"), ("task", "send:formal_notice")]


def _rung(draw: random.Random, code: str, age: int) -> Rung:
    actions = draw.choice(WHAT)
    rung = Rung(code, age, actions, mandatory=draw.random() < 0.25)
    if draw.random() < 0.25:
        rung = replace(rung, min_minor=draw.choice([1500, 2500, 4000]))
    if draw.random() < 0.12:
        bands = [(0, 3000), (2000, 100_000), (1000, 5000)]
        rung = replace(rung, band=draw.choice([band for band in bands if band[1] > rung.min_minor]))
    if draw.random() < 0.08:
        rung = replace(rung, classes=(draw.choice(["standard", "risky"]),))
    if draw.random() < 0.25:
        rung = replace(rung, working_day=draw.choice(["next", "previous"]))
    return rung


def _history(draw: random.Random, number: str, group: str, worlds: dict[str, World]) -> History:
    bills = list(_bills(draw))
    money = list(_money(draw, bills))
    events = [*bills, *money, *_holds(draw, bills), *_changes(draw, [x.code for _, x in worlds[group].published])]
    # Of one receipt and hold the parts stay in order; a day has the order of `ORDER`.
    return History(number, group, tuple(sorted(events, key=_place)))


def _place(event: Event) -> tuple[dt.date, int, dt.date]:
    """By day and kind; the bills of one file, which money that waits takes together, the oldest due first."""
    return event.on, ORDER.index(event.verb), event.told[1] if event.verb == "bill" else event.on


def _bills(draw: random.Random) -> Iterator[Event]:
    """Invoices with due dates of their own, issued in weekly runs."""
    for n, offset in enumerate(draw.sample(range(-25, 50), draw.choice([1, 1, 2, 3, 4]))):
        due = START + offset * DAY
        issued = due - draw.choice([0, 5, 14, 30]) * DAY
        issued -= (issued - START).days % 7 * DAY
        yield Event(issued, "bill", (f"F{n}", due, draw.choice([400, 900, 1500, 2500, 4000, 6000])))


def _money(draw: random.Random, bills: list[Event]) -> Iterator[Event]:
    """Payments in full, in parts, too much; some are taken back."""
    for bill in bills:
        number, due, minor = bill.told
        for part in range(draw.choice([0, 0, 1, 1, 1, 2])):
            on = max(bill.on, due + draw.randint(-5, 35) * DAY, START)
            paid = draw.choice([minor, minor, draw.randint(1, minor), minor // 2 or 1, minor + 700])
            reference = f"{number}-P{part}"
            if on < START + LENGTH * DAY:
                yield Event(on, "pay", (reference, paid, number if draw.random() < 0.7 else ""))
                if draw.random() < 0.25 and (back := on + draw.randint(0, 20) * DAY) < START + LENGTH * DAY:
                    yield Event(back, "take_back", (reference,))


def _holds(draw: random.Random, bills: list[Event]) -> Iterator[Event]:
    """Holds of every scope, some dated back, ended, or begun again."""
    for n in range(draw.choice([0, 0, 0, 1, 1, 2])):
        on = START + draw.randrange(LENGTH) * DAY
        since = on + draw.choice([0, 0, 0, -3, -10, 4]) * DAY
        until = since + draw.choice([1, 4, 9, 21]) * DAY if draw.random() < 0.6 else None
        scope, billed = draw.choice("aaiipb"), [bill for bill in bills if bill.on <= on]
        item, part, before = "", 0, None
        if scope in "ip" and billed:
            item, _, minor = draw.choice(billed).told
            kind = draw.choice(NARROW)
            if scope == "p":
                kind, part = draw.choice(["dispute", "promise", "payment_in_flight"]), draw.randint(1, minor - 1)
        elif scope == "b":
            kind, before = draw.choice(OLDER), on - draw.randint(0, 20) * DAY
        else:
            kind = draw.choice(WHOLE)
        yield Event(on, "hold", (n, kind, item, part, before, ((since, until, True),)))
        if draw.random() < 0.5:
            later = on + draw.randint(0, 15) * DAY
            free = max(since, later - draw.choice([0, 0, 5]) * DAY)
            if until is None or free <= until:
                yield Event(later, "turn", (n, (free, None, False)))
                if draw.random() < 0.3:
                    again = free + draw.randint(-2, 6) * DAY
                    yield Event(later + draw.randint(0, 5) * DAY, "turn", (n, (again, again + 4 * DAY, True)))


def _changes(draw: random.Random, codes: list[str]) -> Iterator[Event]:
    """Addresses lost and found, credit classes, the choices of people, work that is done."""

    def some_day() -> dt.date:
        return START + draw.randrange(LENGTH) * DAY

    if draw.random() < 0.2:
        yield Event(START, "set", ("reachable", False))
    if draw.random() < 0.2:
        yield Event(some_day(), "set", ("reachable", draw.random() < 0.8))
    if draw.random() < 0.15:
        yield Event(some_day(), "set", ("credit_class", "risky"))
    if draw.random() < 0.08:
        yield Event(some_day(), "set", ("credit_class", "standard"))
    if draw.random() < 0.1:
        yield Event(some_day(), "set", ("chosen", draw.choice(["", *codes])))
    if draw.random() < 0.1:
        yield Event(some_day(), "switch", (draw.choice(codes), draw.random() < 0.5))
    for _ in range(draw.choice([0, 1, 3])):
        yield Event(some_day(), "work_done")
