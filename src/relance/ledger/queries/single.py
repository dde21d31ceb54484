"""One item of an account, settled or not, and the marks that the pages of an account show beside its items."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db import connection

from relance.kit.bulk import id_array
from relance.ledger.facts import OpenItemFacts


def item(account_id: int, item_id: int, as_of: dt.date) -> OpenItemFacts | None:
    """One item as of a day, also when nothing is open of it; None when the account has none with this id by then."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT i.id, i.account_id, i.kind, i.number, i.nature, i.currency, i.born_on,
                   coalesce((SELECT t.due_on FROM ledger_postponement t
                             WHERE t.account_id = i.account_id AND t.item_id = i.id AND t.effective_on <= %(as_of)s
                             ORDER BY t.effective_on DESC, t.id DESC LIMIT 1), i.due_on),
                   i.amount_minor,
                   i.amount_minor - coalesce((SELECT sum(a.amount_minor) FROM ledger_allocation a
                       WHERE a.account_id = i.account_id AND a.item_id = i.id AND a.effective_on <= %(as_of)s),
                       0)::bigint,
                   i.document_url, i.tax_minor, i.origin_id, i.due_on,
                   coalesce(x.disputed_minor, 0), coalesce(x.in_flight_minor, 0), coalesce(x.expired_minor, 0)
            FROM ledger_openitem i
            LEFT JOIN LATERAL (
                SELECT sum(amount_minor) FILTER (WHERE kind = 'disputed')::bigint AS disputed_minor,
                       sum(amount_minor) FILTER (WHERE kind = 'in_flight')::bigint AS in_flight_minor,
                       sum(amount_minor) FILTER (WHERE kind = 'expired')::bigint AS expired_minor
                FROM ledger_exclusion
                WHERE account_id = i.account_id AND item_id = i.id AND effective_on <= %(as_of)s) x ON TRUE
            WHERE i.account_id = %(account)s AND i.id = %(item)s AND i.born_on <= %(as_of)s""",
            {"account": account_id, "item": item_id, "as_of": as_of},
        )
        row = cursor.fetchone()
    if row is None:
        return None
    open_minor: int = row[9]
    disputed_minor = min(open_minor, row[14])
    in_flight_minor = min(open_minor - disputed_minor, row[15])
    expired_minor = open_minor - disputed_minor - in_flight_minor if row[16] > 0 else 0
    return OpenItemFacts(*[*row[:14], disputed_minor, in_flight_minor, expired_minor])


def item_traces(account_id: int, item_ids: Sequence[int]) -> Mapping[int, frozenset[str]]:
    """What acts left on items, where they left anything: kinds of credits in force on each (`write_off`, `split`,
    `correction`, `credit_note`) and kinds of charges made because of it that were not taken back; an indemnity always
    counts, as it is charged once for good. `instalment` says that it was ever split.
    """
    traces: dict[int, set[str]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.item_id, c.kind FROM ledger_allocation a
            JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id
                 AND c.kind IN ('write_off', 'split', 'correction', 'credit_note')
            WHERE a.account_id = %(account)s AND a.item_id = ANY(%(items)s::bigint[]) AND a.undoes_id IS NULL
              AND NOT EXISTS (SELECT 1 FROM ledger_allocation u
                              WHERE u.account_id = a.account_id AND u.undoes_id = a.id)
            UNION
            SELECT o.origin_id, o.kind FROM ledger_openitem o
            WHERE o.account_id = %(account)s AND o.origin_id = ANY(%(items)s::bigint[])
              AND (o.kind = 'indemnity' OR NOT EXISTS (
                    SELECT 1 FROM ledger_allocation x
                    JOIN ledger_credit k ON k.account_id = x.account_id AND k.id = x.credit_id AND k.kind = 'correction'
                    WHERE x.account_id = o.account_id AND x.item_id = o.id))""",
            {"account": account_id, "items": id_array(item_ids)},
        )
        for item_id, kind in cursor.fetchall():
            traces[item_id].add(kind)
    return {item_id: frozenset(kinds) for item_id, kinds in traces.items()}


def is_posted(account_id: int, key: str) -> bool:
    """Whether an act with this key has happened on the account: a form sent twice asks it before it is read again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM ledger_posting WHERE account_id = %s AND key = %s", [account_id, key])
        return cursor.fetchone() is not None


def doubtful_items(account_id: int) -> frozenset[int]:
    """The items of an account that are marked as doubtful now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT item_id FROM (SELECT DISTINCT ON (item_id) item_id, is_doubtful FROM ledger_doubtfulmark "
            "WHERE account_id = %s ORDER BY item_id, id DESC) m WHERE is_doubtful",
            [account_id],
        )
        return frozenset(row[0] for row in cursor.fetchall())
