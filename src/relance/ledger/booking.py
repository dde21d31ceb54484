"""Writing items, credits, allocations made for one act, and the journal entries behind them."""

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from relance.ledger import chart

Leg = tuple[str, str, int]
"""A journal row: debited account, credited account, minor units."""


def book(account_id: int, source_id: int, booked_on: dt.date, currency: str, legs: Sequence[Leg]) -> None:
    """Write the journal rows of one document; legs of nothing are left out."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ledger_entry (account_id, source_id, booked_on, currency, debit, credit, amount_minor) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                [account_id, source_id, booked_on, currency, debit, credit, minor]
                for debit, credit, minor in legs
                if minor > 0
            ],
        )


def add_item(
    account_id: int,
    posting_id: int,
    kind: str,
    number: str,
    currency: str,
    born_on: dt.date,
    due_on: dt.date | None,
    amount_minor: int,
    *,
    tax_minor: int = 0,
    nature: str = "other",
    origin_id: int | None = None,
    source: str = "desk",
) -> int:
    """Insert an item, all of it open, and return its id. Its entries are the caller's to book."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ledger_openitem (account_id, kind, number, nature, currency, born_on, due_on, amount_minor,
                                         tax_minor, open_minor, origin_id, source, document_url, posting_id)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '', %s) RETURNING id""",
            [
                account_id, kind, number, nature, currency, born_on, due_on, amount_minor, tax_minor, amount_minor,
                origin_id, source, posting_id,
            ],
        )  # fmt: skip
        item_id: int = cursor.fetchone()[0]
    return item_id


def add_credit(
    account_id: int,
    posting_id: int,
    kind: str,
    number: str,
    currency: str,
    received_on: dt.date,
    amount_minor: int,
    *,
    tax_minor: int = 0,
    method: str = "",
    named_item: str = "",
    by_hand: bool = False,
    payer_iban: str = "",
    deposit_id: int | None = None,
    source: str = "desk",
    reason: str = "",
    posted_by: str = "",
) -> int:
    """Insert a credit, nothing of it allocated, and return its id. Its entries are the caller's to book."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ledger_credit (account_id, kind, number, currency, received_on, amount_minor, tax_minor,
                                       open_minor, method, named_item, by_hand, payer_iban, deposit_id, source, reason,
                                       posted_by, posting_id)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
            [
                account_id, kind, number, currency, received_on, amount_minor, tax_minor, amount_minor, method,
                named_item, by_hand, payer_iban, deposit_id, source, reason, posted_by, posting_id,
            ],
        )  # fmt: skip
        credit_id: int = cursor.fetchone()[0]
    return credit_id


def allocate_bound(
    account_id: int, posting_id: int, lines: Sequence[tuple[int, int, int]], effective_on: dt.date
) -> list[int]:
    """Set credits against items as (credit id, item id, minor units), for good: no policy moves these again.

    Returns the ids of the allocations. The table's constraints raise when a line is more than either side has.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH lines AS (SELECT * FROM unnest(%(credits)s::bigint[], %(items)s::bigint[], %(minors)s::bigint[])
                                         AS l(credit_id, item_id, minor)),
            made AS (
                INSERT INTO ledger_allocation (account_id, credit_id, item_id, amount_minor, effective_on, by_hand,
                                               posting_id)
                SELECT %(account)s, credit_id, item_id, minor, %(on)s, TRUE, %(posting)s FROM lines RETURNING id),
            items AS (
                UPDATE ledger_openitem i SET open_minor = i.open_minor - l.minor
                FROM (SELECT item_id, sum(minor) AS minor FROM lines GROUP BY 1) l
                WHERE i.account_id = %(account)s AND i.id = l.item_id),
            credits AS (
                UPDATE ledger_credit c SET open_minor = c.open_minor - l.minor
                FROM (SELECT credit_id, sum(minor) AS minor FROM lines GROUP BY 1) l
                WHERE c.account_id = %(account)s AND c.id = l.credit_id)
            SELECT id FROM made ORDER BY id""",
            {
                "credits": [line[0] for line in lines],
                "items": [line[1] for line in lines],
                "minors": [line[2] for line in lines],
                "account": account_id,
                "posting": posting_id,
                "on": effective_on,
            },
        )
        return [row[0] for row in cursor.fetchall()]


def money_account(method: str) -> str:
    """The ledger account on which money of this payment method arrives."""
    return chart.RECEIVED_ON.get(method, chart.BANK)
