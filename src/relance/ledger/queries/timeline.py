"""What happened to an account's money, in order: imported documents as they are, everything else act by act."""

import datetime as dt
import json

from django.db import connection

from relance.customers.facts import TimelineEvent


def timeline(account_id: int, as_of: dt.date) -> list[TimelineEvent]:
    """What happened to this account's money up to `as_of`, newest first.

    Kinds: `invoice_issued`, `<credit kind>_posted`, `receipt_reversed` for documents without an act, else the act's own
    kind. Data holds number, currency, amount_minor and what the kind needs; an act's also its reason.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT born_on, posted_at, CASE kind WHEN 'invoice' THEN 'invoice_issued' ELSE kind || '_posted' END,
                   jsonb_build_object('number', number, 'currency', currency, 'amount_minor', amount_minor,
                                      'due_on', due_on)::text, ''
            FROM ledger_openitem WHERE account_id = %(account)s AND born_on <= %(as_of)s AND posting_id IS NULL
            UNION ALL
            SELECT received_on, posted_at, kind || '_posted',
                   jsonb_build_object('number', number, 'currency', currency, 'amount_minor', amount_minor,
                                      'method', method, 'reason', reason)::text, posted_by
            FROM ledger_credit WHERE account_id = %(account)s AND received_on <= %(as_of)s AND posting_id IS NULL
            UNION ALL
            SELECT r.reversed_on, r.posted_at, 'receipt_reversed',
                   jsonb_build_object('number', c.number, 'currency', c.currency, 'amount_minor', r.amount_minor,
                                      'reason', r.reason)::text, r.posted_by
            FROM ledger_reversal r JOIN ledger_credit c ON c.account_id = r.account_id AND c.id = r.credit_id
            WHERE r.account_id = %(account)s AND r.reversed_on <= %(as_of)s AND r.posting_id IS NULL
            UNION ALL
            SELECT effective_on, posted_at, kind, (data || jsonb_build_object('reason', reason))::text, actor
            FROM ledger_posting WHERE account_id = %(account)s AND effective_on <= %(as_of)s AND kind <> 'receipt_repeated'
            ORDER BY 1 DESC, 2 DESC""",
            {"account": account_id, "as_of": as_of},
        )
        return [TimelineEvent(on, at, kind, json.loads(data), actor) for on, at, kind, data, actor in cursor.fetchall()]
