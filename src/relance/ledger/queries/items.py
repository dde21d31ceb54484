"""Reads of the ledger as of a day, set-based, for decisions, reports and screens."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from django.db import connection

from relance.kit.bulk import id_array
from relance.ledger import as_of as then
from relance.ledger.facts import Balance, ClaimedItem, CreditFacts, Level, OpenItemFacts, Standing

ITEM_COLUMNS = (
    "id, account_id, kind, number, nature, currency, born_on, due_on, amount_minor, open_minor, document_url, "
    "tax_minor, origin_id, document_due_on, disputed_minor, in_flight_minor, expired_minor"
)


def standings(
    as_of: dt.date,
    level: Level,
    account_ids: Sequence[int],
    known_at: dt.datetime | None = None,
    *,
    charges: bool = True,
) -> list[Standing]:
    """What of these accounts can be chased on `as_of`, per account and currency or per item; nothing, no row.

    An item is past due from the day after its due date. `known_at`: see `as_of.open_items`. Without `charges`, fees,
    indemnities and interest are left out: they follow the invoice they are charged on.
    """
    kept = "" if charges else "AND kind NOT IN ('late_fee', 'indemnity', 'interest')"
    item, group = ("id", "account_id, id, currency") if level is Level.INVOICE else ("0", "account_id, currency")
    if not account_ids:
        return []
    touched = set(account_ids)
    if known_at is None and len(account_ids) > _FEW:
        touched = _touched(min(account_ids), max(account_ids), as_of)
    plain = [account_id for account_id in account_ids if account_id not in touched] if touched else account_ids
    found: list[Standing] = []
    with connection.cursor() as cursor:
        if plain:
            cursor.execute(
                f"SELECT account_id, {item}, currency, sum(open_minor)::bigint, min(due_on), count(*) "  # noqa: S608
                "FROM ledger_openitem WHERE account_id = ANY(%(ids)s::bigint[]) AND open_minor > 0 "
                f"AND born_on <= %(as_of)s AND due_on < %(as_of)s {kept} GROUP BY {group} ORDER BY 1, 2, 3",
                then.values(as_of, plain),
            )
            found = [Standing(*row) for row in cursor.fetchall()]
        special = [account_id for account_id in account_ids if account_id in touched]
        if special:
            cursor.execute(
                f"WITH {then.open_items(special, known_at)} "  # noqa: S608
                f"SELECT account_id, {item}, currency, sum({then.CHASED})::bigint, min(due_on), count(*) FROM open_then "
                f"WHERE due_on < %(as_of)s AND {then.CHASED} > 0 {kept} GROUP BY {group}",
                then.values(as_of, special, known_at),
            )
            found = sorted(
                [*found, *(Standing(*row) for row in cursor.fetchall())],
                key=lambda row: (row.account_id, row.item_id, row.currency),
            )
    if not found:
        return found
    crediting = _maybe_crediting(found[0].account_id, found[-1].account_id, as_of)
    netted = sorted({row.account_id for row in found if row.account_id in crediting})
    if not netted:
        return found
    # Credits that no item has taken are rare beside overdue debt: only these accounts are looked at item by item.
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {then.claimed(netted, known_at)} "  # noqa: S608
            f"SELECT account_id, {item}, currency, sum(claimed_minor)::bigint, min(due_on), count(*) FROM claimed_then "
            f"WHERE claimed_minor > 0 {kept} GROUP BY {group}",
            then.values(as_of, netted, known_at),
        )
        net = [Standing(*row) for row in cursor.fetchall()]
    return sorted(
        [*(row for row in found if row.account_id not in crediting), *net],
        key=lambda row: (row.account_id, row.item_id, row.currency),
    )


_FEW = 200
"""Accounts for which asking whether any needs a correction costs more than correcting them all."""


def _touched(first_id: int, last_id: int, as_of: dt.date) -> set[int]:
    """Accounts of this range of ids on which more than the items' own rows counts on `as_of`: a later allocation, a
    postponed due date, an excluded amount. The others need no correction, which is most of a portfolio.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT account_id FROM ledger_allocation
            WHERE effective_on > %(as_of)s AND account_id BETWEEN %(first)s AND %(last)s
            UNION SELECT account_id FROM ledger_postponement WHERE account_id BETWEEN %(first)s AND %(last)s
            UNION SELECT account_id FROM ledger_exclusion WHERE account_id BETWEEN %(first)s AND %(last)s""",
            {"first": first_id, "last": last_id, "as_of": as_of},
        )
        return {row[0] for row in cursor.fetchall()}


def _maybe_crediting(first_id: int, last_id: int, as_of: dt.date) -> set[int]:
    """Accounts of this range of ids that may have had something unallocated on `as_of`, or have it now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT account_id FROM ledger_credit WHERE open_minor > 0 AND account_id BETWEEN %(first)s AND %(last)s
            UNION
            SELECT account_id FROM ledger_allocation
            WHERE effective_on > %(as_of)s AND account_id BETWEEN %(first)s AND %(last)s
            UNION
            SELECT account_id FROM ledger_reversal
            WHERE reversed_on > %(as_of)s AND account_id BETWEEN %(first)s AND %(last)s""",
            {"first": first_id, "last": last_id, "as_of": as_of},
        )
        return {row[0] for row in cursor.fetchall()}


def claims(
    account_ids: Sequence[int], as_of: dt.date, known_at: dt.datetime | None = None
) -> dict[int, list[ClaimedItem]]:
    """The overdue items of each account with what may be asked for of each, oldest due first.

    Net of what is disputed, in flight or time-barred, and of the account's unallocated credits in that currency, which
    are counted against its oldest items. Items of which nothing is asked are there with 0.
    """
    credits = {
        (account_id, currency): minor for account_id, currency, minor in unallocated(account_ids, as_of, known_at)
    }
    found: dict[int, list[ClaimedItem]] = {}
    for account_id, items in items_of(account_ids, as_of, known_at=known_at).items():
        entries = []
        for item in items:
            covered = min(item.chased_minor, credits.get((account_id, item.currency), 0))
            if covered:
                credits[account_id, item.currency] -= covered
            entries.append(ClaimedItem(item, item.chased_minor - covered))
        found[account_id] = entries
    return found


_LOOKED_AT = 100


def surely_overdue(account_id: int, as_of: dt.date) -> dict[str, int]:
    """Per currency, an amount that the account owes past due on `as_of` at the least, from its oldest items alone.

    A quick lower bound of its standing, whatever the number of its items; items that were ever excluded or postponed are
    left out of it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT currency, sum(minor)::bigint FROM (
                (SELECT i.currency, i.open_minor AS minor FROM ledger_openitem i
                 WHERE i.account_id = %(account)s AND i.open_minor > 0 AND i.due_on < %(as_of)s
                   AND i.born_on <= %(as_of)s
                   AND NOT EXISTS (SELECT 1 FROM ledger_exclusion x
                                   WHERE x.account_id = i.account_id AND x.item_id = i.id)
                   AND NOT EXISTS (SELECT 1 FROM ledger_postponement m
                                   WHERE m.account_id = i.account_id AND m.item_id = i.id)
                 ORDER BY i.due_on, i.id LIMIT %(looked_at)s)
                UNION ALL
                SELECT c.currency, -c.open_minor FROM ledger_credit c
                WHERE c.account_id = %(account)s AND c.open_minor > 0) t
            GROUP BY currency""",
            {"account": account_id, "as_of": as_of, "looked_at": _LOOKED_AT},
        )
        return dict(cursor.fetchall())


def unallocated(
    account_ids: Sequence[int], as_of: dt.date, known_at: dt.datetime | None = None
) -> list[tuple[int, str, int]]:
    """Unallocated credits of these accounts on a day: (account, currency, minor units)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {then.open_credits(account_ids, known_at)} "  # noqa: S608
            "SELECT account_id, currency, sum(open_minor)::bigint FROM unallocated_then GROUP BY 1, 2 ORDER BY 1, 2",
            then.values(as_of, account_ids, known_at),
        )
        rows: list[tuple[int, str, int]] = cursor.fetchall()
    return rows


