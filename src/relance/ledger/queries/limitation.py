"""Limitation periods: when open items become time-barred, for one account and for the whole portfolio."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection

from relance.customers.queries import accounts, creditors
from relance.kit.pages import Page, counted_page
from relance.ledger.facts import LimitationFacts, OpenItemFacts
from relance.ledger.limitation_clock import clocks, values
from relance.ledger.queries.items import items_of
from relance.legal.facts import ItemKind, Nature, PartyKind
from relance.legal.packs import pack
from relance.legal.rules import limitation

ALERT_DAYS = (30, 60, 90)
"""How many days before its end a period is counted as running out."""

_NO_END = dt.timedelta(days=36_500)


def limitations(account_id: int, as_of: dt.date, item_ids: Sequence[int] | None = None) -> list[LimitationFacts]:
    """When each open item of an account with a due date, or each of these, becomes time-barred, the earliest first.

    Items whose country or nature has no known period are left out.
    """
    ends = _ends(as_of, as_of + _NO_END, [account_id], item_ids)
    found = items_of([account_id], as_of, overdue_only=False, item_ids=item_ids).get(account_id, [])
    items = [item for item in found if item.id in ends]
    return sorted(_facts(items, ends), key=lambda entry: (entry.ends_on, entry.item.id))


def nearly_expired(
    as_of: dt.date, within_days: int, after: str | None = None, limit: int = 50, largest_first: bool = False
) -> Page[LimitationFacts]:
    """Open items whose period ends within so many days from `as_of` on, the earliest or the largest open amount first.

    `after` is the `next_after` of the page before. Raises ValueError for one of another kind.
    """
    last_on = as_of + dt.timedelta(days=within_days)
    beyond = ""
    place: dict[str, Any] = {}
    order = "open_minor DESC, id DESC" if largest_first else "ends_on, account_id, id"
    if after is not None and largest_first:
        open_minor, item_id = after.split("|")
        beyond = "WHERE (open_minor, id) < (%(open_minor)s, %(item)s)"
        place = {"open_minor": int(open_minor), "item": int(item_id)}
    elif after is not None:
        ends_on, account_id, item_id = after.split("|")
        beyond = "WHERE (ends_on, account_id, id) > (%(ends_on)s, %(account)s, %(item)s)"
        place = {"ends_on": dt.date.fromisoformat(ends_on), "account": int(account_id), "item": int(item_id)}
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {clocks(unexpired_only=True)}, "  # noqa: S608
            "ending AS (SELECT c.*, i.open_minor FROM clock c "
            "JOIN ledger_openitem i ON i.account_id = c.account_id AND i.id = c.id "
            "WHERE c.ends_on BETWEEN %(as_of)s AND %(horizon)s) "
            "SELECT account_id, id, ends_on, restarted_on, restarted_by, (SELECT count(*) FROM ending), open_minor "
            f"FROM ending {beyond} ORDER BY {order} LIMIT %(limit)s",
            {**values(as_of, last_on), **place, "limit": limit + 1},
        )
        rows = cursor.fetchall()
    shown = rows[:limit]
    items = {
        item.id: item
        for found in items_of(
            sorted({row[0] for row in shown}), as_of, overdue_only=False, item_ids=[row[1] for row in shown]
        ).values()
        for item in found
    }
    ends = {row[1]: (row[2], row[3], row[4]) for row in shown}
    entries = _facts([items[item_id] for item_id in ends if item_id in items], ends)
    next_after = None
    if len(rows) > limit:
        last = shown[-1]
        next_after = f"{last[6]}|{last[1]}" if largest_first else f"{last[2]}|{last[0]}|{last[1]}"
    total = rows[0][5] if rows else 0
    return counted_page(entries, next_after, total)


def expired_items(as_of: dt.date, after: str | None = None, limit: int = 50) -> Page[LimitationFacts]:
    """Open items that are left out of every chase because they are time-barred, the largest open amount first.

    `after` is the `next_after` of the page before. Raises ValueError for one of another kind.
    """
    beyond = ""
    place: dict[str, Any] = {}
    if after is not None:
        open_minor, item_id = after.split("|")
        beyond = "WHERE (open_minor, id) < (%(open_minor)s, %(item)s)"
        place = {"open_minor": int(open_minor), "item": int(item_id)}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH barred AS (
                SELECT i.account_id, i.id, i.open_minor FROM ledger_exclusion x
                JOIN ledger_openitem i ON i.account_id = x.account_id AND i.id = x.item_id AND i.open_minor > 0
                WHERE x.kind = 'expired' AND x.undoes_id IS NULL AND x.effective_on <= %(as_of)s AND NOT EXISTS (
                    SELECT 1 FROM ledger_exclusion u WHERE u.account_id = x.account_id AND u.undoes_id = x.id))
            SELECT account_id, id, open_minor, (SELECT count(*) FROM barred) FROM barred {beyond}
            ORDER BY open_minor DESC, id DESC LIMIT %(limit)s""",  # noqa: S608
            {"as_of": as_of, **place, "limit": limit + 1},
        )
        rows = cursor.fetchall()
    shown = rows[:limit]
    account_ids = sorted({row[0] for row in shown})
    item_ids = [row[1] for row in shown]
    ends = _ends(as_of, as_of + _NO_END, account_ids, item_ids)
    found = items_of(account_ids, as_of, overdue_only=False, item_ids=item_ids)
    items = {item.id: item for each in found.values() for item in each}
    entries = _facts([items[row[1]] for row in shown if row[1] in items and row[1] in ends], ends)
    next_after = f"{shown[-1][2]}|{shown[-1][1]}" if len(rows) > limit else None
    total = rows[0][3] if rows else 0
    return counted_page(entries, next_after, total)


