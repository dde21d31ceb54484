"""Automatic allocation: credits that wait are set against open items, in the order of their dates and by policy."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db import connection

from relance.kit.bulk import id_array
from relance.ledger.facts import AllocationOrder, Wish
from relance.ledger.policies import DEFAULT, policies_of
from relance.ledger.postings import first_open_days
from relance.ledger.rules import NewAllocation, OpenCredit, OpenDebit, allocate
from relance.ledger.services.round_off import owe_small_differences_again

_FIRST_ITEMS = 64
"""Items read first when one credit of one account is placed: nearly always enough, however many the account has."""


@dataclass(slots=True)
class _Book:
    """What one account has open, as the rules want it."""

    order: AllocationOrder
    held_until: dt.date = dt.date.min
    credits: list[OpenCredit] = field(default_factory=list)
    items: list[OpenDebit] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Occasion:
    """The act that allocates: rows with ids above `since_id` came with it; `on` is its day (None: that of the newest
    document that came), `posting_id` its posting, if it has one.
    """

    since_id: int
    on: dt.date | None = None
    posting_id: int | None = None


def allocate_chunk(account_ids: Sequence[int], occasion: Occasion) -> list[tuple[int, NewAllocation]]:
    """Allocate for accounts that the transaction has locked; returns what was made, by account."""
    floors = first_open_days(account_ids)
    orders = {account_id: policy.allocation_order for account_id, policy in policies_of(account_ids).items()}
    displaced = _make_room_for_earlier_credits(account_ids, floors, orders)
    freed = {row_id for row in displaced for row_id in row[1:]}
    made = list(_decide_allocations(account_ids, floors, orders, occasion, freed))
    if made:
        _write(made, occasion.posting_id)
    if displaced:
        owe_small_differences_again([(account_id, item_id) for account_id, item_id, _ in displaced])
    return made


def _write(made: Sequence[tuple[int, NewAllocation]], posting_id: int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH made AS (
                INSERT INTO ledger_allocation (account_id, credit_id, item_id, amount_minor, effective_on, posting_id)
                SELECT *, %s::bigint FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::date[])
                RETURNING account_id, credit_id, item_id, amount_minor),
            items AS (
                UPDATE ledger_openitem i SET open_minor = i.open_minor - m.minor
                FROM (SELECT account_id, item_id, sum(amount_minor) AS minor FROM made GROUP BY 1, 2) m
                WHERE i.account_id = m.account_id AND i.id = m.item_id)
            UPDATE ledger_credit c SET open_minor = c.open_minor - m.minor
            FROM (SELECT account_id, credit_id, sum(amount_minor) AS minor FROM made GROUP BY 1, 2) m
            WHERE c.account_id = m.account_id AND c.id = m.credit_id""",
            [
                posting_id,
                [account_id for account_id, _ in made],
                [new.credit_id for _, new in made],
                [new.item_id for _, new in made],
                [new.amount_minor for _, new in made],
                [new.effective_on for _, new in made],
            ],
        )


