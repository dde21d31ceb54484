"""What the ledger says of some accounts on a day, what the second ledger says of them, and whether any row changed."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

from django.apps import apps
from django.db import connection

from relance.insight.reports.ageing import ageing
from relance.kit.laws import check, every_law
from relance.ledger import queries
from relance.ledger.facts import Level
from tests.properties.second_ledger import SecondLedger

BANDS = (0, 30, 60, 90)
TABLES = sorted(model._meta.db_table for model in apps.get_app_config("ledger").get_models())


def digest() -> str:
    """One fingerprint of all rows of the ledger."""
    rows = " UNION ALL ".join(f"SELECT '{table}' AS place, t::text AS line FROM {table} t" for table in TABLES)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT md5(coalesce(string_agg(place || line, '' ORDER BY place, line), '')) FROM ({rows}) r")
        found: str = cursor.fetchone()[0]
    return found


def broken_laws() -> dict[str, tuple[str, ...]]:
    """The laws of all rooms that do not hold."""
    return {report.law: report.examples for report in check(every_law()) if report.offenders}


def seen(ids: Mapping[str, int], on: dt.date) -> list[Any]:
    """All that the ledger tells of a day: it must tell the same for ever once the day is sealed."""
    return [
        [(astuple(i)) for items in queries.items_of(list(ids.values()), on, overdue_only=False).values() for i in items],
        sorted(
            (c.kind, c.number, c.open_minor, c.reversed_on)
            for account_id in ids.values() for c in queries.credits_of(account_id, on)
        ),
        queries.balances(list(ids.values()), on),
        astuple(ageing(on, "account", BANDS)),
    ]  # fmt: skip


def ledger_says(ids: Mapping[str, int], on: dt.date) -> dict[str, Any]:
    """Open items, credits left, balances, ageing and what is chased, in the words that both ledgers share."""
    names = {account_id: name for name, account_id in ids.items()}
    chosen = list(ids.values())
    items = {
        (names[i.account_id], i.kind, i.number): (i.currency, i.open_minor, i.due_on, i.chased_minor)
        for found in queries.items_of(chosen, on, overdue_only=False).values() for i in found
    }  # fmt: skip
    left = {
        (name, c.kind, c.number): c.open_minor
        for name, account_id in ids.items() for c in queries.credits_of(account_id, on) if c.open_minor
    }  # fmt: skip
    balances = {
        (names[account_id], b.currency): (b.open_minor, b.overdue_minor, b.unallocated_minor, b.excluded_minor)
        for account_id, found in queries.balances(chosen, on).items() for b in found
    }  # fmt: skip
    aged = {
        (group.key, group.currency): (
            [(bucket.item_count, bucket.amount_minor) for bucket in (*group.buckets, group.not_dated)],
            group.unallocated_minor,
        )
        for group in ageing(on, "account", BANDS).groups
    }  # fmt: skip
    standings = {
        (names[s.account_id], s.currency): s.overdue_minor for s in queries.standings(on, Level.ACCOUNT, chosen)
    }
    return {"items": items, "left": left, "balances": balances, "aged": aged, "chased": standings}


def second_says(books: Mapping[str, SecondLedger], on: dt.date) -> dict[str, Any]:
    """The same from the second ledger."""
    items, left, balances, standings = {}, {}, {}, {}
    aged: dict[tuple[str, str], tuple[list[tuple[int, int]], int]] = {}
    for name, book in books.items():
        sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        chased: dict[str, int] = defaultdict(int)
        bands: dict[str, list[tuple[int, int]]] = defaultdict(lambda: [(0, 0)] * 6)
        for debit in book.debits:
            open_minor, due = book.open(debit, on), book.due(debit, on)
            if open_minor == 0:
                continue
            asked = book.chased(debit, on)
            items[name, debit.kind, debit.number] = (debit.currency, open_minor, due, asked)
            days = (on - due).days if due else None
            band = 5 if days is None else sum(days > bound for bound in BANDS)
            count, minor = bands[debit.currency][band]
            bands[debit.currency][band] = (count + 1, minor + open_minor)
            sums[debit.currency][0] += open_minor
            if days is not None and days > 0:
                sums[debit.currency][1] += open_minor
                sums[debit.currency][3] += open_minor - asked
                chased[debit.currency] += asked
        for money in book.money:
            rest = book.left(money, on)
            if rest:
                left[name, money.kind, money.number] = rest
                sums[money.currency][2] += rest
        for currency, found in sums.items():
            balances[name, currency] = tuple(found)
            aged[name, currency] = (bands[currency], found[2])
            if chased[currency] > found[2]:
                standings[name, currency] = chased[currency] - found[2]
    return {"items": items, "left": left, "balances": balances, "aged": aged, "chased": standings}


def doubtful_booked(account_id: int) -> dict[str, int]:
    """What the journal holds on the account of doubtful customers for a billing account, per currency."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency, sum(CASE debit WHEN '416' THEN amount_minor ELSE -amount_minor END)::bigint "
            "FROM ledger_entry WHERE account_id = %s AND '416' IN (debit, credit) GROUP BY 1",
            [account_id],
        )
        return {currency: minor for currency, minor in cursor.fetchall() if minor}


def customers_booked(account_id: int) -> dict[str, int]:
    """What the journal says that a billing account owes, per currency."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT currency, sum((debit IN ('411', '416'))::int * amount_minor "
            "- (credit IN ('411', '416'))::int * amount_minor)::bigint "
            "FROM ledger_entry WHERE account_id = %s GROUP BY 1",
            [account_id],
        )
        return {currency: minor for currency, minor in cursor.fetchall() if minor}
