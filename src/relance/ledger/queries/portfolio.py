"""Sums over the whole portfolio as of a day, streamed, for reports."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, transaction

from relance.customers.queries import ACCOUNT_RELATION
from relance.ledger import as_of as then
from relance.ledger.facts import AgeingRow

_GROUP_KEYS = {
    "account": "a.number",
    "segment": "a.segment",
    "credit_class": "a.credit_class",
    "creditor": "a.creditor",
}


def ageing_rows(as_of: dt.date, upper_bounds: Sequence[int], by: str = "all") -> Iterator[AgeingRow]:
    """Open amounts per group, currency and age band, streamed in no order: sorting first would cost a third more.

    `upper_bounds` are the last days past due of each band but the open-ended last: `[0, 30, 60, 90]` makes bands 0 to
    4; items without a due date have band None. `by` is all, account, segment, credit_class or creditor. Raises
    KeyError for another.
    """
    key, join = _group(by, "o")
    band = "width_bucket(%(as_of)s - o.due_on, %(starts)s::int[])"
    bare = "o.open_minor > 0 AND o.born_on <= %(as_of)s"
    rows = _stream(
        f"""
        WITH {then.open_items(None, corrected_only=True)}
        SELECT key, currency, band, sum(items)::bigint, sum(minor)::bigint, sum(disputed)::bigint FROM (
            SELECT {key} AS key, o.currency, {band} AS band, count(*) AS items, sum(o.open_minor) AS minor, 0 AS disputed
            FROM ledger_openitem o {join} WHERE {bare} GROUP BY 1, 2, 3
            UNION ALL
            SELECT {key}, o.currency, {band}, -count(*), -sum(o.open_minor), 0
            FROM corrected c JOIN ledger_openitem o ON o.account_id = c.account_id AND o.id = c.item_id {join}
            WHERE {bare} GROUP BY 1, 2, 3
            UNION ALL
            SELECT {key}, o.currency, {band}, count(*), sum(o.open_minor), sum(o.disputed_minor)
            FROM open_then o {join} GROUP BY 1, 2, 3) t
        GROUP BY 1, 2, 3 HAVING sum(items) > 0""",  # noqa: S608
        {**then.values(as_of), "starts": [bound + 1 for bound in upper_bounds]},
        in_pieces=by == "account",
    )
    yield from (AgeingRow(*row) for row in rows)


def unallocated_rows(as_of: dt.date, by: str = "all") -> Iterator[tuple[str, str, int]]:
    """Unallocated credits per group and currency: (key, currency, minor units)."""
    key, join = _group(by, "o")
    yield from _stream(
        f"WITH {then.open_credits(None)} "  # noqa: S608
        f"SELECT {key}, o.currency, sum(o.open_minor)::bigint FROM unallocated_then o {join} GROUP BY 1, 2 ORDER BY 1, 2",
        then.values(as_of),
    )


def _group(by: str, alias: str) -> tuple[str, str]:
    if by == "all":
        return "'all'", ""
    return _GROUP_KEYS[by], f"JOIN {ACCOUNT_RELATION} AS a ON a.account_id = {alias}.account_id"


def _stream(sql: str, parameters: dict[str, Any], in_pieces: bool = True) -> Iterator[tuple[Any, ...]]:
    """Rows in bounded memory; few rows are read at once, because the server scans for a cursor with one process only."""
    if not in_pieces:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            yield from cursor.fetchall()
        return
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(5_000):
            yield from rows


def sales(from_on: dt.date, to_on: dt.date) -> dict[str, int]:
    """Invoices issued from one day to another, both included, tax included, per currency in minor units."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency, sum(amount_minor)::bigint FROM ledger_openitem "
            "WHERE kind = 'invoice' AND born_on BETWEEN %s AND %s GROUP BY currency",
            [from_on, to_on],
        )
        return dict(cursor.fetchall())


def monthly_sales(to_on: dt.date) -> dict[str, list[tuple[dt.date, int]]]:
    """Invoices issued by calendar month up to and including `to_on`, newest month first, per currency."""
    found: dict[str, list[tuple[dt.date, int]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency, date_trunc('month', born_on)::date AS month, sum(amount_minor)::bigint FROM ledger_openitem "
            "WHERE kind = 'invoice' AND born_on <= %s GROUP BY 1, 2 ORDER BY 1, 2 DESC",
            [to_on],
        )
        for currency, month, minor in cursor.fetchall():
            found[currency].append((month, minor))
    return dict(found)


def receivables(as_of: dt.date) -> dict[str, tuple[int, int]]:
    """Per currency: what is open on `as_of`, and how much of it is not yet past due. Credits are not deducted."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {then.open_items(None)} "  # noqa: S608
            "SELECT currency, sum(open_minor)::bigint, "
            "coalesce(sum(open_minor) FILTER (WHERE due_on >= %(as_of)s OR due_on IS NULL), 0)::bigint "
            "FROM open_then GROUP BY currency",
            then.values(as_of),
        )
        return {currency: (open_minor, current_minor) for currency, open_minor, current_minor in cursor.fetchall()}


def received(from_on: dt.date, to_on: dt.date) -> dict[str, tuple[int, int]]:
    """Receipts of a period, both days included, per currency: how many and how much; reversed ones left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency, count(*), sum(amount_minor)::bigint FROM ledger_credit c "
            "WHERE kind = 'receipt' AND received_on BETWEEN %s AND %s AND NOT EXISTS (SELECT 1 FROM ledger_reversal r "
            "WHERE r.account_id = c.account_id AND r.credit_id = c.id) GROUP BY currency",
            [from_on, to_on],
        )
        return {currency: (count, minor) for currency, count, minor in cursor.fetchall()}
