"""Writes of the ledger: posting and reversing receipts, and setting credits against items."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

from django.db import connection, transaction

from relance.customers.services import lock_accounts
from relance.kit.bulk import id_array
from relance.kit.events import publish
from relance.kit.money import format_amount
from relance.kit.refusal import Refusal
from relance.ledger import chart
from relance.ledger.facts import MoneyMoved, PostedReceipt, ReceiptOrder
from relance.ledger.rules import NewAllocation, OpenCredit, OpenDebit, allocate

ACCOUNTS_PER_ALLOCATION_CHUNK = 2_000


@transaction.atomic
def post_receipt(order: ReceiptOrder, posted_by: str = "") -> PostedReceipt:
    """Post one receipt and set it against the account's open items: the named one first, else the oldest due.

    The same number with the same content posts nothing and returns the first result; with other content it is a
    Refusal, as is an amount that is not positive. Whoever listens to MoneyMoved acts in this same transaction.
    """
    if order.amount_minor <= 0:
        raise Refusal("a receipt has an amount above zero; to take one back, reverse it")
    lock_accounts([order.account_id])
    known = _known_receipt(order)
    if known is not None:
        return known
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ledger_credit (account_id, kind, number, currency, received_on, amount_minor, open_minor,
                                       method, named_item, reason, posted_by)
            VALUES (%s, 'receipt', %s, %s, %s, %s, %s, %s, %s, '', %s) RETURNING id""",
            [
                order.account_id, order.number, order.currency, order.received_on, order.amount_minor,
                order.amount_minor, order.method, order.named_item, posted_by,
            ],
        )  # fmt: skip
        credit_id: int = cursor.fetchone()[0]
        _book(cursor, order.account_id, credit_id, order.received_on, order.currency, chart.BANK, chart.CONTROL,
              order.amount_minor)  # fmt: skip
    _allocate_chunk([order.account_id])
    publish(MoneyMoved([order.account_id], effective_on=order.received_on))
    return PostedReceipt(credit_id, True, _unallocated(order.account_id, credit_id))


def _known_receipt(order: ReceiptOrder) -> PostedReceipt | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, currency, amount_minor, received_on, open_minor FROM ledger_credit "
            "WHERE account_id = %s AND kind = 'receipt' AND number = %s",
            [order.account_id, order.number],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    credit_id, currency, amount_minor, received_on, open_minor = row
    if (currency, amount_minor, received_on) != (order.currency, order.amount_minor, order.received_on):
        raise Refusal(
            f"receipt {order.number!r} is already posted with {format_amount(amount_minor, currency)} {currency} "
            f"received on {received_on}; give the new receipt a reference of its own"
        )
    return PostedReceipt(credit_id, False, open_minor)


def _unallocated(account_id: int, credit_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT open_minor FROM ledger_credit WHERE account_id = %s AND id = %s", [account_id, credit_id]
        )
        open_minor: int = cursor.fetchone()[0]
    return open_minor


def _book(
    cursor: object,
    account_id: int,
    source_id: int,
    booked_on: dt.date,
    currency: str,
    debit: str,
    credit: str,
    minor: int,
) -> None:
    cursor.execute(  # type: ignore[attr-defined]
        "INSERT INTO ledger_entry (account_id, source_id, booked_on, currency, debit, credit, amount_minor) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [account_id, source_id, booked_on, currency, debit, credit, minor],
    )


