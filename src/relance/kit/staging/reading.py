"""Staged text read as typed, checked rows in SQL; the rows that fail are explained, those repeated are folded."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from relance.kit.money import currency_exponents
from relance.kit.staging.batch import ERRORS_KEPT, Batch, Flaw
from relance.kit.staging.columns import Check, Column, checks, typed

_CURRENCIES = "(VALUES {}) AS cur(code, exponent, factor)".format(
    ", ".join(f"('{code}', {exponent}, {10**exponent})" for code, exponent in sorted(currency_exponents().items()))
)


class Reading:
    """How the rows of one batch are read: the declared columns, rows joined to them, and what must hold.

    `joins` continues `FROM <staged> AS s`; `offers` names further values (SQL over `s` and the joins) that the typed
    row `t` carries; `currency` is the SQL of the row's currency code. Columns that the file lacks read as their
    default. `key` names the typed values that identify a row, the last one as a person knows it.
    """

    def __init__(
        self,
        batch: Batch,
        columns: Sequence[Column],
        key: Sequence[str],
        joins: str = "",
        offers: Mapping[str, str] | None = None,
        currency: str = "'EUR'",
        extra_checks: Sequence[Check] = (),
    ) -> None:
        self.batch = batch
        self.columns = tuple(columns)
        self.key = tuple(key)
        self._offers = dict(offers or {})
        self._checks = [*(check for column in columns for check in checks(column)), *extra_checks]
        self._joins = f"{joins} LEFT JOIN {_CURRENCIES} ON cur.code = {currency}"
        self._typed = self._typed_relation()
        self._passes = " AND ".join(f"({check.good})" for check in self._checks)

    def present(self, *names: str) -> list[str]:
        """Those of the columns that the file has, in this order (all declared ones without names)."""
        wanted = names or tuple(column.name for column in self.columns)
        return [name for name in wanted if name in self.batch.columns]

    def good(self) -> str:
        """Relation of the typed rows that pass every check, for `FROM {…} AS g`: row_no, columns, offers."""
        names = ", ".join(f't."{name}"' for name in [*(column.name for column in self.columns), *self._offers])
        return f"(SELECT t.row_no, {names} FROM {self._typed} WHERE {self._passes})"  # noqa: S608

    def _typed_relation(self) -> str:
        values = ["s.row_no", "cur.code AS _currency"]
        for column in self.columns:
            if column.name in self.batch.columns:
                raw, value = f's."{column.name}"', typed(column)
            else:
                # The same SQL over an empty cell, so that absent columns read as their default.
                raw, value = "NULL::text", typed(column).replace(f's."{column.name}"', "NULL::text")
            values += [f'{raw} AS "raw_{column.name}"', f'{value} AS "{column.name}"']
        values += [f"{expression} AS {name}" for name, expression in self._offers.items()]
        # OFFSET 0 keeps the server from merging this into the query around it and computing each value several times.
        return f"(SELECT {', '.join(values)} FROM {self.batch.table} AS s {self._joins} OFFSET 0) AS t"  # noqa: S608

    def reject_bad(self) -> None:
        """Take the rows that fail a check out of the staged table and explain the first of them."""
        batch = self.batch
        names = [column.name for column in self.columns]
        shown = ", ".join(f't."raw_{name}"' for name in names)
        offered = "".join(f", t.{name}" for name in self._offers)
        passed = ", ".join(f"({check.good}) IS TRUE" for check in self._checks)
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH bad AS MATERIALIZED (SELECT t.row_no, ARRAY[{passed}] AS passed, t._currency, {shown}{offered} "  # noqa: S608
                f"FROM {self._typed} WHERE ({self._passes}) IS NOT TRUE), "
                f"gone AS (DELETE FROM {batch.table} s USING bad b WHERE s.row_no = b.row_no) "
                f"SELECT count(*) OVER (), b.* FROM bad b ORDER BY row_no LIMIT {ERRORS_KEPT}"
            )
            rows = cursor.fetchall()
        if not rows:
            return
        flaws: list[Flaw] = []
        for _, row_no, verdicts, currency, *values in rows:
            row = dict(zip(["_currency", *names, *self._offers], [currency, *values], strict=True))
            flaws.extend(self._explained(row_no, row, verdicts))
        batch.unstage(rows[0][0])
        batch.reject(rows[0][0], flaws)

    def _explained(self, row_no: int, row: dict[str, Any], verdicts: list[bool]) -> list[Flaw]:
        flaws: dict[str, Flaw] = {}
        for check, passed in zip(self._checks, verdicts, strict=True):
            if not passed and check.column not in flaws:
                flaws[check.column] = Flaw(row_no, check.column, check.explain(row))
        return list(flaws.values())

    def has_repeats(self) -> bool:
        """Whether two good rows have the same key."""
        key = ", ".join(f'g."{name}"' for name in self.key)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {self.good()} AS g GROUP BY {key} HAVING count(*) > 1)")  # noqa: S608
            found: bool = cursor.fetchone()[0]
        return found

    def fold_repeats(self) -> None:
        """Of good rows with the same key keep the first: identical ones count as unchanged, others are rejected.

        Expects `reject_bad` to have run.
        """
        key = ", ".join(f'"{name}"' for name in self.key)
        said = ", ".join(f'"{name}"' for name in self.present())
        with connection.cursor() as cursor:
            # Nothing is known of how many keys repeat, and a nested loop over a million rows would take the whole night.
            cursor.execute("SET LOCAL enable_nestloop = off")
            cursor.execute(
                f"WITH good AS MATERIALIZED (SELECT row_no, {key}, ROW({said})::text AS said, "  # noqa: S608
                f'"{self.key[-1]}"::text AS shown FROM {self.good()} AS g), '
                f"repeated AS (SELECT {key} FROM good GROUP BY {key} HAVING count(*) > 1), "
                f"compared AS (SELECT row_no, shown, first_value(row_no) OVER w AS first_row, "
                f"  said = first_value(said) OVER w AS same FROM good JOIN repeated USING ({key}) "
                f"  WINDOW w AS (PARTITION BY {key} ORDER BY row_no)), "
                f"later AS MATERIALIZED (SELECT * FROM compared WHERE row_no <> first_row), "
                f"gone AS (DELETE FROM {self.batch.table} s USING later l WHERE s.row_no = l.row_no) "
                f"SELECT row_no, shown, first_row, count(*) FILTER (WHERE same) OVER (), "
                f"count(*) FILTER (WHERE NOT same) OVER (), same FROM later ORDER BY same, row_no LIMIT {ERRORS_KEPT}"
            )
            rows = cursor.fetchall()
            cursor.execute("SET LOCAL enable_nestloop = on")
        if not rows:
            return
        same_count, different_count = rows[0][3], rows[0][4]
        column = self.key[-1]
        flaws = [
            Flaw(
                row_no, column, f"{shown!r} is already on row {first_row} with other content; keep one of the two rows"
            )
            for row_no, shown, first_row, _, _, same in rows
            if not same
        ]
        self.batch.unstage(same_count + different_count)
        self.batch.unchanged_count += same_count
        self.batch.reject(different_count, flaws)

    def reject_where(self, condition: str, column: str, message: str) -> int:
        """Reject good rows for which an SQL condition over `g` holds; returns how many.

        `message` is SQL over `g` giving the sentence.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH bad AS MATERIALIZED (SELECT g.row_no, {message} AS message FROM {self.good()} AS g "  # noqa: S608
                f"WHERE {condition}), "
                f"gone AS (DELETE FROM {self.batch.table} s USING bad b WHERE s.row_no = b.row_no) "
                f"SELECT count(*) OVER (), row_no, message FROM bad ORDER BY row_no LIMIT {ERRORS_KEPT}"
            )
            rows = cursor.fetchall()
        if not rows:
            return 0
        count: int = rows[0][0]
        self.batch.unstage(count)
        self.batch.reject(count, [Flaw(row_no, column, message) for _, row_no, message in rows])
        return count