def items_of(
    account_ids: Sequence[int],
    as_of: dt.date,
    overdue_only: bool = True,
    known_at: dt.datetime | None = None,
    *,
    item_ids: Sequence[int] | None = None,
    numbers: Sequence[str] | None = None,
) -> dict[int, list[OpenItemFacts]]:
    """The open items of each account, oldest due first; only those with these ids, or with these numbers."""
    conditions = ["due_on < %(as_of)s"] if overdue_only else []
    values = then.values(as_of, account_ids, known_at)
    if item_ids is not None:
        conditions.append("id = ANY(%(items)s::bigint[])")
        values["items"] = id_array(item_ids)
    if numbers is not None:
        conditions.append("number = ANY(%(numbers)s::text[])")
        values["numbers"] = list(numbers)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    found: dict[int, list[OpenItemFacts]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {then.open_items(account_ids, known_at)} "  # noqa: S608
            f"SELECT {ITEM_COLUMNS} FROM open_then {where} ORDER BY account_id, due_on, born_on, id",
            values,
        )
        for row in cursor.fetchall():
            found[row[1]].append(OpenItemFacts(*row))
    return dict(found)


def open_items(account_id: int, as_of: dt.date) -> list[OpenItemFacts]:
    """All open items of one account, oldest due first."""
    return items_of([account_id], as_of, overdue_only=False).get(account_id, [])


