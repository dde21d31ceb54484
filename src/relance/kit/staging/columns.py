"""Declared columns of a CSV file: how staged text becomes a typed value in SQL, when it is good, what to say if not.

In the SQL, `s` is the staged row (text, empty is NULL), `cur` the currency of the row, `t` the typed row.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from babel import Locale

from relance.kit.money import AmountError, format_amount, parse_amount
from relance.kit.staging import iban
from relance.kit.staging.dates import date_hint

if TYPE_CHECKING:
    from relance.kit.staging.batch import Batch

Row = Mapping[str, Any]
"""A rejected row, for its explanation: what the file says by column name, and whatever the reading offers besides."""


class Kind(StrEnum):
    """How the text of a column is read."""

    TEXT = "text"
    CODE = "code"
    AMOUNT = "amount"
    DATE = "date"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    CURRENCY = "currency"
    COUNTRY = "country"
    LANGUAGE = "language"
    EMAIL = "email"
    IBAN = "iban"


class Minimum(StrEnum):
    """The least an amount may be."""

    ZERO = ">= 0"
    ABOVE_ZERO = "> 0"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file. `default` stands for an empty cell (None: the value stays NULL).

    `minimum_hint` is added when an amount is below `minimum`: where such an amount belongs.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    default: str | None = None
    max_length: int = 0
    choices: tuple[str, ...] = ()
    minimum: Minimum = Minimum.ZERO
    minimum_hint: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A condition on typed rows (SQL over `t`) with the sentence for a person when it does not hold."""

    column: str
    good: str
    explain: Callable[[Row], str]


@dataclass(frozen=True, slots=True)
class FileImport:
    """One kind of file: its columns, the kinds that must be imported before it, and how a staged file is merged.

    `merge` works in the caller's transaction and leaves its counts in the batch.
    """

    columns: tuple[Column, ...]
    after: tuple[str, ...]
    merge: "Callable[[Batch, dt.date], None]"


_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")
# Digits before the decimal point of the largest amount, as `parse_amount` has them: sums must stay far below bigint.
_LARGEST_WHOLE_DIGITS = 11
_EARLIEST, _LATEST = "1900-01-01", "2199-12-31"


def literal(text: str) -> str:
    """A text as an SQL literal (of our own constants; values of a file never become SQL)."""
    return "'" + text.replace("'", "''") + "'"


def choice_list(values: tuple[str, ...]) -> str:
    """Values as the inside of an SQL `IN (…)`."""
    return ", ".join(literal(value) for value in values)


@cache
def countries() -> tuple[str, ...]:
    """ISO 3166 codes of countries."""
    return tuple(sorted(code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()))


def typed(column: Column) -> str:
    """SQL for the value of a column: NULL when the cell is empty without default, or cannot be read."""
    cell = f's."{column.name}"'
    match column.kind:
        case Kind.DATE:
            return (
                f"CASE WHEN length({cell}) = 10 AND pg_input_is_valid({cell}, 'date') THEN "
                f"CASE WHEN {cell}::date::text = {cell} AND {cell} COLLATE \"C\" BETWEEN '{_EARLIEST}' AND '{_LATEST}' "
                f"THEN {cell}::date END END"
            )
        case Kind.AMOUNT:
            # The first branch is the quick one (bounded repeats are slow to match) and below the limit by its length.
            scaled = f"CASE WHEN scale({cell}::numeric) <= cur.exponent THEN ({cell}::numeric * cur.factor)::bigint END"
            value = (
                f"CASE WHEN length({cell}) <= {_LARGEST_WHOLE_DIGITS} AND {cell} ~ '^-?[0-9]+(\\.[0-9]+)?$' THEN {scaled} "
                f"WHEN {cell} ~ '^-?[0-9]{{1,15}}(\\.[0-9]{{1,6}})?$' THEN "
                f"CASE WHEN abs({cell}::numeric) < {10**_LARGEST_WHOLE_DIGITS} THEN {scaled} END END"
            )
            return (
                value if column.default is None else f"CASE WHEN {cell} IS NULL THEN {column.default} ELSE {value} END"
            )
        case Kind.CURRENCY:
            return "cur.code"
        case Kind.BOOLEAN:
            return (
                f"CASE WHEN {cell} IS NULL THEN {column.default or 'NULL'} "
                f"WHEN lower({cell}) IN ({choice_list(_TRUE)}) THEN true "
                f"WHEN lower({cell}) IN ({choice_list(_FALSE)}) THEN false END"
            )
        case Kind.IBAN:
            cell = f"upper(translate({cell}, ' -', ''))"
    return cell if column.default is None else f"coalesce({cell}, {literal(column.default)})"


