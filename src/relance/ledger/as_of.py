"""What was open on a day: the current open amounts, plus what allocations effective after that day took off.

Due dates and exclusions are those in force on that day.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from relance.kit.bulk import id_array


def open_items(
    account_ids: Sequence[int] | None, known_at: dt.datetime | None = None, corrected_only: bool = False
) -> str:
    """A `WITH` list ending in `open_then(account_id, id, kind, number, nature, currency, born_on, due_on,
    amount_minor, open_minor, document_url, tax_minor, origin_id, document_due_on, disputed_minor, in_flight_minor,
    expired_minor)`: items born by `%(as_of)s` and open on that day. The three last are parts of `open_minor` that do
    not overlap.

    With `account_ids` only theirs (`%(ids)s`). With `known_at`, what was posted since that instant counts even when it
    is effective later than `as_of` (`%(known_at)s`). With `corrected_only`, only the items of the list
    `corrected(account_id, item_id)`: those on which something besides their own row counts on that day.
    """
    # The server reads a long list of ids anew at each mention: it is mentioned once, elsewhere their range is enough.
    wanted = "AND i.account_id = ANY(%(ids)s::bigint[])" if account_ids is not None else ""
    only = "JOIN corrected k ON k.account_id = i.account_id AND k.item_id = i.id" if corrected_only else ""
    near = "AND {0}account_id BETWEEN %(first_id)s AND %(last_id)s" if account_ids is not None else ""
    # An undoing is masked together with the row it undoes, or money taken back would count as owed twice.
    masked = (
        """AND coalesce((SELECT o.posted_at FROM ledger_allocation o
                         WHERE o.account_id = a.account_id AND o.id = a.undoes_id), a.posted_at) < %(known_at)s"""
        if known_at is not None
        else ""
    )
    said_since = (
        """OR EXISTS (SELECT 1 FROM ledger_posting p WHERE p.account_id = t.account_id AND p.id = t.posting_id
                        AND p.posted_at >= %(known_at)s)"""
        if known_at is not None
        else ""
    )
    columns = "i.account_id, i.id, i.kind, i.number, i.nature, i.currency, i.born_on, i.due_on, i.amount_minor"
    more = "i.document_url, i.tax_minor, i.origin_id"
    return f"""
        later AS (
            SELECT a.account_id, a.item_id, sum(a.amount_minor)::bigint AS later_minor FROM ledger_allocation a
            WHERE a.effective_on > %(as_of)s {near.format("a.")} {masked}
            GROUP BY a.account_id, a.item_id HAVING sum(a.amount_minor) <> 0),
        moved AS (
            SELECT DISTINCT ON (t.account_id, t.item_id) t.account_id, t.item_id, t.due_on FROM ledger_postponement t
            WHERE (t.effective_on <= %(as_of)s {said_since}) {near.format("t.")}
            ORDER BY t.account_id, t.item_id, t.effective_on DESC, t.id DESC),
        excluded AS (
            SELECT t.account_id, t.item_id,
                   coalesce(sum(t.amount_minor) FILTER (WHERE t.kind = 'disputed'), 0)::bigint AS disputed_minor,
                   coalesce(sum(t.amount_minor) FILTER (WHERE t.kind = 'in_flight'), 0)::bigint AS in_flight_minor,
                   coalesce(sum(t.amount_minor) FILTER (WHERE t.kind = 'expired'), 0)::bigint AS expired_minor
            FROM ledger_exclusion t WHERE (t.effective_on <= %(as_of)s {said_since}) {near.format("t.")}
            GROUP BY t.account_id, t.item_id HAVING sum(t.amount_minor) <> 0),
        corrected AS (
            SELECT account_id, item_id FROM later UNION SELECT account_id, item_id FROM moved
            UNION SELECT account_id, item_id FROM excluded),
        open_by_document AS (
            SELECT {columns}, i.open_minor + coalesce(l.later_minor, 0) AS open_minor, {more}
            FROM ledger_openitem i {only} LEFT JOIN later l ON l.account_id = i.account_id AND l.item_id = i.id
            WHERE i.open_minor > 0 AND i.born_on <= %(as_of)s {wanted}
              AND i.open_minor + coalesce(l.later_minor, 0) > 0
            UNION ALL
            SELECT {columns}, l.later_minor, {more}
            FROM later l JOIN ledger_openitem i ON i.account_id = l.account_id AND i.id = l.item_id
            WHERE i.open_minor = 0 AND i.born_on <= %(as_of)s AND l.later_minor > 0 {wanted}),
        open_then AS (
            SELECT o.account_id, o.id, o.kind, o.number, o.nature, o.currency, o.born_on,
                   coalesce(m.due_on, o.due_on) AS due_on, o.amount_minor, o.open_minor, o.document_url, o.tax_minor,
                   o.origin_id, o.due_on AS document_due_on,
                   least(o.open_minor, coalesce(x.disputed_minor, 0)) AS disputed_minor,
                   least(o.open_minor - least(o.open_minor, coalesce(x.disputed_minor, 0)),
                         coalesce(x.in_flight_minor, 0)) AS in_flight_minor,
                   CASE WHEN x.expired_minor > 0 THEN
                       greatest(0, o.open_minor - x.disputed_minor - x.in_flight_minor) ELSE 0 END AS expired_minor
            FROM open_by_document o
            LEFT JOIN moved m ON m.account_id = o.account_id AND m.item_id = o.id
            LEFT JOIN excluded x ON x.account_id = o.account_id AND x.item_id = o.id)"""  # noqa: S608


CHASED = "(open_minor - disputed_minor - in_flight_minor - expired_minor)"
"""What may be asked for of a row of `open_then`."""


def open_credits(account_ids: Sequence[int] | None, known_at: dt.datetime | None = None) -> str:
    """A `WITH` list ending in `unallocated_then(account_id, id, currency, open_minor)`: credits received by
    `%(as_of)s` with something neither allocated nor reversed on that day. `known_at`: see `open_items`.
    """
    scope = "AND {0}account_id = ANY(%(ids)s::bigint[])" if account_ids is not None else ""
    masked = received_since = reversed_before = ""
    if known_at is not None:
        masked = """AND coalesce((SELECT o.posted_at FROM ledger_allocation o
                         WHERE o.account_id = a.account_id AND o.id = a.undoes_id), a.posted_at) < %(known_at)s"""
        received_since = "OR c.posted_at >= %(known_at)s"
        reversed_before = "AND posted_at < %(known_at)s"
    return f"""
        taken_later AS (
            SELECT account_id, credit_id, sum(amount_minor)::bigint AS later_minor FROM (
                SELECT a.account_id, a.credit_id, a.amount_minor FROM ledger_allocation a
                WHERE a.effective_on > %(as_of)s {scope.format("a.")} {masked}
                UNION ALL
                SELECT account_id, credit_id, amount_minor FROM ledger_reversal
                WHERE reversed_on > %(as_of)s {scope.format("")} {reversed_before}) t
            GROUP BY account_id, credit_id HAVING sum(amount_minor) <> 0),
        unallocated_then AS (
            SELECT c.account_id, c.id, c.currency, c.open_minor + coalesce(l.later_minor, 0) AS open_minor
            FROM ledger_credit c LEFT JOIN taken_later l ON l.account_id = c.account_id AND l.credit_id = c.id
            WHERE c.open_minor > 0 AND (c.received_on <= %(as_of)s {received_since}) {scope.format("c.")}
              AND c.open_minor + coalesce(l.later_minor, 0) > 0
            UNION ALL
            SELECT c.account_id, c.id, c.currency, l.later_minor
            FROM taken_later l JOIN ledger_credit c ON c.account_id = l.account_id AND c.id = l.credit_id
            WHERE c.open_minor = 0 AND (c.received_on <= %(as_of)s {received_since}) AND l.later_minor > 0)"""  # noqa: S608


def claimed(account_ids: Sequence[int], known_at: dt.datetime | None = None) -> str:
    """A `WITH` list ending in `claimed_then`: the overdue rows of `open_then` with `claimed_minor`, what may be asked
    for of each once the account's unallocated credits in its currency are counted against the oldest.
    """
    return f"""{open_items(account_ids, known_at)}, {open_credits(account_ids, known_at)},
        free_then AS (
            SELECT account_id, currency, sum(open_minor)::bigint AS free_minor FROM unallocated_then GROUP BY 1, 2),
        queued AS (
            SELECT o.*, coalesce(f.free_minor, 0) AS free_minor,
                   sum({CHASED}) OVER (PARTITION BY o.account_id, o.currency ORDER BY o.due_on, o.born_on, o.id
                                       ROWS UNBOUNDED PRECEDING)::bigint AS chased_so_far
            FROM open_then o LEFT JOIN free_then f ON f.account_id = o.account_id AND f.currency = o.currency
            WHERE o.due_on < %(as_of)s),
        claimed_then AS (
            SELECT q.*, least({CHASED}, greatest(0, chased_so_far - free_minor)) AS claimed_minor FROM queued q)"""  # noqa: S608


def values(
    as_of: dt.date, account_ids: Sequence[int] | None = None, known_at: dt.datetime | None = None
) -> dict[str, Any]:
    """The parameters that go with these lists."""
    return {
        "as_of": as_of,
        "ids": id_array(account_ids) if account_ids is not None else None,
        "first_id": min(account_ids, default=0) if account_ids is not None else None,
        "last_id": max(account_ids, default=0) if account_ids is not None else None,
        "known_at": known_at,
    }
