"""What settles what on one account: the live allocations, whole or a page at a time, and what each is taken back with."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection

from relance.kit.bulk import id_array
from relance.kit.pages import COUNT_LIMIT, Page, counted_page
from relance.ledger.facts import AllocationFacts

BELONGS_TO = """CASE WHEN c.kind NOT IN ('receipt', 'credit_note') THEN c.kind
                     WHEN i.kind IN ('refund', 'recovery') THEN i.kind ELSE '' END"""
"""The kind of document that an allocation of credit `c` to item `i` is taken back with; empty: it is undone by itself."""

_LIVE = """
    ledger_allocation a
    JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id
    JOIN ledger_openitem i ON i.account_id = a.account_id AND i.id = a.item_id
    WHERE a.account_id = %(account)s AND a.undoes_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM ledger_allocation u WHERE u.account_id = a.account_id AND u.undoes_id = a.id)"""

_FACTS = f"""a.id, a.credit_id, c.number, a.item_id, i.number, i.currency, a.amount_minor, a.effective_on,
    a.by_hand AND {BELONGS_TO} = '', {BELONGS_TO}"""


def allocations_of(
    account_id: int,
    ids: Sequence[int] | None = None,
    *,
    credit_id: int | None = None,
    item_id: int | None = None,
    limit: int | None = None,
) -> list[AllocationFacts]:
    """The live allocations of an account, newest first; only those with these ids, of this credit, or of this item."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {_FACTS} FROM {_LIVE}
              AND (%(ids)s::bigint[] IS NULL OR a.id = ANY(%(ids)s::bigint[]))
              AND (%(credit)s::bigint IS NULL OR a.credit_id = %(credit)s)
              AND (%(item)s::bigint IS NULL OR a.item_id = %(item)s)
            ORDER BY a.effective_on DESC, a.id DESC LIMIT %(limit)s""",  # noqa: S608
            {
                "account": account_id,
                "ids": None if ids is None else id_array(ids),
                "credit": credit_id,
                "item": item_id,
                "limit": limit,
            },
        )
        return [AllocationFacts(*row) for row in cursor.fetchall()]


def allocation_page(
    account_id: int, currency: str, after: str | None = None, limit: int = 100
) -> Page[AllocationFacts]:
    """The live allocations of an account in one currency, newest first; `after` is the page before's `next_after`.

    Raises ValueError for an `after` of another kind.
    """
    effective_on, allocation_id = _cursor(after)
    values: dict[str, Any] = {
        "account": account_id,
        "currency": currency,
        "on": effective_on,
        "id": allocation_id,
        "limit": limit + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {_FACTS} FROM {_LIVE} AND i.currency = %(currency)s AND (a.effective_on, a.id) < (%(on)s, %(id)s)
            ORDER BY a.effective_on DESC, a.id DESC LIMIT %(limit)s""",  # noqa: S608
            values,
        )
        rows = [AllocationFacts(*row) for row in cursor.fetchall()]
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {_LIVE} AND i.currency = %(currency)s LIMIT {COUNT_LIMIT + 1}) t",  # noqa: S608
            values,
        )
        (total,) = cursor.fetchone()
    shown = rows[:limit]
    next_after = f"{shown[-1].effective_on.isoformat()}|{shown[-1].id}" if len(rows) > limit else None
    return counted_page(shown, next_after, total)


def _cursor(after: str | None) -> tuple[dt.date, int]:
    """The allocation that a page begins below; without one, below the end of time."""
    if after is None:
        return dt.date.max, 0
    on, _bar, allocation_id = after.partition("|")
    return dt.date.fromisoformat(on), int(allocation_id)
