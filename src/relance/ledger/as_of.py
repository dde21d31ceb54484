"""What was open on a day: the current open amounts, plus what allocations effective after that day took off."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from relance.kit.bulk import id_array


def open_items(account_ids: Sequence[int] | None, known_at: dt.datetime | None = None) -> str:
    """A `WITH` list ending in `open_then(account_id, id, kind, number, nature, currency, born_on, due_on,
    amount_minor, open_minor, document_url)`: items born by `%(as_of)s` and open on that day.

    With `account_ids` only theirs (`%(ids)s`). With `known_at`, money posted since that instant counts even when it is
    effective later than `as_of` (`%(known_at)s`).
    """
    scope = "AND {0}account_id = ANY(%(ids)s::bigint[])" if account_ids is not None else ""
    # An undoing is masked together with the row it undoes, or money taken back would count as owed twice.
    masked = (
        """AND coalesce((SELECT o.posted_at FROM ledger_allocation o
                         WHERE o.account_id = a.account_id AND o.id = a.undoes_id), a.posted_at) < %(known_at)s"""
        if known_at is not None
        else ""
    )
    columns = "i.account_id, i.id, i.kind, i.number, i.nature, i.currency, i.born_on, i.due_on, i.amount_minor"
    return f"""
        later AS (
            SELECT a.account_id, a.item_id, sum(a.amount_minor)::bigint AS later_minor FROM ledger_allocation a
            WHERE a.effective_on > %(as_of)s {scope.format("a.")} {masked}
            GROUP BY a.account_id, a.item_id HAVING sum(a.amount_minor) <> 0),
        open_then AS (
            SELECT {columns}, i.open_minor + coalesce(l.later_minor, 0) AS open_minor, i.document_url
            FROM ledger_openitem i LEFT JOIN later l ON l.account_id = i.account_id AND l.item_id = i.id
            WHERE i.open_minor > 0 AND i.born_on <= %(as_of)s {scope.format("i.")}
              AND i.open_minor + coalesce(l.later_minor, 0) > 0
            UNION ALL
            SELECT {columns}, l.later_minor, i.document_url
            FROM later l JOIN ledger_openitem i ON i.account_id = l.account_id AND i.id = l.item_id
            WHERE i.open_minor = 0 AND i.born_on <= %(as_of)s AND l.later_minor > 0)"""  # noqa: S608


def open_credits(account_ids: Sequence[int] | None) -> str:
    """A `WITH` list ending in `unallocated_then(account_id, id, currency, open_minor)`: credits received by
    `%(as_of)s` with something neither allocated nor reversed on that day.
    """
    scope = "AND {0}account_id = ANY(%(ids)s::bigint[])" if account_ids is not None else ""
    return f"""
        taken_later AS (
            SELECT account_id, credit_id, sum(amount_minor)::bigint AS later_minor FROM (
                SELECT account_id, credit_id, amount_minor FROM ledger_allocation
                WHERE effective_on > %(as_of)s {scope.format("")}
                UNION ALL
                SELECT account_id, credit_id, amount_minor FROM ledger_reversal
                WHERE reversed_on > %(as_of)s {scope.format("")}) t
            GROUP BY account_id, credit_id HAVING sum(amount_minor) <> 0),
        unallocated_then AS (
            SELECT c.account_id, c.id, c.currency, c.open_minor + coalesce(l.later_minor, 0) AS open_minor
            FROM ledger_credit c LEFT JOIN taken_later l ON l.account_id = c.account_id AND l.credit_id = c.id
            WHERE c.open_minor > 0 AND c.received_on <= %(as_of)s {scope.format("c.")}
              AND c.open_minor + coalesce(l.later_minor, 0) > 0
            UNION ALL
            SELECT c.account_id, c.id, c.currency, l.later_minor
            FROM taken_later l JOIN ledger_credit c ON c.account_id = l.account_id AND c.id = l.credit_id
            WHERE c.open_minor = 0 AND c.received_on <= %(as_of)s AND l.later_minor > 0)"""  # noqa: S608


def values(
    as_of: dt.date, account_ids: Sequence[int] | None = None, known_at: dt.datetime | None = None
) -> dict[str, Any]:
    """The parameters that go with these lists."""
    return {"as_of": as_of, "ids": id_array(account_ids) if account_ids is not None else None, "known_at": known_at}