@transaction.atomic
def reverse_receipt(account_id: int, credit_id: int, reversed_on: dt.date, reason: str, posted_by: str = "") -> bool:
    """Take a receipt back in full: its items are open again with their original due dates, from `reversed_on` on.

    Returns whether it did so: asking again for a reversed receipt changes nothing and returns False. Raises Refusal
    when there is no such receipt, the day lies before the receipt, or no reason is given.
    """
    if not reason.strip():
        raise Refusal("a reversal needs a reason")
    lock_accounts([account_id])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, currency, amount_minor, received_on, EXISTS (SELECT 1 FROM ledger_reversal r "
            "  WHERE r.account_id = c.account_id AND r.credit_id = c.id) "
            "FROM ledger_credit c WHERE account_id = %s AND id = %s",
            [account_id, credit_id],
        )
        row = cursor.fetchone()
        if row is None or row[0] != "receipt":
            raise Refusal("there is no such receipt on this account")
        _, currency, amount_minor, received_on, already = row
        if already:
            return False
        if reversed_on < received_on:
            raise Refusal(f"the receipt is of {received_on}; it cannot be reversed before that day")
        cursor.execute(
            """
            WITH live AS (
                SELECT a.id, a.item_id, a.amount_minor, a.effective_on FROM ledger_allocation a
                WHERE a.account_id = %(account)s AND a.credit_id = %(credit)s AND a.undoes_id IS NULL
                  AND NOT EXISTS (SELECT 1 FROM ledger_allocation u
                                  WHERE u.account_id = a.account_id AND u.undoes_id = a.id)),
            undone AS (
                INSERT INTO ledger_allocation (account_id, credit_id, item_id, amount_minor, effective_on, undoes_id)
                SELECT %(account)s, %(credit)s, item_id, -amount_minor, greatest(effective_on, %(on)s), id FROM live
                RETURNING item_id, -amount_minor AS reopened_minor)
            UPDATE ledger_openitem i SET open_minor = i.open_minor + u.reopened_minor
            FROM (SELECT item_id, sum(reopened_minor) AS reopened_minor FROM undone GROUP BY item_id) u
            WHERE i.account_id = %(account)s AND i.id = u.item_id""",
            {"account": account_id, "credit": credit_id, "on": reversed_on},
        )
        cursor.execute(
            "UPDATE ledger_credit SET open_minor = 0 WHERE account_id = %s AND id = %s", [account_id, credit_id]
        )
        cursor.execute(
            "INSERT INTO ledger_reversal (account_id, credit_id, amount_minor, reversed_on, reason, posted_by) "
            "VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
            [account_id, credit_id, amount_minor, reversed_on, reason.strip()[:200], posted_by],
        )
        reversal_id = cursor.fetchone()[0]
        _book(cursor, account_id, reversal_id, reversed_on, currency, chart.CONTROL, chart.BANK, amount_minor)
    _allocate_chunk([account_id])
    publish(MoneyMoved([account_id], reopened=True, effective_on=reversed_on))
    return True


def allocate_accounts(account_ids: Sequence[int]) -> int:
    """Set all unallocated credits of these accounts against their open items; returns the allocations made.

    Works in chunks of accounts inside the caller's transaction (or one of its own); locks the accounts.
    """
    made = 0
    ordered = sorted(set(account_ids))
    with transaction.atomic():
        for start in range(0, len(ordered), ACCOUNTS_PER_ALLOCATION_CHUNK):
            chunk = ordered[start : start + ACCOUNTS_PER_ALLOCATION_CHUNK]
            lock_accounts(chunk)
            made += _allocate_chunk(chunk)
    return made


