"""Shares with their intervals, against published figures, and the ends of months."""

import datetime as dt
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from relance.insight.rules import difference, month_end, percent_of, share


def test_the_interval_of_a_share_is_that_of_the_books() -> None:
    """15 of 148 and 81 of 263: Newcombe, Two-sided confidence intervals for the single proportion (1998), table I."""
    assert [(found.low, found.high) for found in (share(81, 263), share(15, 148), share(0, 20), share(1, 29))] == [
        (Decimal("25.53"), Decimal("36.62")),
        (Decimal("6.24"), Decimal("16.05")),
        (Decimal("0.00"), Decimal("16.11")),
        (Decimal("0.61"), Decimal("17.18")),
    ]
    assert share(81, 263).percent == Decimal("30.80")
    assert (share(0, 0).percent, share(0, 0).low) == (None, None)


def test_the_interval_of_a_difference_is_that_of_the_books() -> None:
    """56 of 70 against 48 of 80: Newcombe, Interval estimation for the difference (1998), table II, method 10."""
    found = difference(share(48, 80), share(56, 70))
    assert found is not None
    assert (found.points, found.low, found.high) == (Decimal("20.00"), Decimal("5.24"), Decimal("33.39"))
    assert found.is_clear
    unclear = difference(share(9, 10), share(3, 10))
    assert unclear is not None and (unclear.low, unclear.high) == (Decimal("-80.90"), Decimal("-17.05"))
    assert difference(share(0, 0), share(3, 10)) is None
    same = difference(share(5, 10), share(5, 10))
    assert same is not None and not same.is_clear


@given(st.integers(1, 500).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_a_share_lies_within_its_interval(counts: tuple[int, int]) -> None:
    found = share(*counts)
    assert found.percent is not None and found.low is not None and found.high is not None
    assert 0 <= found.low <= found.percent <= found.high <= 100


def test_percents_and_months() -> None:
    assert (percent_of(1, 3), percent_of(2, 3), percent_of(0, 0)) == (Decimal("33.33"), Decimal("66.67"), None)
    days = (dt.date(2026, 1, 1), dt.date(2026, 2, 28), dt.date(2028, 2, 10), dt.date(2026, 12, 31))
    assert [month_end(day).day for day in days] == [31, 28, 29, 31]
