"""Shapes of reports: the figures, their spelling for other programs, and the description of a report itself."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from relance.kit.money import exponent, format_amount
from relance.ledger.facts import LedgerLine, OpenItemFacts

AGEING_BOUNDS = (0, 30, 60, 90)
"""Upper bounds, in days past due, of the usual age bands."""

AGEING_LABELS = ("current", "1-30", "31-60", "61-90", "90+")
"""Names of the usual age bands, one more than their bounds."""

NOT_DATED = "not_dated"
"""Name of what is open without a due date: in no age band, never past due."""

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
    """What is open in one age band, or without a due date."""

    label: str
    item_count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class AgeingGroup:
    """One key in one currency: its bands, youngest first, what has no due date, and the credits not allocated.

    `disputed_minor` is part of the bands and of `not_dated`: shown, and still owed.
    """

    key: str
    currency: str
    buckets: tuple[AgeingBucket, ...]
    not_dated: AgeingBucket
    unallocated_minor: int
    disputed_minor: int

    @property
    def total_minor(self) -> int:
        """What the group owes in all: every band and what has no due date, less the unallocated credits."""
        dated_minor = sum(bucket.amount_minor for bucket in self.buckets)
        return dated_minor + self.not_dated.amount_minor - self.unallocated_minor

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
                    "not_dated": {
                        "items": group.not_dated.item_count,
                        "amount": format_amount(group.not_dated.amount_minor, group.currency),
                    },
                    "unallocated": format_amount(group.unallocated_minor, group.currency),
                    "disputed": format_amount(group.disputed_minor, group.currency),
                    "total": format_amount(group.total_minor, group.currency),
                }
                for group in self.groups
            ],
        }

    def as_sheet(self) -> Sheet:
        """One row per group, two columns per band; the disputed amount is part of the others and stands last."""
        bands = tuple(name for label in (*self.labels, NOT_DATED) for name in (f"{label} items", f"{label} amount"))
        return Sheet(
            ("as_of", "key", "currency", *bands, "unallocated", "total", "disputed"),
            [
                (
                    self.as_of.isoformat(),
                    group.key,
                    group.currency,
                    *(
                        cell
                        for bucket in (*group.buckets, group.not_dated)
                        for cell in (bucket.item_count, _decimal(bucket.amount_minor, group.currency))
                    ),
                    _decimal(group.unallocated_minor, group.currency),
                    _decimal(group.total_minor, group.currency),
                    _decimal(group.disputed_minor, group.currency),
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


@dataclass(frozen=True, slots=True)
class StatementPart:
    """One currency of a statement: the period's lines between two balances, and what is open as of the statement's day.

    The last three are those of `statement_shown`, which holds a part of the lines and items only.
    """

    currency: str
    opening_minor: int
    lines: Sequence[LedgerLine]
    closing_minor: int
    items: Sequence[OpenItemFacts]
    unallocated_minor: int
    line_count: int = 0
    item_count: int = 0
    open_in_all_minor: int | None = None

    @property
    def open_minor(self) -> int:
        """What the open items come to, those that are not shown included."""
        if self.open_in_all_minor is not None:
            return self.open_in_all_minor
        return sum(item.open_minor for item in self.items)

    @property
    def disputed_minor(self) -> int:
        """How much of the open items is disputed."""
        return sum(item.disputed_minor for item in self.items)

    @property
    def balance_minor(self) -> int:
        """What is owed as of the statement's day: the open items less the unallocated credits."""
        return self.open_minor - self.unallocated_minor


@dataclass(frozen=True, slots=True)
class Statement:
    """A customer's account over a period, one part per currency; open items and unallocated credits as of `as_of`."""

    account: str
    name: str
    from_on: dt.date
    to_on: dt.date
    as_of: dt.date
    parts: tuple[StatementPart, ...]

    def as_json(self) -> dict[str, Any]:
        """The keys that other programs read; amounts are decimal strings."""
        return {
            "account": self.account,
            "name": self.name,
            "from": self.from_on.isoformat(),
            "to": self.to_on.isoformat(),
            "as_of": self.as_of.isoformat(),
            "currencies": [_part_json(part) for part in self.parts],
        }

    def as_sheet(self) -> Sheet:
        """Per currency: the opening balance, the lines, the closing balance, the open items, the unallocated credits.

        `row` says which of these a row is.
        """
        rows: list[tuple[Cell, ...]] = []
        for part in self.parts:
            rows.extend(_part_rows(self, part))
        return Sheet(
            (
                "account", "currency", "row", "on", "kind", "number", "due_on", "debit", "credit", "balance", "open",
                "disputed", "note",
            ),
            rows,
        )  # fmt: skip


def _part_json(part: StatementPart) -> dict[str, Any]:
    def amount(minor: int) -> str:
        return format_amount(minor, part.currency)

    return {
        "currency": part.currency,
        "opening": amount(part.opening_minor),
        "lines": [
            {
                "on": line.on.isoformat(),
                "kind": line.kind,
                "number": line.number,
                "due_on": _day(line.due_on),
                "debit": amount(line.debit_minor),
                "credit": amount(line.credit_minor),
                "balance": amount(line.balance_minor),
                "note": line.note,
            }
            for line in part.lines
        ],
        "closing": amount(part.closing_minor),
        "open_items": [
            {
                "kind": item.kind,
                "number": item.number,
                "issued_on": item.born_on.isoformat(),
                "due_on": _day(item.due_on),
                "amount": amount(item.amount_minor),
                "open": amount(item.open_minor),
                "disputed": amount(item.disputed_minor),
            }
            for item in part.items
        ],
        "unallocated": amount(part.unallocated_minor),
        "balance": amount(part.balance_minor),
    }


def _part_rows(statement: Statement, part: StatementPart) -> list[tuple[Cell, ...]]:
    def amount(minor: int) -> Decimal:
        return _decimal(minor, part.currency)

    def row(kind_of_row: str, on: dt.date, *cells: Cell) -> tuple[Cell, ...]:
        return (statement.account, part.currency, kind_of_row, on.isoformat(), *cells)

    return [
        row("opening", statement.from_on, "", "", None, None, None, amount(part.opening_minor), None, None, ""),
        *(
            row(
                "line", line.on, line.kind, line.number, _day(line.due_on), amount(line.debit_minor),
                amount(line.credit_minor), amount(line.balance_minor), None, None, line.note,
            )
            for line in part.lines
        ),
        row("closing", statement.to_on, "", "", None, None, None, amount(part.closing_minor), None, None, ""),
        *(
            row(
                "open_item", item.born_on, item.kind, item.number, _day(item.due_on), None, None, None,
                amount(item.open_minor), amount(item.disputed_minor), "",
            )
            for item in part.items
        ),
        row("unallocated", statement.as_of, "", "", None, None, None, None, amount(-part.unallocated_minor), None, ""),
    ]  # fmt: skip


def _day(on: dt.date | None) -> str | None:
    return None if on is None else on.isoformat()


def _decimal(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-exponent(currency))


def _text(days: Decimal | None) -> str | None:
    return None if days is None else f"{days}"
