"""An account's open items and free payments a page at a time, and sums over all of them, for screens: an account may
have 50,000 documents.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection

from relance.kit.bulk import id_array
from relance.kit.pages import Page
from relance.ledger import as_of as then
from relance.ledger.facts import CreditFacts, OpenItemFacts
from relance.ledger.queries.items import ITEM_COLUMNS

_UNDATED = "infinity"


def open_item_page(
    account_id: int,
    as_of: dt.date,
    *,
    currency: str = "",
    undisputed_only: bool = False,
    after: str | None = None,
    limit: int = 100,
) -> Page[OpenItemFacts]:
    """The open items of an account, oldest due first, undated ones last; of one currency, or of all.

    With `undisputed_only` none that is disputed or has money on its way. `after` is the `next_after` of the page before.
    Raises ValueError for one of another kind.
    """
    conditions = ["TRUE"]
    values: dict[str, Any] = {**then.values(as_of, [account_id]), "currency": currency, "limit": limit + 1}
    if currency:
        conditions.append("currency = %(currency)s")
    if undisputed_only:
        conditions.append("disputed_minor + in_flight_minor = 0")
    chosen = " AND ".join(conditions)
    beyond = "TRUE"
    if after is not None:
        beyond = f"(coalesce(due_on, '{_UNDATED}'), born_on, id) > (%(due)s::date, %(born)s::date, %(id)s)"
        due, born, item_id = after.split("|")
        values |= {
            "due": due if due == _UNDATED else dt.date.fromisoformat(due),
            "born": dt.date.fromisoformat(born),
            "id": int(item_id),
        }
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {then.open_items([account_id])} "  # noqa: S608
            f"SELECT {ITEM_COLUMNS}, (SELECT count(*) FROM open_then WHERE {chosen}) FROM open_then "
            f"WHERE {chosen} AND {beyond} ORDER BY due_on, born_on, id LIMIT %(limit)s",
            values,
        )
        rows = cursor.fetchall()
    items = [OpenItemFacts(*row[:-1]) for row in rows[:limit]]
    next_after = None
    if len(rows) > limit:
        last = items[-1]
        next_after = f"{last.due_on or _UNDATED}|{last.born_on}|{last.id}"
    return Page(items, next_after, rows[0][-1] if rows else 0)


def open_ages(account_id: int, as_of: dt.date, bounds: Sequence[int]) -> list[tuple[str, int, int]]:
    """What is open of an account by age: (currency, how many of the `bounds` its days past due exceed, minor units)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {then.open_items([account_id])} "  # noqa: S608
            "SELECT currency, CASE WHEN due_on IS NULL THEN 0 "
            "ELSE width_bucket(%(as_of)s::date - due_on - 1, %(bounds)s::int[]) END, sum(open_minor)::bigint "
            "FROM open_then GROUP BY 1, 2 ORDER BY 1, 2",
            {**then.values(as_of, [account_id]), "bounds": list(bounds)},
        )
        rows: list[tuple[str, int, int]] = cursor.fetchall()
    return rows


def free_credits(
    account_id: int, as_of: dt.date, currency: str = "", *, limit: int = 100, ids: Sequence[int] = ()
) -> Page[CreditFacts]:
    """The receipts and credit notes in a currency, or in all, of which something is free on a day, the oldest first;
    those of `ids` come before all others.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {then.open_credits([account_id])} "  # noqa: S608
            """SELECT c.id, c.account_id, c.kind, c.number, c.currency, c.received_on, c.amount_minor, u.open_minor,
                      c.method, c.named_item, NULL::date, c.posted_by, c.reason, c.by_hand, c.payer_iban,
                      count(*) OVER ()
               FROM unallocated_then u JOIN ledger_credit c ON c.account_id = u.account_id AND c.id = u.id
               WHERE c.kind IN ('receipt', 'credit_note') AND (%(currency)s = '' OR c.currency = %(currency)s)
                 AND NOT EXISTS (SELECT 1 FROM ledger_reversal r WHERE r.account_id = c.account_id
                                   AND r.credit_id = c.id AND r.reversed_on <= %(as_of)s)
               ORDER BY c.id = ANY(%(chosen)s::bigint[]) DESC, c.received_on, c.id LIMIT %(limit)s""",
            {**then.values(as_of, [account_id]), "currency": currency, "chosen": id_array(ids), "limit": limit},
        )
        rows = cursor.fetchall()
    return Page([CreditFacts(*row[:-1]) for row in rows], None, rows[0][-1] if rows else 0)


def left_out_sums(account_id: int, as_of: dt.date, *, by_item: bool) -> list[tuple[int, str, int, int, int, int]]:
    """What is overdue and not asked for: (item, currency, disputed, in flight, time-barred, covered by unallocated
    credits), for each item of which something is, or with item 0 for the whole account.
    """
    item = "id" if by_item else "0"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {then.claimed([account_id])} "  # noqa: S608
            f"SELECT {item}, currency, sum(disputed_minor)::bigint, sum(in_flight_minor)::bigint, "
            f"sum(expired_minor)::bigint, sum({then.CHASED} - claimed_minor)::bigint FROM claimed_then "
            "WHERE open_minor > claimed_minor GROUP BY 1, 2 ORDER BY 1, 2",
            then.values(as_of, [account_id]),
        )
        rows: list[tuple[int, str, int, int, int, int]] = cursor.fetchall()
    return rows


def written_off_sums(account_id: int, as_of: dt.date) -> dict[str, int]:
    """What was written off of an account by a day and not taken back since, per currency."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.currency, sum(c.amount_minor)::bigint FROM ledger_credit c
            WHERE c.account_id = %(account)s AND c.kind = 'write_off' AND c.received_on <= %(as_of)s
              AND NOT EXISTS (SELECT 1 FROM ledger_reversal r WHERE r.account_id = c.account_id AND r.credit_id = c.id
                                AND r.reversed_on <= %(as_of)s)
            GROUP BY 1 ORDER BY 1""",
            {"account": account_id, "as_of": as_of},
        )
        return dict(cursor.fetchall())


def oldest_items(
    account_ids: Sequence[int], as_of: dt.date, currency: str, each: int = 50
) -> dict[int, list[OpenItemFacts]]:
    """The open items of each account in a currency, oldest due first, at most `each` of one account."""
    found: dict[int, list[OpenItemFacts]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {then.open_items(account_ids)} "  # noqa: S608
            f"SELECT {ITEM_COLUMNS} FROM (SELECT *, row_number() OVER (PARTITION BY account_id "
            "ORDER BY due_on, born_on, id) AS place FROM open_then WHERE currency = %(currency)s) t "
            "WHERE place <= %(each)s ORDER BY account_id, place",
            {**then.values(as_of, account_ids), "currency": currency, "each": each},
        )
        for row in cursor.fetchall():
            found.setdefault(row[1], []).append(OpenItemFacts(*row))
    return found