def expiring_counts(as_of: dt.date) -> dict[int, dict[str, tuple[int, int]]]:
    """For 30, 60 and 90 days: open items whose period ends within them, per currency how many and how much is open."""
    found: dict[int, dict[str, tuple[int, int]]] = {days: {} for days in ALERT_DAYS}
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {clocks(unexpired_only=True)} "  # noqa: S608
            "SELECT i.currency, c.ends_on - %(as_of)s, count(*), sum(i.open_minor)::bigint FROM clock c "
            "JOIN ledger_openitem i ON i.account_id = c.account_id AND i.id = c.id "
            "WHERE c.ends_on BETWEEN %(as_of)s AND %(horizon)s GROUP BY 1, 2",
            values(as_of, as_of + dt.timedelta(days=max(ALERT_DAYS))),
        )
        for currency, days_left, count, minor in cursor.fetchall():
            for days in ALERT_DAYS:
                if days_left <= days:
                    so_far = found[days].get(currency, (0, 0))
                    found[days][currency] = (so_far[0] + count, so_far[1] + minor)
    return found


def period_end(account_id: int, item_id: int, as_of: dt.date) -> dt.date | None:
    """The last day of one item's period, settled or not; None where no period is known."""
    ends = _ends(as_of, as_of + _NO_END, [account_id], [item_id])
    return ends[item_id][0] if item_id in ends else None


def _ends(
    as_of: dt.date, horizon: dt.date, account_ids: Sequence[int], item_ids: Sequence[int] | None = None
) -> dict[int, tuple[dt.date, dt.date | None, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {clocks(account_ids, item_ids)} "  # noqa: S608
            "SELECT id, ends_on, restarted_on, restarted_by FROM clock",
            values(as_of, horizon, account_ids, item_ids),
        )
        return {row[0]: (row[1], row[2], row[3]) for row in cursor.fetchall()}


def _facts(
    items: Sequence[OpenItemFacts], ends: dict[int, tuple[dt.date, dt.date | None, str]]
) -> list[LimitationFacts]:
    owners = accounts([item.account_id for item in items])
    countries = {entry.id: entry.country for entry in creditors()}
    entries = []
    for item in items:
        owner = owners[item.account_id]
        ends_on, restarted_on, restarted_by = ends[item.id]
        law = limitation(
            pack(countries[owner.creditor_id]), PartyKind(owner.kind), Nature(item.nature), ItemKind(item.kind),
            item.due_on or ends_on,
        )  # fmt: skip
        entries.append(LimitationFacts(item, ends_on, law.rule, restarted_on, restarted_by))
    return entries
