"""Dividing documents: tax by its share, instalments that add up, money that recovers written-off debt in order."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.ledger.rules import (
    FreeReceipt,
    Instalment,
    PlanFault,
    Recovery,
    WrittenOffDebt,
    instalments,
    recoveries,
    tax_share,
)

DAY = dt.date(2026, 3, 10)
minors = st.integers(1, 10**9)


def planned(
    total: int, parts: list[tuple[dt.date, int]], tax: int = 0, number: str = "F1", earlier_count: int = 0
) -> list[Instalment]:
    made = instalments(number, total, tax, parts, DAY, earlier_count)
    assert isinstance(made, list), made
    return made


def later(days: int) -> dt.date:
    return DAY + dt.timedelta(days)


@pytest.mark.parametrize(
    ("tax", "amount", "part", "share"),
    [(2000, 12000, 12000, 2000), (2000, 12000, 6000, 1000), (1, 2, 1, 1), (1, 3, 1, 0), (0, 100, 50, 0), (5, 0, 0, 0)],
)
def test_tax_goes_by_share_rounded_half_up(tax: int, amount: int, part: int, share: int) -> None:
    assert tax_share(tax, amount, part) == share


@given(st.lists(minors, min_size=2, max_size=12), st.integers(0, 100))
def test_instalments_and_their_taxes_add_up(parts: list[int], tax_percent: int) -> None:
    total = sum(parts)
    tax = total * tax_percent // 100
    made = planned(total, [(later(n), minor) for n, minor in enumerate(parts)], tax)
    assert [part.amount_minor for part in made] == parts
    assert sum(part.tax_minor for part in made) == tax
    assert all(0 <= part.tax_minor <= part.amount_minor for part in made)
    assert [part.number for part in made] == [f"F1/{n}" for n in range(1, len(parts) + 1)]


def test_instalments_are_numbered_on() -> None:
    made = planned(30, [(later(1), 10), (later(2), 20)], earlier_count=3)
    assert [part.number for part in made] == ["F1/4", "F1/5"]


@pytest.mark.parametrize(
    ("parts", "number", "fault"),
    [
        ([(1, 30)], "F1", PlanFault.TOO_FEW),
        ([(1, 30), (2, 0)], "F1", PlanFault.NOTHING),
        ([(2, 10), (1, 20)], "F1", PlanFault.UNORDERED),
        ([(1, 10), (1, 20)], "F1", PlanFault.UNORDERED),
        ([(-1, 10), (1, 20)], "F1", PlanFault.PAST),
        ([(1, 10), (2, 21)], "F1", PlanFault.OTHER_TOTAL),
        ([(1, 10), (2, 20)], "F" * 59, PlanFault.LONG_NUMBER),
    ],
)
def test_parts_that_are_no_plan(parts: list[tuple[int, int]], number: str, fault: PlanFault) -> None:
    assert instalments(number, 30, 0, [(later(days), minor) for days, minor in parts], DAY) is fault


def test_a_plan_may_begin_at_once_and_fill_the_number() -> None:
    assert planned(30, [(DAY, 10), (later(2), 20)], number="F" * 58)


def debt(item_id: int, minor: int, tax: int = 0, on: int = 0, currency: str = "EUR") -> WrittenOffDebt:
    return WrittenOffDebt(item_id, f"F{item_id}", currency, later(on), minor, tax, minor, 0)


def receipt(credit_id: int, minor: int, on: int = 5, named: str = "", only: bool = False) -> FreeReceipt:
    return FreeReceipt(credit_id, "EUR", later(on), minor, frozenset({named} - {""}), only)


def test_the_oldest_write_off_is_recovered_first_and_the_named_one_before_it() -> None:
    made = recoveries([debt(1, 100, on=2), debt(2, 100), debt(3, 100, on=1)], [receipt(9, 250, named="F1")])
    assert [(r.item_id, r.amount_minor) for r in made] == [(1, 100), (2, 100), (3, 50)]


def test_named_only_recovers_nothing_else() -> None:
    made = recoveries([debt(1, 100), debt(2, 100)], [receipt(9, 250, named="F2", only=True)])
    assert [(r.item_id, r.amount_minor) for r in made] == [(2, 100)]


def test_older_money_goes_first_and_nothing_is_recovered_before_it_was_lost() -> None:
    made = recoveries([debt(1, 150, on=4)], [receipt(8, 100, on=9), receipt(9, 100, on=1)])
    assert made == [
        Recovery(9, 1, "EUR", 100, 0, later(4)),
        Recovery(8, 1, "EUR", 50, 0, later(9)),
    ]


def test_another_currency_recovers_nothing() -> None:
    assert recoveries([debt(1, 100, currency="CHF")], [receipt(9, 100)]) == []


@given(st.lists(minors, min_size=1, max_size=6), st.integers(1, 10**9), st.integers(0, 100))
def test_recovered_tax_adds_up_to_what_was_taken_back(money: list[int], minor: int, tax_percent: int) -> None:
    tax = minor * tax_percent // 100
    made = recoveries([debt(1, minor, tax)], [receipt(n, m) for n, m in enumerate(money)])
    assert sum(r.amount_minor for r in made) == min(minor, sum(money))
    assert all(0 <= r.tax_minor <= r.amount_minor for r in made)
    if sum(money) >= minor:
        assert sum(r.tax_minor for r in made) == tax
