"""One account's ledger in one currency: documents and reversals in order, each with the balance after it.

The balance is what customers' control accounts say: debits less credits. It equals the open items less the unallocated
credits of the same day, because an allocation takes as much off both sides.
"""

import datetime as dt
from typing import Any

from django.db import connection

from relance.kit.pages import COUNT_LIMIT, Page, counted_page
from relance.ledger.facts import LedgerLine

# Inlined rather than materialised: an account may have 100,000 documents, and a page shows fifty. Ids come from one
# sequence, so they order the lines of a day as they were posted.
_LINES = """
    lines AS NOT MATERIALIZED (
        SELECT 'item' AS source, i.born_on AS happened_on, i.id, i.amount_minor AS signed_minor
        FROM ledger_openitem i
        WHERE i.account_id = %(account)s AND i.currency = %(currency)s AND i.born_on <= %(through)s
        UNION ALL
        SELECT 'credit', c.received_on, c.id, -c.amount_minor
        FROM ledger_credit c
        WHERE c.account_id = %(account)s AND c.currency = %(currency)s AND c.received_on <= %(through)s
        UNION ALL
        SELECT 'reversal', r.reversed_on, r.id, r.amount_minor
        FROM ledger_reversal r
        JOIN ledger_credit c ON c.account_id = r.account_id AND c.id = r.credit_id
        WHERE r.account_id = %(account)s AND c.currency = %(currency)s AND r.reversed_on <= %(through)s)"""

# What a reader sees of the lines chosen as `s`. The latest postponement by the day looked from gives the due date.
_TOLD = """
    SELECT s.happened_on, CASE s.source WHEN 'reversal' THEN 'reversal' ELSE coalesce(i.kind, c.kind) END, s.id,
           coalesce(i.number, c.number), s.signed_minor, coalesce(p.due_on, i.due_on),
           CASE WHEN i.id IS NOT NULL THEN coalesce(o.number, '')
                WHEN r.id IS NOT NULL THEN r.reason
                WHEN c.kind = 'receipt' THEN c.method ELSE c.reason END
    {columns}
    LEFT JOIN ledger_openitem i ON s.source = 'item' AND i.account_id = %(account)s AND i.id = s.id
    LEFT JOIN ledger_openitem o ON o.account_id = %(account)s AND o.id = i.origin_id
    LEFT JOIN ledger_reversal r ON s.source = 'reversal' AND r.account_id = %(account)s AND r.id = s.id
    LEFT JOIN ledger_credit c ON c.account_id = %(account)s
         AND c.id = CASE s.source WHEN 'credit' THEN s.id WHEN 'reversal' THEN r.credit_id END
    LEFT JOIN (SELECT DISTINCT ON (item_id) item_id, due_on FROM ledger_postponement
               WHERE account_id = %(account)s AND effective_on <= %(as_of)s
               ORDER BY item_id, effective_on DESC, id DESC) p ON p.item_id = i.id
"""


def account_ledger(
    account_id: int, currency: str, from_on: dt.date, to_on: dt.date, as_of: dt.date
) -> tuple[int, list[LedgerLine], int]:
    """The balance before `from_on`, the lines from then to `to_on`, oldest first, and the balance after the last.

    Documents dated after `as_of` are left out, and due dates are those in force on it. A line's `note` is the number of
    the item that an item comes from, the method of a receipt, or the reason of another credit or a reversal. It holds
    all lines of the period; for a screen of an account with very many, see `account_ledger_page`.
    """
    told = _TOLD.format(columns=", b.opening_minor FROM before b LEFT JOIN chosen s ON TRUE")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {_LINES},
            before AS (
                SELECT coalesce(sum(signed_minor), 0)::bigint AS opening_minor FROM lines
                WHERE happened_on < %(from_on)s),
            chosen AS (SELECT * FROM lines WHERE happened_on >= %(from_on)s)
            {told} ORDER BY s.happened_on, s.id""",  # noqa: S608
            _values(account_id, currency, from_on, to_on, as_of),
        )
        rows = cursor.fetchall()
    opening_minor: int = rows[0][-1]
    balance = opening_minor
    lines = []
    for row in rows:
        if row[2] is not None:
            balance += row[4]
            lines.append(_line(row, currency, balance))
    return opening_minor, lines, balance


def account_ledger_page(
    account_id: int,
    currency: str,
    from_on: dt.date,
    to_on: dt.date,
    as_of: dt.date,
    after: str | None = None,
    limit: int = 50,
) -> Page[LedgerLine]:
    """The lines of `account_ledger` newest first, a page at a time; `after` is the `next_after` of the page before.

    Each line has the balance after it, whichever page it stands on. Raises ValueError for an `after` of another kind.
    """
    cursor_on, cursor_id = _cursor(after)
    told = _TOLD.format(columns=", (SELECT balance_minor FROM upto), (SELECT line_count FROM whole) FROM chosen s")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH {_LINES},
            upto AS (
                SELECT sum(signed_minor)::bigint AS balance_minor FROM lines
                WHERE (happened_on, id) < (%(cursor_on)s, %(cursor_id)s)),
            whole AS (
                SELECT count(*) AS line_count FROM (
                    SELECT 1 FROM lines WHERE happened_on >= %(from_on)s LIMIT {COUNT_LIMIT + 1}) t),
            chosen AS (
                SELECT * FROM lines
                WHERE happened_on >= %(from_on)s AND (happened_on, id) < (%(cursor_on)s, %(cursor_id)s)
                ORDER BY happened_on DESC, id DESC LIMIT %(limit)s)
            {told} ORDER BY s.happened_on DESC, s.id DESC""",  # noqa: S608
            {
                **_values(account_id, currency, from_on, to_on, as_of),
                "cursor_on": cursor_on,
                "cursor_id": cursor_id,
                "limit": limit + 1,
            },
        )
        rows = cursor.fetchall()
    if not rows:
        return Page([], None, 0)
    balance, total = rows[0][-2:]
    lines = []
    for row in rows[:limit]:
        lines.append(_line(row, currency, balance))
        balance -= row[4]
    next_after = f"{lines[-1].on.isoformat()}|{lines[-1].id}" if len(rows) > limit else None
    return counted_page(lines, next_after, total)


def currencies_of(account_id: int, as_of: dt.date) -> list[str]:
    """The currencies in which an account has any document by `as_of`, in alphabetical order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency FROM ledger_openitem WHERE account_id = %(account)s AND born_on <= %(as_of)s "
            "UNION SELECT currency FROM ledger_credit WHERE account_id = %(account)s AND received_on <= %(as_of)s "
            "ORDER BY 1",
            {"account": account_id, "as_of": as_of},
        )
        return [row[0] for row in cursor.fetchall()]


def _values(account_id: int, currency: str, from_on: dt.date, to_on: dt.date, as_of: dt.date) -> dict[str, Any]:
    return {
        "account": account_id,
        "currency": currency,
        "from_on": from_on,
        "through": min(to_on, as_of),
        "as_of": as_of,
    }


def _cursor(after: str | None) -> tuple[dt.date, int]:
    """The line that a page begins below; without one, below the end of time."""
    if after is None:
        return dt.date.max, 0
    on, _, line_id = after.partition("|")
    return dt.date.fromisoformat(on), int(line_id)


def _line(row: tuple[Any, ...], currency: str, balance_minor: int) -> LedgerLine:
    on, kind, line_id, number, signed_minor, due_on, note = row[:7]
    debit_minor, credit_minor = max(0, signed_minor), max(0, -signed_minor)
    return LedgerLine(on, kind, line_id, number, currency, debit_minor, credit_minor, balance_minor, due_on, note)
