"""Reads of the ledger as of a day, set-based, for decisions, reports and screens."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, transaction

from relance.customers.facts import TimelineEvent
from relance.customers.queries import ACCOUNT_RELATION
from relance.kit.bulk import id_array
from relance.ledger import as_of as then
from relance.ledger.facts import AgeingRow, Balance, CreditFacts, Level, OpenItemFacts, Standing

_GROUP_KEYS = {
    "account": "a.number",
    "segment": "a.segment",
    "credit_class": "a.credit_class",
    "creditor": "a.creditor",
}
_ITEM_COLUMNS = (
    "id, account_id, kind, number, nature, currency, born_on, due_on, amount_minor, open_minor, document_url"
)


def standings(
    as_of: dt.date, level: Level, account_ids: Sequence[int], known_at: dt.datetime | None = None
) -> list[Standing]:
    """What these accounts owe past due on `as_of`, per account and currency or per item; nothing overdue, no row.

    An item is past due from the day after its due date. `known_at`: see `as_of.open_items`.
    """
    item, group = ("id", "account_id, id, currency") if level is Level.INVOICE else ("0", "account_id, currency")
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {then.open_items(account_ids, known_at)} "  # noqa: S608
            f"SELECT account_id, {item}, currency, sum(open_minor)::bigint, min(due_on), count(*) FROM open_then "
            f"WHERE due_on < %(as_of)s GROUP BY {group} ORDER BY 1, 2, 3",
            then.values(as_of, account_ids, known_at),
        )
        return [Standing(*row) for row in cursor.fetchall()]


def items_of(
    account_ids: Sequence[int], as_of: dt.date, overdue_only: bool = True, known_at: dt.datetime | None = None
) -> dict[int, list[OpenItemFacts]]:
    """The open items of each account, oldest due first."""
    late = "WHERE due_on < %(as_of)s" if overdue_only else ""
    found: dict[int, list[OpenItemFacts]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {then.open_items(account_ids, known_at)} "  # noqa: S608
            f"SELECT {_ITEM_COLUMNS} FROM open_then {late} ORDER BY account_id, due_on, born_on, id",
            then.values(as_of, account_ids, known_at),
        )
        for row in cursor.fetchall():
            found[row[1]].append(OpenItemFacts(*row))
    return dict(found)


def open_items(account_id: int, as_of: dt.date) -> list[OpenItemFacts]:
    """All open items of one account, oldest due first."""
    return items_of([account_id], as_of, overdue_only=False).get(account_id, [])


def credits_of(account_id: int, as_of: dt.date) -> list[CreditFacts]:
    """Receipts and credit notes of an account received by `as_of`, newest first, with what was unallocated then."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {then.open_credits([account_id])} "  # noqa: S608
            """SELECT c.id, c.account_id, c.kind, c.number, c.currency, c.received_on, c.amount_minor,
                      coalesce(u.open_minor, 0), c.method, c.named_item, r.reversed_on, c.posted_by
               FROM ledger_credit c
               LEFT JOIN unallocated_then u ON u.account_id = c.account_id AND u.id = c.id
               LEFT JOIN ledger_reversal r ON r.account_id = c.account_id AND r.credit_id = c.id
                    AND r.reversed_on <= %(as_of)s
               WHERE c.account_id = ANY(%(ids)s::bigint[]) AND c.received_on <= %(as_of)s
               ORDER BY c.received_on DESC, c.id DESC""",
            then.values(as_of, [account_id]),
        )
        return [CreditFacts(*row) for row in cursor.fetchall()]


def balances(account_ids: Sequence[int], as_of: dt.date) -> dict[int, list[Balance]]:
    """Each account's money per currency on `as_of`; an account without any has no entry."""
    found: dict[int, list[Balance]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {then.open_items(account_ids)}, {then.open_credits(account_ids)} "  # noqa: S608
            """SELECT account_id, currency, sum(open_minor)::bigint, sum(late_minor)::bigint, sum(free_minor)::bigint
               FROM (SELECT account_id, currency, open_minor,
                            CASE WHEN due_on < %(as_of)s THEN open_minor ELSE 0 END AS late_minor, 0 AS free_minor
                     FROM open_then
                     UNION ALL SELECT account_id, currency, 0, 0, open_minor FROM unallocated_then) t
               GROUP BY account_id, currency ORDER BY account_id, currency""",
            then.values(as_of, account_ids),
        )
        for account_id, *rest in cursor.fetchall():
            found[account_id].append(Balance(*rest))
    return dict(found)