def _make_room_for_earlier_credits(
    account_ids: Sequence[int], floors: dict[int, dt.date], orders: dict[int, AllocationOrder]
) -> list[tuple[int, int, int]]:
    """Undo allocations that an unallocated credit of an earlier date comes before; they are then decided anew.

    Credits settle items in the order of their dates, whatever the order in which they were posted: a receipt of today
    is not kept waiting by one that is dated next week. Undone on the day they took effect, such allocations leave no
    trace in what was open on any day. What people allocated, and what took effect on a sealed day, stays; so does what
    an earlier policy decided, where the creditor's present one would not decide it anew: all of it under `by_hand`, and
    under `named_only` what no earlier credit names. Returns what was freed: (account, item, credit).
    """
    moving = [a for a in account_ids if orders.get(a) is not AllocationOrder.BY_HAND]
    if not moving:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH floors AS (SELECT * FROM unnest(%(floored)s::bigint[], %(floors)s::date[]) AS f(account_id, floor_on)),
            earliest AS (
                SELECT c.account_id, c.currency, min(c.received_on) AS received_on FROM ledger_credit c
                WHERE c.account_id = ANY(%(ids)s::bigint[]) AND c.open_minor > 0 AND NOT c.by_hand
                GROUP BY c.account_id, c.currency),
            displaced AS (
                SELECT a.account_id, a.id, a.credit_id, a.item_id, a.amount_minor, a.effective_on
                FROM earliest e
                JOIN ledger_credit c ON c.account_id = e.account_id AND c.currency = e.currency
                     AND c.received_on > e.received_on AND c.kind IN ('receipt', 'credit_note') AND NOT c.by_hand
                JOIN ledger_allocation a ON a.account_id = c.account_id AND a.credit_id = c.id
                     AND a.effective_on > e.received_on
                LEFT JOIN floors f ON f.account_id = e.account_id
                WHERE a.undoes_id IS NULL AND NOT a.by_hand AND a.effective_on >= coalesce(f.floor_on, '-infinity')
                  AND NOT EXISTS (SELECT 1 FROM ledger_allocation u
                                  WHERE u.account_id = a.account_id AND u.credit_id = a.credit_id
                                    AND u.undoes_id = a.id)
                  AND NOT EXISTS (SELECT 1 FROM ledger_reversal r
                                  WHERE r.account_id = a.account_id AND r.credit_id = a.credit_id)
                  AND (e.account_id <> ALL(%(named)s::bigint[]) OR EXISTS (
                           SELECT 1 FROM ledger_openitem i
                           JOIN ledger_credit w ON w.account_id = i.account_id AND w.currency = i.currency
                                AND w.open_minor > 0 AND NOT w.by_hand AND w.received_on < c.received_on
                                AND w.received_on < a.effective_on
                           WHERE i.account_id = a.account_id AND i.id = a.item_id AND (w.named_item = i.number OR EXISTS (
                               SELECT 1 FROM ledger_designation d WHERE d.account_id = w.account_id
                                 AND d.credit_id = w.id AND d.item_number = i.number))))),
            undone AS (
                INSERT INTO ledger_allocation (account_id, credit_id, item_id, amount_minor, effective_on, undoes_id)
                SELECT account_id, credit_id, item_id, -amount_minor, effective_on, id FROM displaced),
            items AS (
                UPDATE ledger_openitem i SET open_minor = i.open_minor + d.minor
                FROM (SELECT account_id, item_id, sum(amount_minor) AS minor FROM displaced GROUP BY 1, 2) d
                WHERE i.account_id = d.account_id AND i.id = d.item_id),
            credits AS (
                UPDATE ledger_credit c SET open_minor = c.open_minor + d.minor
                FROM (SELECT account_id, credit_id, sum(amount_minor) AS minor FROM displaced GROUP BY 1, 2) d
                WHERE c.account_id = d.account_id AND c.id = d.credit_id)
            SELECT DISTINCT account_id, item_id, credit_id FROM displaced ORDER BY 1, 2, 3""",
            {
                "ids": id_array(moving),
                "named": id_array(a for a in moving if orders.get(a) is AllocationOrder.NAMED_ONLY),
                "floored": list(floors),
                "floors": list(floors.values()),
            },
        )
        rows: list[tuple[int, int, int]] = cursor.fetchall()
    return rows


def _decide_allocations(
    account_ids: Sequence[int],
    floors: dict[int, dt.date],
    orders: dict[int, AllocationOrder],
    occasion: Occasion,
    freed: set[int],
) -> Iterator[tuple[int, NewAllocation]]:
    books = _credits_waiting(account_ids, floors, orders, occasion, freed)
    if not books:
        return
    if not _read_first_items(books, floors):
        _read_items(books, floors, occasion, freed)
    for account_id in sorted(books):
        book = books[account_id]
        for new in allocate(book.items, book.credits, book.order, book.held_until):
            yield account_id, new


def _credits_waiting(
    account_ids: Sequence[int],
    floors: dict[int, dt.date],
    orders: dict[int, AllocationOrder],
    occasion: Occasion,
    freed: set[int],
) -> dict[int, _Book]:
    books: dict[int, _Book] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.account_id, c.id, c.currency,
                   greatest(c.received_on, (SELECT max(u.effective_on) FROM ledger_allocation u
                       WHERE u.account_id = c.account_id AND u.credit_id = c.id AND u.undoes_id IS NOT NULL
                         AND u.posting_id IS NOT NULL)),
                   c.named_item, c.open_minor, c.posting_id
            FROM ledger_credit c WHERE c.account_id = ANY(%s::bigint[]) AND c.open_minor > 0 AND NOT c.by_hand""",
            [id_array(account_ids)],
        )
        rows = cursor.fetchall()
        wishes = _wishes([row for row in rows if row[6] is not None])
        for account_id, credit_id, currency, received_on, named_item, open_minor, _ in rows:
            order = orders.get(account_id, DEFAULT.allocation_order)
            free_from = max(received_on, floors.get(account_id, received_on))
            is_new = credit_id > occasion.since_id or credit_id in freed
            book = books.setdefault(account_id, _Book(order, occasion.on or dt.date.min))
            book.credits.append(
                OpenCredit(credit_id, currency, free_from, named_item, open_minor, wishes.get(credit_id, ()), is_new)
            )
            if occasion.on is None and is_new:
                book.held_until = max(book.held_until, received_on)
    return books


