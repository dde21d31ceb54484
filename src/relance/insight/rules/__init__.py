"""Formulas of insight. Those of experiments stand in `arms`, apart, because they bring numpy with them."""

from relance.insight.rules.days import (
    LONGEST_DAYS,
    bucket_labels,
    calendar_months,
    countback,
    days_outstanding,
    sales_period,
)
from relance.insight.rules.shares import difference, month_end, percent_of, share

__all__ = [
    "LONGEST_DAYS",
    "bucket_labels",
    "calendar_months",
    "countback",
    "days_outstanding",
    "difference",
    "month_end",
    "percent_of",
    "sales_period",
    "share",
]