def ageing_rows(as_of: dt.date, upper_bounds: Sequence[int], by: str = "all") -> Iterator[AgeingRow]:
    """Open amounts per group, currency and age band, streamed in the order of group, currency, band.

    `upper_bounds` are the last days past due of each band but the open-ended last: `[0, 30, 60, 90]` makes bands 0 to
    4. `by` is all, account, segment, credit_class or creditor. Raises KeyError for another.
    """
    key, join = _group(by, "o")
    yield from (
        AgeingRow(*row)
        for row in _stream(
            f"WITH {then.open_items(None)} "  # noqa: S608
            f"SELECT {key}, o.currency, width_bucket(%(as_of)s - o.due_on, %(starts)s::int[]) AS band, count(*), "
            f"sum(o.open_minor)::bigint FROM open_then o {join} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
            {**then.values(as_of), "starts": [bound + 1 for bound in upper_bounds]},
        )
    )


def unallocated_rows(as_of: dt.date, by: str = "all") -> Iterator[tuple[str, str, int]]:
    """Unallocated credits per group and currency: (key, currency, minor units)."""
    key, join = _group(by, "o")
    yield from _stream(
        f"WITH {then.open_credits(None)} "  # noqa: S608
        f"SELECT {key}, o.currency, sum(o.open_minor)::bigint FROM unallocated_then o {join} GROUP BY 1, 2 ORDER BY 1, 2",
        then.values(as_of),
    )


def _group(by: str, alias: str) -> tuple[str, str]:
    if by == "all":
        return "'all'", ""
    return _GROUP_KEYS[by], f"JOIN {ACCOUNT_RELATION} AS a ON a.account_id = {alias}.account_id"


def _stream(sql: str, parameters: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(5_000):
            yield from rows


def sales(from_on: dt.date, to_on: dt.date) -> dict[str, int]:
    """Invoices issued from one day to another, both included, tax included, per currency in minor units."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency, sum(amount_minor)::bigint FROM ledger_openitem "
            "WHERE kind = 'invoice' AND born_on BETWEEN %s AND %s GROUP BY currency",
            [from_on, to_on],
        )
        return dict(cursor.fetchall())


def monthly_sales(to_on: dt.date) -> dict[str, list[tuple[dt.date, int]]]:
    """Invoices issued by calendar month up to and including `to_on`, newest month first, per currency."""
    found: dict[str, list[tuple[dt.date, int]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency, date_trunc('month', born_on)::date AS month, sum(amount_minor)::bigint FROM ledger_openitem "
            "WHERE kind = 'invoice' AND born_on <= %s GROUP BY 1, 2 ORDER BY 1, 2 DESC",
            [to_on],
        )
        for currency, month, minor in cursor.fetchall():
            found[currency].append((month, minor))
    return dict(found)


def receivables(as_of: dt.date) -> dict[str, tuple[int, int]]:
    """Per currency: what is open on `as_of`, and how much of it is not yet past due. Credits are not deducted."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {then.open_items(None)} "  # noqa: S608
            "SELECT currency, sum(open_minor)::bigint, "
            "coalesce(sum(open_minor) FILTER (WHERE due_on >= %(as_of)s), 0)::bigint FROM open_then GROUP BY currency",
            then.values(as_of),
        )
        return {currency: (open_minor, current_minor) for currency, open_minor, current_minor in cursor.fetchall()}


