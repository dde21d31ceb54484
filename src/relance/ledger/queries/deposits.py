"""Cheque deposit slips, page by page, and one with its cheques."""

from dataclasses import replace

from django.db import connection

from relance.kit.pages import COUNT_LIMIT, Page, counted_page
from relance.ledger.facts import DepositedCheque, DepositFacts

_COLUMNS = "id, creditor_id, number, deposited_on, currency, cheque_count, amount_minor, posted_by, posted_at"


def deposits(after: str | None = None, limit: int = 50) -> Page[DepositFacts]:
    """Deposit slips, the newest first, without their cheques. `after` is the `next_after` of the page before."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM ledger_deposit LIMIT {COUNT_LIMIT + 1}) t")  # noqa: S608
        total = cursor.fetchone()[0]
        cursor.execute(
            f"SELECT {_COLUMNS} FROM ledger_deposit WHERE id < %s ORDER BY id DESC LIMIT %s",  # noqa: S608
            [int(after) if after else 2**62, limit + 1],
        )
        rows = [DepositFacts(*row) for row in cursor.fetchall()]
    next_after = str(rows[limit - 1].id) if len(rows) > limit else None
    return counted_page(rows[:limit], next_after, total)


def deposit(deposit_id: int) -> DepositFacts | None:
    """One deposit slip with its cheques in the order in which they were entered, or None."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM ledger_deposit WHERE id = %s", [deposit_id])  # noqa: S608
        row = cursor.fetchone()
        if row is None:
            return None
        slip = DepositFacts(*row)
        # The day is the cheques' own, and indexed.
        cursor.execute(
            """
            SELECT c.account_id, c.id, c.number, c.amount_minor, c.named_item, r.reversed_on
            FROM ledger_credit c LEFT JOIN ledger_reversal r ON r.account_id = c.account_id AND r.credit_id = c.id
            WHERE c.received_on = %s AND c.deposit_id = %s ORDER BY c.id""",
            [slip.deposited_on, slip.id],
        )
        cheques = [
            DepositedCheque(account_id, credit_id, number.removeprefix(f"{slip.number}/"), *rest)
            for account_id, credit_id, number, *rest in cursor.fetchall()
        ]
    return replace(slip, cheques=tuple(cheques))
