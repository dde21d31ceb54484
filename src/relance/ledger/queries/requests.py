"""Requests for a second person, what was written off and what of it came back."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import connection

from relance.kit.pages import COUNT_LIMIT, Page, counted_page
from relance.ledger.facts import RefundOrigin, RequestFacts, WriteOffFacts, WrittenOffItem

_COLUMNS = (
    "id, account_id, kind, state, currency, amount_minor, data, reason, requested_by, requested_at, requested_on, "
    "decided_by, decided_at, decision_reason"
)


def requests(
    state: str = "requested", after: str | None = None, limit: int = 50, oldest_first: bool = False
) -> Page[RequestFacts]:
    """Write-offs and refunds in a state (requested, approved, refused, withdrawn), the newest first, page by page.

    `after` is the `next_after` of the page before.
    """
    beyond, direction, start = (">", "ASC", 0) if oldest_first else ("<", "DESC", 2**62)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM ledger_request WHERE state = %s LIMIT {COUNT_LIMIT + 1}) t",  # noqa: S608
            [state],
        )
        total = cursor.fetchone()[0]
        cursor.execute(
            f"SELECT {_COLUMNS} FROM ledger_request WHERE state = %s AND id {beyond} %s "  # noqa: S608
            f"ORDER BY id {direction} LIMIT %s",
            [state, int(after) if after else start, limit + 1],
        )
        rows = [_facts(row) for row in cursor.fetchall()]
    next_after = str(rows[limit - 1].id) if len(rows) > limit else None
    return counted_page(rows[:limit], next_after, total)


def request(request_id: int) -> RequestFacts | None:
    """One request, or None."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM ledger_request WHERE id = %s", [request_id])  # noqa: S608
        row = cursor.fetchone()
    return _facts(row) if row else None


def requests_of(account_id: int) -> list[RequestFacts]:
    """The requests of one account that wait for a decision, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM ledger_request WHERE account_id = %s AND state = 'requested' ORDER BY id",  # noqa: S608
            [account_id],
        )
        return [_facts(row) for row in cursor.fetchall()]


def _facts(row: Sequence[Any]) -> RequestFacts:
    values = list(row)
    values[6] = json.loads(row[6]) if isinstance(row[6], str) else row[6]
    return RequestFacts(*values)


def refund_origin(account_id: int, credit_id: int) -> RefundOrigin:
    """Who recorded a payment and the account it came from. Raises LookupError when the account has no such credit."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.number, c.method, c.received_on, c.source, c.posted_by, c.posted_at, coalesce(p.actor, ''),
                   p.posted_at, coalesce(p.reason, '')
            FROM ledger_credit c
            LEFT JOIN LATERAL (
                SELECT actor, posted_at, reason FROM ledger_posting
                WHERE account_id = c.account_id AND kind = 'payer_recorded' AND data->>'credit_id' = c.id::text
                ORDER BY id LIMIT 1) p ON TRUE
            WHERE c.account_id = %s AND c.id = %s""",
            [account_id, credit_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise LookupError(credit_id)
    return RefundOrigin(*row)


def write_offs_of(account_id: int) -> list[WriteOffFacts]:
    """What was written off of an account, the newest first, with what of each item has been recovered since.

    Write-offs that were taken back are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.credit_id, i.id, i.number, a.amount_minor, coalesce((
                       SELECT sum(r.amount_minor) FROM ledger_openitem r
                       WHERE r.account_id = i.account_id AND r.origin_id = i.id AND r.kind = 'recovery'
                         AND NOT EXISTS (SELECT 1 FROM ledger_allocation x
                             JOIN ledger_credit k ON k.account_id = x.account_id AND k.id = x.credit_id
                             WHERE x.account_id = r.account_id AND x.item_id = r.id AND k.kind = 'correction')), 0)::bigint
            FROM ledger_credit c
            JOIN ledger_allocation a ON a.account_id = c.account_id AND a.credit_id = c.id
            JOIN ledger_openitem i ON i.account_id = a.account_id AND i.id = a.item_id
            WHERE c.account_id = %s AND c.kind = 'write_off' AND a.undoes_id IS NULL ORDER BY a.id""",
            [account_id],
        )
        items: dict[int, list[WrittenOffItem]] = defaultdict(list)
        for credit_id, *item in cursor.fetchall():
            items[credit_id].append(WrittenOffItem(*item))
        cursor.execute(
            """
            SELECT c.id, c.number, c.currency, c.received_on, c.amount_minor, c.tax_minor, c.reason,
                   coalesce(q.requested_by, ''), c.posted_by
            FROM ledger_credit c
            LEFT JOIN ledger_request q ON q.account_id = c.account_id AND q.posting_id = c.posting_id
            WHERE c.account_id = %s AND c.kind = 'write_off' AND NOT EXISTS (
                SELECT 1 FROM ledger_reversal r WHERE r.account_id = c.account_id AND r.credit_id = c.id)
            ORDER BY c.received_on DESC, c.id DESC""",
            [account_id],
        )
        return [WriteOffFacts(*[*row, tuple(items[row[0]])]) for row in cursor.fetchall()]