def received(from_on: dt.date, to_on: dt.date) -> dict[str, tuple[int, int]]:
    """Receipts of a period, both days included, per currency: how many and how much; reversed ones left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency, count(*), sum(amount_minor)::bigint FROM ledger_credit c "
            "WHERE kind = 'receipt' AND received_on BETWEEN %s AND %s AND NOT EXISTS (SELECT 1 FROM ledger_reversal r "
            "WHERE r.account_id = c.account_id AND r.credit_id = c.id) GROUP BY currency",
            [from_on, to_on],
        )
        return {currency: (count, minor) for currency, count, minor in cursor.fetchall()}


def newly_overdue(after: dt.date | None, as_of: dt.date) -> list[int]:
    """Accounts with an item that is past due and open on `as_of` but was not yet past due on `after`, in id order."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT account_id FROM ledger_openitem
            WHERE open_minor > 0 AND due_on < %(as_of)s AND born_on <= %(as_of)s
              AND due_on >= coalesce(%(after)s::date, '-infinity')
            UNION
            SELECT i.account_id FROM ledger_allocation a
            JOIN ledger_openitem i ON i.account_id = a.account_id AND i.id = a.item_id
            WHERE a.effective_on > %(as_of)s AND i.due_on < %(as_of)s AND i.born_on <= %(as_of)s
              AND i.due_on >= coalesce(%(after)s::date, '-infinity')
            ORDER BY 1""",
            {"as_of": as_of, "after": after},
        )
        return [row[0] for row in cursor.fetchall()]


def money_effective(after: dt.date, as_of: dt.date) -> tuple[list[int], list[int]]:
    """Accounts whose items were settled, and accounts whose items were reopened, after one day up to another."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, bool_or(amount_minor < 0) FROM ledger_allocation "
            "WHERE effective_on > %s AND effective_on <= %s GROUP BY account_id",
            [after, as_of],
        )
        rows = cursor.fetchall()
    return [account_id for account_id, _ in rows], [account_id for account_id, reopened in rows if reopened]


def reopened_items(account_ids: Sequence[int], as_of: dt.date) -> list[tuple[int, int, str, dt.date, dt.date]]:
    """Items that a reversal opened again by `as_of`: (account, item, currency, due on, reopened on)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.account_id, i.id, i.currency, i.due_on, max(a.effective_on) FROM ledger_allocation a "
            "JOIN ledger_reversal r ON r.account_id = a.account_id AND r.credit_id = a.credit_id "
            "JOIN ledger_openitem i ON i.account_id = a.account_id AND i.id = a.item_id "
            "WHERE a.account_id = ANY(%s::bigint[]) AND a.undoes_id IS NOT NULL AND a.effective_on <= %s "
            "GROUP BY 1, 2, 3, 4",
            [id_array(account_ids), as_of],
        )
        return [(row[0], row[1], row[2], row[3], row[4]) for row in cursor.fetchall()]


def item_numbers(account_ids: Sequence[int], item_ids: Sequence[int]) -> dict[int, str]:
    """The document numbers of these items."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, number FROM ledger_openitem WHERE account_id = ANY(%s) AND id = ANY(%s)",
            [list(account_ids), list(item_ids)],
        )
        return dict(cursor.fetchall())


def timeline(account_id: int, as_of: dt.date) -> list[TimelineEvent]:
    """What happened to this account's money up to `as_of`: invoice_issued, receipt_posted, credit_note_posted,
    receipt_reversed; data holds number, currency, amount_minor and what the kind needs.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT born_on, posted_at, 'invoice_issued', number, currency, amount_minor, to_char(due_on, 'YYYY-MM-DD'), ''
            FROM ledger_openitem WHERE account_id = %(account)s AND born_on <= %(as_of)s
            UNION ALL
            SELECT received_on, posted_at, CASE kind WHEN 'receipt' THEN 'receipt_posted' ELSE 'credit_note_posted' END,
                   number, currency, amount_minor, CASE kind WHEN 'receipt' THEN method ELSE reason END, posted_by
            FROM ledger_credit WHERE account_id = %(account)s AND received_on <= %(as_of)s
            UNION ALL
            SELECT r.reversed_on, r.posted_at, 'receipt_reversed', c.number, c.currency, r.amount_minor, r.reason, r.posted_by
            FROM ledger_reversal r JOIN ledger_credit c ON c.account_id = r.account_id AND c.id = r.credit_id
            WHERE r.account_id = %(account)s AND r.reversed_on <= %(as_of)s
            ORDER BY 1 DESC, 2 DESC""",
            {"account": account_id, "as_of": as_of},
        )
        detail_names = {"invoice_issued": "due_on", "receipt_posted": "method"}
        return [
            TimelineEvent(
                on, at, kind,
                {"number": number, "currency": currency, "amount_minor": minor, detail_names.get(kind, "reason"): detail},
                actor,
            )
            for on, at, kind, number, currency, minor, detail, actor in cursor.fetchall()
        ]  # fmt: skip
