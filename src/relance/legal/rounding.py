"""Percents of whole minor units, exact and rounded half up once; the only place of this room that rounds."""

from decimal import Decimal

DAYS_IN_YEAR = 365
"""Simple interest counts actual days over 365, leap years too (the reckoning that L441-10 interest is invoiced by)."""


def percent_of(minor: int, percent: Decimal) -> int:
    """A percentage of an amount in minor units, rounded half up."""
    numerator, denominator = percent.as_integer_ratio()
    return _half_up(minor * numerator, denominator * 100)


def simple_interest(principal_minor: int, percent: Decimal, day_count: int) -> int:
    """Interest on a principal at a percent a year for some days, in minor units, rounded half up."""
    numerator, denominator = percent.as_integer_ratio()
    return _half_up(principal_minor * numerator * day_count, denominator * 100 * DAYS_IN_YEAR)


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
