"""Shares in percent, and how much of one or of a difference between two may be chance. Counts in, decimals out."""

import datetime as dt
import math
from decimal import ROUND_HALF_UP, Decimal

from relance.insight.facts import Difference, Share

_Z = 1.959963984540054
"""The normal quantile that leaves 2.5 % on each side."""

_HUNDREDTH = Decimal("0.01")


def percent_of(part: int, whole: int) -> Decimal | None:
    """A part of a whole in percent, rounded half up to hundredths; None where the whole is nothing."""
    return (Decimal(100 * part) / whole).quantize(_HUNDREDTH, ROUND_HALF_UP) if whole else None


def share(part: int, whole: int) -> Share:
    """A share with its 95 % interval by Wilson's score, which stays between 0 and 100 and needs no large counts.

    Source: Wilson, Probable inference, the law of succession, and statistical inference (1927).
    """
    if whole == 0:
        return Share(part, whole, None, None, None)
    low, high = _bounds(part, whole)
    return Share(part, whole, percent_of(part, whole), _rounded(low), _rounded(high))


def difference(first: Share, second: Share) -> Difference | None:
    """By how much the second share is above the first, with the 95 % interval made of the two Wilson intervals.

    None where one of the wholes is nothing. Source: Newcombe, Interval estimation for the difference between independent
    proportions (1998), method 10.
    """
    if first.whole == 0 or second.whole == 0:
        return None
    one, two = first.part / first.whole, second.part / second.whole
    low_one, high_one = _bounds(first.part, first.whole)
    low_two, high_two = _bounds(second.part, second.whole)
    return Difference(
        _rounded(two - one),
        _rounded(two - one - math.hypot(two - low_two, high_one - one)),
        _rounded(two - one + math.hypot(high_two - two, one - low_one)),
    )


def month_end(day: dt.date) -> dt.date:
    """The last day of the month of a day."""
    return (day.replace(day=1) + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)


def _bounds(part: int, whole: int) -> tuple[float, float]:
    found = part / whole
    spread = _Z * math.sqrt(found * (1 - found) / whole + _Z * _Z / (4 * whole * whole))
    middle, scale = found + _Z * _Z / (2 * whole), 1 + _Z * _Z / whole
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def _rounded(value: float) -> Decimal:
    return (100 * Decimal(str(value))).quantize(_HUNDREDTH, ROUND_HALF_UP)
