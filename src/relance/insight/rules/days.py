"""Age bands, and days sales outstanding with its companions. Whole minor units in, days out."""

import calendar
import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

LONGEST_DAYS = 36_500
"""Nothing is later than this: a hundred years."""

_HUNDREDTH = Decimal("0.01")


def bucket_labels(upper_bounds: Sequence[int]) -> tuple[str, ...]:
    """Names of the age bands that these upper bounds (days past due, inclusive) cut.

    `[0, 30, 60, 90]` gives `current, 1-30, 31-60, 61-90, 90+`. The first bound is 0, so that the first band is exactly
    what is not past due; raises ValueError otherwise, when the bounds do not rise, or when they pass a hundred years.
    """
    if not upper_bounds or upper_bounds[0] != 0:
        raise ValueError("the first bound is 0: what is not past due is a bucket of its own")
    if any(later <= earlier for earlier, later in pairwise(upper_bounds)):
        raise ValueError("every bound is greater than the one before")
    if upper_bounds[-1] > LONGEST_DAYS:
        raise ValueError(f"no bound is beyond {LONGEST_DAYS} days")
    middle = (f"{earlier + 1}-{later}" for earlier, later in pairwise(upper_bounds))
    return ("current", *middle, f"{upper_bounds[-1]}+")


def sales_period(as_of: dt.date, day_count: int) -> tuple[dt.date, dt.date]:
    """First and last day of the `day_count` days up to and including `as_of`."""
    return as_of - dt.timedelta(days=day_count - 1), as_of


def days_outstanding(open_minor: int, sales_minor: int, day_count: int) -> Decimal | None:
    """Days of sales that an open amount stands for, `open / sales * days`, rounded half up to hundredths.

    With all receivables it is the simple DSO; with only what is not past due, the best possible DSO; with only what
    is past due, the average days delinquent. None when nothing was sold: no number of days would be true.
    """
    if sales_minor == 0:
        return None
    return _rounded(Decimal(open_minor * day_count) / sales_minor)


def countback(open_minor: int, months: Iterable[tuple[int, int]]) -> str | None:
    """Count-back DSO: how many days back the newest sales reach that add up to the receivables.

    `months` are (sales in minor units, days of the month), newest first. Whole months count while the receivables
    left cover their sales; the month that does not fit counts pro rata. `">N"` when the receivables exceed all N days
    of history; None without any history.
    """
    left, days, seen = open_minor, Decimal(0), False
    for sales_minor, day_count in months:
        seen = True
        if left == 0:
            break
        if left < sales_minor:
            return f"{_rounded(days + Decimal(left * day_count) / sales_minor)}"
        left -= sales_minor
        days += day_count
    if not seen:
        return None
    return f">{days}" if left else f"{_rounded(days)}"


def calendar_months(monthly_sales: Sequence[tuple[dt.date, int]], as_of: dt.date) -> list[tuple[int, int]]:
    """The months from that of `as_of` back to the oldest one with sales, as (sales, days), newest first.

    `monthly_sales` are (first day of the month, sales), months without sales left out; here they count with zero. The
    month of `as_of` has only its days up to and including `as_of`.
    """
    if not monthly_sales:
        return []
    sales = dict(monthly_sales)
    oldest = min(sales)
    month, months = as_of.replace(day=1), []
    while month >= oldest:
        whole = calendar.monthrange(month.year, month.month)[1]
        is_last = (month.year, month.month) == (as_of.year, as_of.month)
        months.append((sales.get(month, 0), as_of.day if is_last else whole))
        month = (month - dt.timedelta(days=1)).replace(day=1)
    return months


def _rounded(days: Decimal) -> Decimal:
    return days.quantize(_HUNDREDTH, rounding=ROUND_HALF_UP)
