"""Credits meet items in calendar order: the named one first, else the oldest due, and a year at once equals a year lived."""

import datetime as dt
from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from relance.ledger.rules import OpenCredit, OpenDebit, allocate

START = dt.date(2026, 1, 1)


def on(offset: int) -> dt.date:
    return START + dt.timedelta(days=offset)


def item(id_: int, minor: int, born: int = 0, due: int = 30, currency: str = "EUR") -> OpenDebit:
    return OpenDebit(id_, currency, f"F{id_}", on(born), on(due), minor)


def credit(id_: int, minor: int, received: int, named: str = "", currency: str = "EUR") -> OpenCredit:
    return OpenCredit(id_, currency, on(received), named, minor)


def plain(items: list[OpenDebit], credits: list[OpenCredit]) -> list[tuple[int, int, int, int]]:
    return [(a.credit_id, a.item_id, a.amount_minor, (a.effective_on - START).days) for a in allocate(items, credits)]


def test_oldest_due_first_and_the_rest_stays_unallocated() -> None:
    late, later = item(1, 1000, due=30), item(2, 500, due=10)
    payment = credit(9, 1700, 40)
    assert plain([late, later], [payment]) == [(9, 2, 500, 40), (9, 1, 1000, 40)]
    assert payment.open_minor == 200


def test_the_named_item_first_then_the_oldest() -> None:
    assert plain([item(1, 1000, due=10), item(2, 500, due=30)], [credit(9, 800, 40, "F2")]) == [
        (9, 2, 500, 40),
        (9, 1, 300, 40),
    ]


def test_an_unknown_name_falls_back_to_the_oldest() -> None:
    assert plain([item(1, 1000)], [credit(9, 100, 40, "F77")]) == [(9, 1, 100, 40)]


def test_money_before_the_invoice_waits_for_its_birth() -> None:
    assert plain([item(1, 1000, born=20, due=50)], [credit(9, 600, 5)]) == [(9, 1, 600, 20)]


def test_a_credit_that_names_an_item_not_yet_born_settles_what_is_owed_now() -> None:
    assert plain([item(1, 400), item(2, 600, born=20, due=50)], [credit(9, 600, 5, "F2")]) == [
        (9, 1, 400, 5),
        (9, 2, 200, 20),
    ]


def test_an_earlier_payment_is_not_overtaken_by_a_later_named_one() -> None:
    assert plain([item(1, 1000)], [credit(9, 1000, 10, "F1"), credit(8, 1000, 5)]) == [(8, 1, 1000, 5)]


def test_currencies_never_mix() -> None:
    assert plain([item(1, 1000, currency="USD")], [credit(9, 600, 5)]) == []


amounts = st.integers(min_value=1, max_value=500)
items_drawn = st.lists(st.tuples(amounts, st.integers(0, 30), st.integers(0, 30)), max_size=6)
credits_drawn = st.lists(st.tuples(amounts, st.integers(0, 60), st.integers(0, 8)), max_size=6)


@given(items_drawn, credits_drawn)
def test_a_year_at_once_equals_a_year_lived(
    drawn_items: list[tuple[int, int, int]], drawn_credits: list[tuple[int, int, int]]
) -> None:
    """Allocating everything in one call gives what allocating at the end of each day gives."""

    def fresh() -> tuple[list[OpenDebit], list[OpenCredit]]:
        items = [item(n, minor, born, born + term) for n, (minor, born, term) in enumerate(drawn_items)]
        credits = [
            credit(100 + n, minor, received, f"F{named}" if named < len(drawn_items) else "")
            for n, (minor, received, named) in enumerate(drawn_credits)
        ]
        return items, credits

    at_once = allocate(*fresh())
    items, credits = fresh()
    lived = []
    for offset in range(100):
        known_items = [i for i in items if i.open_from <= on(offset) and i.open_minor > 0]
        known_credits = [c for c in credits if c.received_on <= on(offset) and c.open_minor > 0]
        lived += [(a.credit_id, a.item_id, a.amount_minor) for a in allocate(known_items, known_credits)]
    assert sorted((a.credit_id, a.item_id, a.amount_minor) for a in at_once) == sorted(lived)


@given(items_drawn, credits_drawn)
def test_nothing_is_made_or_lost(
    drawn_items: list[tuple[int, int, int]], drawn_credits: list[tuple[int, int, int]]
) -> None:
    items = [item(n, minor, born, born + term) for n, (minor, born, term) in enumerate(drawn_items)]
    credits = [credit(100 + n, minor, received) for n, (minor, received, _) in enumerate(drawn_credits)]
    owed = {i.id: i.open_minor for i in items}
    brought = {c.id: c.open_minor for c in credits}
    by_item: dict[int, int] = defaultdict(int)
    by_credit: dict[int, int] = defaultdict(int)
    for made in allocate(items, credits):
        assert made.amount_minor > 0
        by_item[made.item_id] += made.amount_minor
        by_credit[made.credit_id] += made.amount_minor
    assert all(owed[i.id] - by_item[i.id] == i.open_minor >= 0 for i in items)
    assert all(brought[c.id] - by_credit[c.id] == c.open_minor >= 0 for c in credits)
    assert not (sum(i.open_minor for i in items) and sum(c.open_minor for c in credits))
