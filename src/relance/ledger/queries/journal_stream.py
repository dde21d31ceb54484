"""The journal for files: every entry of a period in order, numbered, at the memory of a few rows."""

import datetime as dt
from collections.abc import Iterator
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from relance.customers.queries import ACCOUNT_RELATION, creditor
from relance.ledger.fingerprints import ENTRIES, SOURCE_COLUMNS, SOURCES
from relance.ledger.journal import JournalEntry, JournalLine
from relance.ledger.queries.journal import numbered_currency

_ROWS_AT_ONCE = 5_000


def booked_currencies(from_on: dt.date, to_on: dt.date) -> list[tuple[int, str]]:
    """The creditors and currencies that have journal entries between two days, both included."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT a.creditor_id, e.currency FROM ledger_entry e "  # noqa: S608
            f"JOIN {ACCOUNT_RELATION} AS a ON a.account_id = e.account_id "
            "WHERE e.booked_on BETWEEN %s AND %s ORDER BY 1, 2",
            [from_on, to_on],
        )
        return [(creditor_id, currency) for creditor_id, currency in cursor.fetchall()]


def journal_entries(creditor_id: int, from_on: dt.date, to_on: dt.date, currency: str = "") -> Iterator[JournalEntry]:
    """The entries of a creditor between two days, both included, by day and document; `currency` asks for one only.

    Numbers count the entries in the creditor's currency from 1 in each calendar year, whatever part of it is asked for;
    those of sealed days never change. Read month by month through a cursor on the server: memory stays small.
    """
    timezone = ZoneInfo(creditor(creditor_id).timezone)
    numbered = numbered_currency(creditor_id)
    sealed = {
        day: (first_number, sealed_at.astimezone(timezone).date())
        for day, first_number, sealed_at in _seals(creditor_id, from_on, to_on)
    }
    number = _next_number(creditor_id, from_on, numbered)
    last_day = from_on
    for first, last in _months(from_on, to_on):
        rows = _rows(creditor_id, first, last, currency)
        for (day, _, _, kind, document, document_on, third, name, money), lines in groupby(
            rows, key=lambda row: row[:9]
        ):
            if day != last_day:
                number = sealed[day][0] if day in sealed else 1 if day.year != last_day.year else number
                last_day = day
            is_numbered = money == numbered
            yield JournalEntry(
                number=number if is_numbered else None,
                booked_on=day,
                kind=kind,
                third_party=third,
                third_party_label=name,
                document=document,
                document_on=document_on,
                currency=money,
                sealed_on=sealed[day][1] if day in sealed else None,
                lines=_lines(lines),
            )
            number += is_numbered


def _lines(rows: Iterator[tuple[Any, ...]]) -> tuple[JournalLine, ...]:
    """One line per account and side, the debits first."""
    sides: tuple[dict[tuple[str, str, str], int], dict[tuple[str, str, str], int]] = ({}, {})
    for *_, debit, debit_code, debit_label, credit, credit_code, credit_label, minor in rows:
        for side, account in zip(
            sides, ((debit, debit_code, debit_label), (credit, credit_code, credit_label)), strict=True
        ):
            side[account] = side.get(account, 0) + minor
    debits, credits = sides
    return (
        *(JournalLine(*account, minor, 0) for account, minor in debits.items()),
        *(JournalLine(*account, 0, minor) for account, minor in credits.items()),
    )


def _rows(creditor_id: int, first: dt.date, last: dt.date, currency: str) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"""
            SELECT e.booked_on, e.source_id, e.account_id, {SOURCE_COLUMNS}, a.number, a.name, e.currency,
                   e.debit, e.debit_code, e.debit_label, e.credit, e.credit_code, e.credit_label, e.amount_minor
            FROM {ENTRIES} AS e JOIN {ACCOUNT_RELATION} AS a ON a.account_id = e.account_id {SOURCES}
            WHERE e.creditor_id = %(creditor)s AND e.booked_on BETWEEN %(first)s AND %(last)s
              AND %(currency)s IN ('', e.currency)
            ORDER BY e.booked_on, e.source_id, e.account_id, e.currency, e.id""",  # noqa: S608
            {"creditor": creditor_id, "first": first, "last": last, "currency": currency},
        )
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield from rows


def _seals(creditor_id: int, from_on: dt.date, to_on: dt.date) -> list[tuple[dt.date, int, dt.datetime]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day, first_number, sealed_at FROM ledger_seal WHERE creditor_id = %s AND day BETWEEN %s AND %s",
            [creditor_id, from_on, to_on],
        )
        return [(day, first_number, sealed_at) for day, first_number, sealed_at in cursor.fetchall()]


def _next_number(creditor_id: int, on: dt.date, currency: str) -> int:
    """The number of the first entry on or after a day: after the last seal of its year, the unsealed ones are counted."""
    new_year = on.replace(month=1, day=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day + 1, first_number + document_count FROM ledger_seal "
            "WHERE creditor_id = %s AND day BETWEEN %s AND %s ORDER BY day DESC LIMIT 1",
            [creditor_id, new_year, on - dt.timedelta(days=1)],
        )
        counted_from, number = cursor.fetchone() or (new_year, 1)
        cursor.execute(
            f"SELECT count(*) FROM (SELECT DISTINCT e.booked_on, e.source_id, e.account_id FROM {ENTRIES} AS e "  # noqa: S608
            "WHERE e.creditor_id = %s AND e.currency = %s AND e.booked_on >= %s AND e.booked_on < %s) t",
            [creditor_id, currency, counted_from, on],
        )
        unsealed: int = cursor.fetchone()[0]
    return int(number) + unsealed


def _months(from_on: dt.date, to_on: dt.date) -> Iterator[tuple[dt.date, dt.date]]:
    first = from_on
    while first <= to_on:
        following = (first.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        yield first, min(to_on, following - dt.timedelta(days=1))
        first = following