def _wishes(rows: Sequence[tuple[int, ...]]) -> dict[int, tuple[Wish, ...]]:
    """What is left of the payers' wishes for these credits (account, credit, ...)."""
    if not rows:
        return {}
    found: dict[int, list[Wish]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT d.credit_id, d.item_number, d.amount_minor, coalesce((
                       SELECT sum(a.amount_minor) FROM ledger_allocation a
                       JOIN ledger_openitem i ON i.account_id = a.account_id AND i.id = a.item_id
                       WHERE a.account_id = d.account_id AND a.credit_id = d.credit_id AND i.number = d.item_number), 0)
            FROM ledger_designation d
            WHERE d.account_id = ANY(%s::bigint[]) AND d.credit_id = ANY(%s::bigint[]) ORDER BY d.credit_id, d.rank""",
            [id_array(sorted({row[0] for row in rows})), id_array(row[1] for row in rows)],
        )
        for credit_id, number, amount_minor, done_minor in cursor.fetchall():
            left = None if amount_minor is None else amount_minor - int(done_minor)
            if left is None or left > 0:
                found[credit_id].append(Wish(number, left))
    return {credit_id: tuple(wishes) for credit_id, wishes in found.items()}


_ITEMS = """
    SELECT i.account_id, i.id, i.currency, i.number, i.born_on, i.due_on, i.open_minor,
           coalesce((SELECT sum(x.amount_minor) FROM ledger_exclusion x
                     WHERE x.account_id = i.account_id AND x.item_id = i.id), 0)::bigint,
           CASE WHEN i.kind IN ('late_fee', 'indemnity', 'interest', 'return_charge') THEN coalesce(i.origin_id, i.id)
                ELSE i.id END,
           i.kind NOT IN ('late_fee', 'indemnity', 'interest', 'return_charge'),
           (SELECT max(u.effective_on) FROM ledger_allocation u
            WHERE u.account_id = i.account_id AND u.item_id = i.id AND u.undoes_id IS NOT NULL
              AND u.posting_id IS NOT NULL)
    FROM (SELECT * FROM ledger_openitem WHERE open_minor > 0 AND account_id = ANY(%(ids)s::bigint[]) {which}) i"""


def _read_first_items(books: dict[int, _Book], floors: dict[int, dt.date]) -> bool:
    """Read only the oldest items of a single account, where those alone decide; returns whether they did.

    They do when one credit is to be placed oldest due first and the items that can take money on its day add up to it.
    """
    if len(books) != 1:
        return False
    ((account_id, book),) = books.items()
    if len(book.credits) != 1 or book.order is not AllocationOrder.OLDEST_DUE:
        return False
    credit = book.credits[0]
    if not credit.is_new:
        return False
    numbers = [credit.named_item, *(wish.item_number for wish in credit.wishes)]
    with connection.cursor() as cursor:
        cursor.execute(
            _ITEMS.format(which="AND number = ANY(%(numbers)s)")
            + " UNION "
            + _ITEMS.format(
                which=f"AND currency = %(currency)s ORDER BY account_id, due_on, born_on, id LIMIT {_FIRST_ITEMS}"
            ),
            {"ids": id_array([account_id]), "numbers": numbers, "currency": credit.currency},
        )
        items = [_debit(row, floors)[1] for row in cursor.fetchall()]
    oldest = [item for item in items if item.open_from <= credit.received_on and item.currency == credit.currency]
    if len(items) >= _FIRST_ITEMS and sum(item.offered_minor for item in oldest) < credit.open_minor:
        return False
    book.items = items
    return True


def _read_items(books: dict[int, _Book], floors: dict[int, dt.date], occasion: Occasion, freed: set[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS.format(which=""), {"ids": id_array(books)})
        for row in cursor.fetchall():
            account_id, item = _debit(row, floors)
            item.is_new = item.id > occasion.since_id or item.id in freed
            book = books[account_id]
            if occasion.on is None and item.is_new:
                book.held_until = max(book.held_until, item.born_on)
            book.items.append(item)


def _debit(row: tuple[int, int, str, str, dt.date, dt.date | None, int, int, int, bool, dt.date | None],
           floors: dict[int, dt.date]) -> tuple[int, OpenDebit]:  # fmt: skip
    account_id, item_id, currency, number, born_on, due_on, open_minor, kept_minor, debt, is_principal, reopened_on = (
        row
    )
    open_from = max(born_on, reopened_on or born_on, floors.get(account_id, born_on))
    return account_id, OpenDebit(
        item_id, currency, number, open_from, due_on, open_minor, kept_minor, debt, is_principal, born_on
    )
