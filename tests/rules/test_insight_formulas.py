"""The formulas of insight against worked numbers."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.insight import rules
from relance.insight.facts import AGEING_BOUNDS, AGEING_LABELS

AUGUST, SEPTEMBER, OCTOBER = (200_000_00, 31), (250_000_00, 30), (300_000_00, 31)
SALES = 750_000_00


def test_the_worked_quarter() -> None:
    receivables, not_due = 620_000_00, 420_000_00
    assert rules.days_outstanding(receivables, SALES, 92) == Decimal("76.05")
    assert rules.countback(receivables, [OCTOBER, SEPTEMBER, AUGUST]) == "71.85"
    assert rules.days_outstanding(not_due, SALES, 92) == Decimal("51.52")
    assert rules.days_outstanding(receivables - not_due, SALES, 92) == Decimal("24.53")


def test_the_published_countback() -> None:
    assert rules.countback(212_000, [(100_000, 30), (80_000, 30), (70_000, 30)]) == "73.71"


def test_receivables_beyond_all_history_say_so() -> None:
    assert rules.countback(SALES + 1, [OCTOBER, SEPTEMBER, AUGUST]) == ">92"
    assert rules.countback(SALES, [OCTOBER, SEPTEMBER, AUGUST]) == "92.00"


def test_nothing_sold_is_no_number_of_days_rather_than_zero() -> None:
    assert rules.days_outstanding(100, 0, 90) is None
    assert rules.countback(100, []) is None


def test_nothing_open_is_zero_days() -> None:
    assert rules.days_outstanding(0, SALES, 90) == Decimal("0.00")
    assert rules.countback(0, [OCTOBER]) == "0.00"


def test_a_month_without_sales_counts_its_days() -> None:
    months = rules.calendar_months([(dt.date(2026, 3, 1), 900), (dt.date(2026, 1, 1), 310)], dt.date(2026, 3, 9))
    assert months == [(900, 9), (0, 28), (310, 31)]
    assert rules.countback(1000, months) == "47.00"


def test_the_month_of_the_day_counts_even_before_its_first_sale() -> None:
    assert rules.calendar_months([(dt.date(2025, 12, 1), 5)], dt.date(2026, 1, 2)) == [(0, 2), (5, 31)]
    assert rules.calendar_months([], dt.date(2026, 1, 2)) == []


def test_half_a_hundredth_rounds_up() -> None:
    assert rules.days_outstanding(1, 200, 1) == Decimal("0.01")


def test_the_sales_period_includes_both_ends() -> None:
    assert rules.sales_period(dt.date(2013, 6, 30), 90) == (dt.date(2013, 4, 2), dt.date(2013, 6, 30))
    assert rules.sales_period(dt.date(2013, 6, 30), 1) == (dt.date(2013, 6, 30), dt.date(2013, 6, 30))


def test_bucket_labels() -> None:
    assert rules.bucket_labels(AGEING_BOUNDS) == AGEING_LABELS == ("current", "1-30", "31-60", "61-90", "90+")
    assert rules.bucket_labels([0, 15]) == ("current", "1-15", "15+")
    assert rules.bucket_labels([0]) == ("current", "0+")


@pytest.mark.parametrize("bounds", [[], [30, 60], [0, 30, 30], [0, 60, 30], [0, 36_501]])
def test_bands_that_would_overlap_or_hide_what_is_not_due_are_refused(bounds: list[int]) -> None:
    with pytest.raises(ValueError):
        rules.bucket_labels(bounds)


@given(st.integers(0, 10**9), st.lists(st.tuples(st.integers(0, 10**7), st.integers(28, 31)), max_size=24))
def test_counting_back_never_passes_the_history(receivables: int, months: list[tuple[int, int]]) -> None:
    days = rules.countback(receivables, months)
    history = sum(count for _, count in months)
    if days is None:
        assert not months
    elif days.startswith(">"):
        assert receivables > sum(sales for sales, _ in months) and int(days[1:]) == history
    else:
        assert 0 <= Decimal(days) <= history