def credits_of(
    account_id: int,
    as_of: dt.date,
    *,
    credit_id: int | None = None,
    number: str | None = None,
    limit: int | None = None,
) -> list[CreditFacts]:
    """Credits of an account of all kinds received by `as_of`, newest first, with what was unallocated then; only the one
    with this id, only those with this number, or the newest `limit`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {then.open_credits([account_id])} "  # noqa: S608
            """SELECT c.id, c.account_id, c.kind, c.number, c.currency, c.received_on, c.amount_minor,
                      coalesce(u.open_minor, 0), c.method, c.named_item, r.reversed_on, c.posted_by, c.reason,
                      c.by_hand, c.payer_iban
               FROM ledger_credit c
               LEFT JOIN unallocated_then u ON u.account_id = c.account_id AND u.id = c.id
               LEFT JOIN ledger_reversal r ON r.account_id = c.account_id AND r.credit_id = c.id
                    AND r.reversed_on <= %(as_of)s
               WHERE c.account_id = ANY(%(ids)s::bigint[]) AND c.received_on <= %(as_of)s
                 AND (%(credit)s::bigint IS NULL OR c.id = %(credit)s)
                 AND (%(number)s::text IS NULL OR c.number = %(number)s)
               ORDER BY c.received_on DESC, c.id DESC LIMIT %(limit)s""",
            {**then.values(as_of, [account_id]), "credit": credit_id, "number": number, "limit": limit},
        )
        return [CreditFacts(*row) for row in cursor.fetchall()]


def balances(account_ids: Sequence[int], as_of: dt.date) -> dict[int, list[Balance]]:
    """Each account's money per currency on `as_of`; an account without any has no entry."""
    found: dict[int, list[Balance]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {then.open_items(account_ids)}, {then.open_credits(account_ids)} "  # noqa: S608
            f"""SELECT account_id, currency, sum(open_minor)::bigint, sum(late_minor)::bigint, sum(free_minor)::bigint,
                      sum(excluded_minor)::bigint
               FROM (SELECT account_id, currency, open_minor,
                            CASE WHEN due_on < %(as_of)s THEN open_minor ELSE 0 END AS late_minor, 0 AS free_minor,
                            CASE WHEN due_on < %(as_of)s THEN open_minor - {then.CHASED} ELSE 0 END AS excluded_minor
                     FROM open_then
                     UNION ALL SELECT account_id, currency, 0, 0, open_minor, 0 FROM unallocated_then) t
               GROUP BY account_id, currency ORDER BY account_id, currency""",
            then.values(as_of, account_ids),
        )
        for account_id, *rest in cursor.fetchall():
            found[account_id].append(Balance(*rest))
    return dict(found)


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
            UNION
            SELECT account_id FROM ledger_postponement
            WHERE effective_on <= %(as_of)s AND due_on < %(as_of)s
              AND due_on >= coalesce(%(after)s::date, '-infinity')
            ORDER BY 1""",
            {"as_of": as_of, "after": after},
        )
        return [row[0] for row in cursor.fetchall()]


def money_effective(after: dt.date, as_of: dt.date) -> tuple[list[int], list[int]]:
    """Accounts of which something changed that can be chased, and those of which something came back, after one day
    up to another: allocations, exclusions and due dates dated in advance.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT account_id, bool_or(came_back) FROM (
                SELECT account_id, amount_minor < 0 AS came_back FROM ledger_allocation
                WHERE effective_on > %(after)s AND effective_on <= %(as_of)s
                UNION ALL
                SELECT account_id, amount_minor < 0 FROM ledger_exclusion
                WHERE effective_on > %(after)s AND effective_on <= %(as_of)s
                UNION ALL
                SELECT account_id, TRUE FROM ledger_postponement
                WHERE effective_on > %(after)s AND effective_on <= %(as_of)s) t
            GROUP BY account_id""",
            {"after": after, "as_of": as_of},
        )
        rows = cursor.fetchall()
    return [account_id for account_id, _ in rows], [account_id for account_id, reopened in rows if reopened]


def reopened_items(account_ids: Sequence[int], as_of: dt.date) -> list[tuple[int, int, str, dt.date, dt.date]]:
    """Items that came back by `as_of`: (account, item, currency, due on, came back on).

    Their money was taken back or set free by an act, or they are no longer disputed, in flight or time-barred.
    """
    if not account_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT t.account_id, i.id, i.currency, i.due_on, max(t.effective_on) FROM (
                SELECT account_id, item_id, effective_on FROM ledger_allocation
                WHERE account_id BETWEEN %(first)s AND %(last)s AND undoes_id IS NOT NULL AND posting_id IS NOT NULL
                UNION ALL
                SELECT account_id, item_id, effective_on FROM ledger_exclusion
                WHERE account_id BETWEEN %(first)s AND %(last)s AND undoes_id IS NOT NULL) t
            JOIN ledger_openitem i ON i.account_id = t.account_id AND i.id = t.item_id
            WHERE t.effective_on <= %(as_of)s AND i.due_on IS NOT NULL GROUP BY 1, 2, 3, 4""",
            {"first": min(account_ids), "last": max(account_ids), "as_of": as_of},
        )
        asked = set(account_ids)
        return [(row[0], row[1], row[2], row[3], row[4]) for row in cursor.fetchall() if row[0] in asked]


def item_numbers(account_ids: Sequence[int], item_ids: Sequence[int]) -> dict[int, str]:
    """The document numbers of these items."""
    if not item_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, number FROM ledger_openitem WHERE account_id = ANY(%s) AND id = ANY(%s)",
            [list(account_ids), list(item_ids)],
        )
        return dict(cursor.fetchall())