def checks(column: Column) -> list[Check]:
    """What must hold of a column's typed value."""
    found: list[Check] = []
    value, raw = f't."{column.name}"', f't."raw_{column.name}"'
    if column.required:
        found.append(Check(column.name, f"{raw} IS NOT NULL", lambda _: f"{column.name} is missing"))

    def add(good: str, explain: Callable[[str, Row], str]) -> None:
        found.append(Check(column.name, f"({raw} IS NULL OR {good})", lambda row: explain(row[column.name], row)))

    if column.max_length:
        add(
            f"length({value}) <= {column.max_length}",
            lambda text, _: f"{shortened(text)} has {len(text)} characters; at most {column.max_length} fit",
        )
    match column.kind:
        case Kind.CODE:
            add(
                f"{value} !~ '[[:cntrl:]]'",
                lambda text, _: f"{shortened(text)} has a line break or control character inside; write it in one line",
            )
        case Kind.DATE:
            add(f"{value} IS NOT NULL", lambda text, _: date_hint(text))
        case Kind.AMOUNT:
            add(f"(t._currency IS NULL OR {value} IS NOT NULL)", _explain_amount)
            add(
                f"({value} IS NULL OR {value} {column.minimum})",
                lambda text, _: (
                    f"{text!r} must be {'above zero' if column.minimum is Minimum.ABOVE_ZERO else 'zero or more'}"
                    + (f"; {column.minimum_hint}" if column.minimum_hint else "")
                ),
            )
        case Kind.CHOICE:
            add(
                f"{value} IN ({choice_list(column.choices)})",
                lambda text, _: f"{shortened(text)} is not one of {', '.join(column.choices)}",
            )
        case Kind.BOOLEAN:
            add(
                f"{value} IS NOT NULL",
                lambda text, _: f"{shortened(text)} is neither true nor false; write one",
            )
        case Kind.CURRENCY:
            add(
                f"{value} IS NOT NULL",
                lambda text, _: f"{shortened(text)} is not an ISO 4217 currency code; write for example EUR",
            )
        case Kind.COUNTRY:
            add(
                f"{value} IN ({choice_list(countries())})",
                lambda text, _: f"{shortened(text)} is not a country; write its two capital letters, for example FR",
            )
        case Kind.LANGUAGE:
            add(
                f"{value} ~ '^[a-z]{{2}}(-[A-Z]{{2}})?$'",
                lambda text, _: f"{shortened(text)} is not a language code; write for example fr or en",
            )
        case Kind.EMAIL:
            add(
                f"{value} ~ '^[^@[:space:]]+@[^@[:space:].]+([.][^@[:space:].]+)*$'",
                lambda text, _: (
                    f"{shortened(text)} is not an e-mail address; write one like name@example.com, or nothing"
                ),
            )
        case Kind.IBAN:
            add(iban.good_sql(value), lambda text, _: iban.explain(text))
    return found


def shortened(text: str) -> str:
    """A cell in quotes, cut when it is long."""
    return repr(text if len(text) <= 60 else text[:57] + "…")


def _explain_amount(text: str, row: Row) -> str:
    try:
        minor = parse_amount(text, str(row["_currency"]))
    except AmountError as error:
        return str(error)
    return f"{text!r} is not an amount; write {format_amount(minor, str(row['_currency']))}"
