"""What happened to an account's money, in order: imported documents as they are, everything else act by act."""

import datetime as dt
import json

from django.db import connection

from relance.customers.facts import TimelineEvent


def timeline(account_id: int, as_of: dt.date, limit: int | None = None) -> list[TimelineEvent]:
    """What happened to this account's money up to `as_of`, newest first; with `limit` only the newest.

    Kinds: `invoice_issued`, `<credit kind>_posted`, `receipt_reversed` for documents without an act, else the act's own
    kind. Data holds number, currency, amount_minor and what the kind needs; an act's also its reason.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            (SELECT born_on, posted_at, CASE kind WHEN 'invoice' THEN 'invoice_issued' ELSE kind || '_posted' END,
                   jsonb_build_object('number', number, 'currency', currency, 'amount_minor', amount_minor,
                                      'due_on', due_on)::text, ''
            FROM (SELECT * FROM ledger_openitem
                  WHERE account_id = %(account)s AND born_on <= %(as_of)s AND posting_id IS NULL
                  ORDER BY born_on DESC, posted_at DESC, id DESC LIMIT %(limit)s) t)
            UNION ALL
            (SELECT received_on, posted_at, kind || '_posted',
                   jsonb_build_object('number', number, 'currency', currency, 'amount_minor', amount_minor,
                                      'method', method, 'reason', reason)::text, posted_by
            FROM (SELECT * FROM ledger_credit
                  WHERE account_id = %(account)s AND received_on <= %(as_of)s AND posting_id IS NULL
                  ORDER BY received_on DESC, posted_at DESC, id DESC LIMIT %(limit)s) t)
            UNION ALL
            (SELECT r.reversed_on, r.posted_at, 'receipt_reversed',
                   jsonb_build_object('number', c.number, 'currency', c.currency, 'amount_minor', r.amount_minor,
                                      'reason', r.reason)::text, r.posted_by
            FROM ledger_reversal r JOIN ledger_credit c ON c.account_id = r.account_id AND c.id = r.credit_id
            WHERE r.account_id = %(account)s AND r.reversed_on <= %(as_of)s AND r.posting_id IS NULL
            ORDER BY 1 DESC, 2 DESC, r.id DESC LIMIT %(limit)s)
            UNION ALL
            (SELECT effective_on, posted_at, kind, (data || jsonb_build_object('reason', reason))::text, actor
            FROM (SELECT * FROM ledger_posting
                  WHERE account_id = %(account)s AND effective_on <= %(as_of)s AND kind <> 'receipt_repeated'
                  ORDER BY effective_on DESC, posted_at DESC, id DESC LIMIT %(limit)s) t)
            ORDER BY 1 DESC, 2 DESC LIMIT %(limit)s""",
            {"account": account_id, "as_of": as_of, "limit": limit},
        )
        return [TimelineEvent(on, at, kind, json.loads(data), actor) for on, at, kind, data, actor in cursor.fetchall()]


def event_count(account_id: int, as_of: dt.date) -> int:
    """How many events `timeline` has without a limit."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM ledger_openitem
                    WHERE account_id = %(account)s AND born_on <= %(as_of)s AND posting_id IS NULL)
                 + (SELECT count(*) FROM ledger_credit
                    WHERE account_id = %(account)s AND received_on <= %(as_of)s AND posting_id IS NULL)
                 + (SELECT count(*) FROM ledger_reversal
                    WHERE account_id = %(account)s AND reversed_on <= %(as_of)s AND posting_id IS NULL)
                 + (SELECT count(*) FROM ledger_posting
                    WHERE account_id = %(account)s AND effective_on <= %(as_of)s AND kind <> 'receipt_repeated')""",
            {"account": account_id, "as_of": as_of},
        )
        (count,) = cursor.fetchone()
    return int(count)
