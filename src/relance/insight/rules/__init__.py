"""Formulas of insight. Those of experiments stand in `arms`, apart, because they bring numpy with them."""

from relance.insight.rules.days import (
    LONGEST_DAYS,
    bucket_labels,
    calendar_months,
    countback,
    days_outstanding,
    sales_period,
)

__all__ = [
    "LONGEST_DAYS",
    "bucket_labels",
    "calendar_months",
    "countback",
    "days_outstanding",
    "sales_period",
]
