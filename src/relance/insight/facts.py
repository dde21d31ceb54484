"""Shapes of reports: the figures, their spelling for other programs, and the description of a report itself."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from relance.kit.money import exponent, format_amount

AGEING_BOUNDS = (0, 30, 60, 90)
"""Upper bounds, in days past due, of the usual age bands."""

AGEING_LABELS = ("current", "1-30", "31-60", "61-90", "90+")
"""Names of the usual age bands, one more than their bounds."""

GROUPINGS = ("all", "account", "segment", "credit_class", "creditor")
"""What an ageing can be grouped by; `all` is the whole portfolio."""

Shape = TypeVar("Shape")
Cell = str | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Report(Generic[Shape]):
    """A file on the shelf of reports: its title and help text by language, and the one query that answers it."""

    title: Mapping[str, str]
    help: Mapping[str, str]
    query: Callable[..., Shape]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report as rows and columns; amounts and days are exact decimals."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class AgeingBucket:
    """What is open in one age band."""

    label: str
    item_count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class AgeingGroup:
    """One key in one currency: its bands, youngest first, and the credits not allocated to any item."""

    key: str
    currency: str
    buckets: tuple[AgeingBucket, ...]
    unallocated_minor: int

    @property
    def total_minor(self) -> int:
        """What the group owes in all: every band, less the unallocated credits."""
        return sum(bucket.amount_minor for bucket in self.buckets) - self.unallocated_minor

    @property
    def overdue_minor(self) -> int:
        """What is past due: every band but the first."""
        return sum(bucket.amount_minor for bucket in self.buckets[1:])


@dataclass(frozen=True, slots=True)
class AgeingReport:
    """Open items by age as of a day, grouped; groups in the order of their keys."""

    as_of: dt.date
    labels: tuple[str, ...]
    groups: tuple[AgeingGroup, ...]

    def as_json(self) -> dict[str, Any]:
        """The keys that other programs read; amounts are decimal strings."""
        return {
            "as_of": self.as_of.isoformat(),
            "groups": [
                {
                    "key": group.key,
                    "currency": group.currency,
                    "buckets": {
                        bucket.label: {
                            "items": bucket.item_count,
                            "amount": format_amount(bucket.amount_minor, group.currency),
                        }
                        for bucket in group.buckets
                    },
                    "unallocated": format_amount(group.unallocated_minor, group.currency),
                    "total": format_amount(group.total_minor, group.currency),
                }
                for group in self.groups
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row per group, two columns per band."""
        bands = tuple(name for label in self.labels for name in (f"{label} items", f"{label} amount"))
        return Sheet(
            ("as_of", "key", "currency", *bands, "unallocated", "total"),
            [
                (
                    self.as_of.isoformat(),
                    group.key,
                    group.currency,
                    *(
                        cell
                        for bucket in group.buckets
                        for cell in (bucket.item_count, _decimal(bucket.amount_minor, group.currency))
                    ),
                    _decimal(group.unallocated_minor, group.currency),
                    _decimal(group.total_minor, group.currency),
                )
                for group in self.groups
            ],
        )


@dataclass(frozen=True, slots=True)
class DsoGroup:
    """Days sales outstanding of one currency, and the money they were computed from.

    Days are exact to hundredths; None when nothing was sold in the period. `countback` is a decimal string, or `">N"`
    when the receivables exceed all N days of history. Unallocated credits are no part of the receivables.
    """

    currency: str
    simple: Decimal | None
    countback: str | None
    best_possible: Decimal | None
    average_days_delinquent: Decimal | None
    receivables_minor: int
    not_due_minor: int
    sales_minor: int
    unallocated_minor: int


@dataclass(frozen=True, slots=True)
class DsoReport:
    """Days sales outstanding as of a day, over the sales of so many days up to and including it."""

    as_of: dt.date
    day_count: int
    groups: tuple[DsoGroup, ...]

    def as_json(self) -> dict[str, Any]:
        """The keys that other programs read; days are decimal strings or null."""
        return {
            "as_of": self.as_of.isoformat(),
            "days": self.day_count,
            "groups": [
                {
                    "currency": group.currency,
                    "simple": _text(group.simple),
                    "countback": group.countback,
                    "best_possible": _text(group.best_possible),
                    "average_days_delinquent": _text(group.average_days_delinquent),
                }
                for group in self.groups
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row per currency: the days, then the money behind them."""
        return Sheet(
            (
                "as_of", "days", "currency", "simple", "countback", "best_possible", "average_days_delinquent",
                "receivables", "not_due", "sales", "unallocated",
            ),
            [
                (
                    self.as_of.isoformat(),
                    self.day_count,
                    group.currency,
                    group.simple,
                    group.countback,
                    group.best_possible,
                    group.average_days_delinquent,
                    _decimal(group.receivables_minor, group.currency),
                    _decimal(group.not_due_minor, group.currency),
                    _decimal(group.sales_minor, group.currency),
                    _decimal(group.unallocated_minor, group.currency),
                )
                for group in self.groups
            ],
        )  # fmt: skip


def _decimal(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-exponent(currency))


def _text(days: Decimal | None) -> str | None:
    return None if days is None else f"{days}"