def _make_room_for_earlier_credits(account_ids: Sequence[int]) -> None:
    """Undo allocations that an unallocated credit of an earlier date comes before; they are then decided anew.

    Credits settle items in the order of their dates, whatever the order in which they were posted: a receipt of today
    is not kept waiting by one that is dated next week. Undone on the day they took effect, such allocations leave no
    trace in what was open on any day.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH earliest AS (
                SELECT account_id, currency, min(received_on) AS received_on FROM ledger_credit
                WHERE account_id = ANY(%s::bigint[]) AND open_minor > 0 GROUP BY account_id, currency),
            displaced AS (
                SELECT a.account_id, a.id, a.credit_id, a.item_id, a.amount_minor, a.effective_on
                FROM earliest e
                JOIN ledger_allocation a ON a.account_id = e.account_id AND a.effective_on > e.received_on
                JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id
                     AND c.currency = e.currency AND c.received_on > e.received_on
                WHERE a.undoes_id IS NULL
                  AND NOT EXISTS (SELECT 1 FROM ledger_allocation u
                                  WHERE u.account_id = a.account_id AND u.undoes_id = a.id)
                  AND NOT EXISTS (SELECT 1 FROM ledger_reversal r
                                  WHERE r.account_id = a.account_id AND r.credit_id = a.credit_id)),
            undone AS (
                INSERT INTO ledger_allocation (account_id, credit_id, item_id, amount_minor, effective_on, undoes_id)
                SELECT account_id, credit_id, item_id, -amount_minor, effective_on, id FROM displaced),
            items AS (
                UPDATE ledger_openitem i SET open_minor = i.open_minor + d.minor
                FROM (SELECT account_id, item_id, sum(amount_minor) AS minor FROM displaced GROUP BY 1, 2) d
                WHERE i.account_id = d.account_id AND i.id = d.item_id)
            UPDATE ledger_credit c SET open_minor = c.open_minor + d.minor
            FROM (SELECT account_id, credit_id, sum(amount_minor) AS minor FROM displaced GROUP BY 1, 2) d
            WHERE c.account_id = d.account_id AND c.id = d.credit_id""",
            [id_array(account_ids)],
        )


def _allocate_chunk(account_ids: Sequence[int]) -> int:
    """Allocate for accounts that the transaction has locked."""
    _make_room_for_earlier_credits(account_ids)
    made = list(_decide_allocations(account_ids))
    if not made:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH made AS (
                INSERT INTO ledger_allocation (account_id, credit_id, item_id, amount_minor, effective_on)
                SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::date[])
                RETURNING account_id, credit_id, item_id, amount_minor),
            items AS (
                UPDATE ledger_openitem i SET open_minor = i.open_minor - m.minor
                FROM (SELECT account_id, item_id, sum(amount_minor) AS minor FROM made GROUP BY 1, 2) m
                WHERE i.account_id = m.account_id AND i.id = m.item_id)
            UPDATE ledger_credit c SET open_minor = c.open_minor - m.minor
            FROM (SELECT account_id, credit_id, sum(amount_minor) AS minor FROM made GROUP BY 1, 2) m
            WHERE c.account_id = m.account_id AND c.id = m.credit_id""",
            [
                [account_id for account_id, _ in made],
                [new.credit_id for _, new in made],
                [new.item_id for _, new in made],
                [new.amount_minor for _, new in made],
                [new.effective_on for _, new in made],
            ],
        )
    return len(made)


def _decide_allocations(account_ids: Sequence[int]) -> Iterator[tuple[int, NewAllocation]]:
    credits: dict[int, list[OpenCredit]] = defaultdict(list)
    items: dict[int, list[OpenDebit]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, id, currency, received_on, named_item, open_minor FROM ledger_credit "
            "WHERE account_id = ANY(%s) AND open_minor > 0",
            [list(account_ids)],
        )
        for account_id, *rest in cursor.fetchall():
            credits[account_id].append(OpenCredit(*rest))
        cursor.execute(
            "SELECT account_id, id, currency, number, born_on, due_on, open_minor FROM ledger_openitem "
            "WHERE account_id = ANY(%s) AND open_minor > 0",
            [list(credits)],
        )
        for account_id, *rest in cursor.fetchall():
            items[account_id].append(OpenDebit(*rest))
        # An item that a reversal opened again takes money from that day on: before it, it was paid.
        cursor.execute(
            "SELECT a.item_id, max(a.effective_on) FROM ledger_allocation a "
            "JOIN ledger_reversal r ON r.account_id = a.account_id AND r.credit_id = a.credit_id "
            "WHERE a.account_id = ANY(%s) AND a.undoes_id IS NOT NULL GROUP BY a.item_id",
            [list(items)],
        )
        reopened_on = dict(cursor.fetchall())
    for item in chain.from_iterable(items.values()):
        item.open_from = max(item.open_from, reopened_on.get(item.id, item.open_from))
    for account_id in sorted(items):
        for new in allocate(items[account_id], credits[account_id]):
            yield account_id, new
