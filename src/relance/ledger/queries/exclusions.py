"""What of an account is owed but not chased, and why."""

import datetime as dt

from django.db import connection

from relance.ledger.facts import ExclusionFacts, ExclusionKind


def exclusions_of(account_id: int, as_of: dt.date) -> list[ExclusionFacts]:
    """The exclusions of an account that count on a day, the oldest first; the reason is the one given when made."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT x.id, x.item_id, x.kind, x.amount_minor, x.effective_on, x.reference, coalesce(p.reason, '')
            FROM ledger_exclusion x
            LEFT JOIN ledger_posting p ON p.account_id = x.account_id AND p.id = x.posting_id
            WHERE x.account_id = %(account)s AND x.undoes_id IS NULL AND x.effective_on <= %(as_of)s AND NOT EXISTS (
                SELECT 1 FROM ledger_exclusion l WHERE l.account_id = x.account_id AND l.undoes_id = x.id
                  AND l.effective_on <= %(as_of)s)
            ORDER BY x.effective_on, x.id""",
            {"account": account_id, "as_of": as_of},
        )
        return [ExclusionFacts(row[0], row[1], ExclusionKind(row[2]), *row[3:]) for row in cursor.fetchall()]
