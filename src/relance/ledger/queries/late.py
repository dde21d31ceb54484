"""Single items as those who charge them need them: whose they are, and what of them was late."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from relance.customers.queries import ACCOUNT_RELATION
from relance.kit.bulk import id_array
from relance.kit.refusal import Refusal
from relance.ledger.accrual import History, principal_changes
from relance.legal.facts import PartyKind

COUNTS_FROM = """
    CASE WHEN c.kind = 'correction' OR c.kind = 'credit_note' AND (c.named_item IN ('', {item}.number) OR EXISTS (
                  SELECT 1 FROM ledger_openitem w WHERE w.account_id = {item}.account_id AND w.id = {item}.origin_id
                     AND w.number = c.named_item)) THEN {item}.born_on
         WHEN c.kind = 'small_difference' AND a.undoes_id IS NOT NULL THEN (
                  SELECT w.effective_on FROM ledger_allocation w
                  WHERE w.account_id = a.account_id AND w.id = a.undoes_id)
         ELSE a.effective_on END"""
"""The day from which what the allocation `a` of the credit `c` took off `{item}` was no longer late (SQL).

What a correction or a credit note takes off was never owed, so it counts from the item's birth; a credit note for another
document pays like money. A small difference that is owed again was owed all the time.
"""

NOT_BOUNCED = """NOT EXISTS (
            SELECT 1 FROM ledger_reversal r
            WHERE r.account_id = a.account_id AND r.credit_id = a.credit_id AND r.reversed_on <= %(as_of)s)"""
"""Leaves out the allocations `a` of receipts that came back (SQL): what bounced never paid anything."""


@dataclass(frozen=True, slots=True)
class LateItem:
    """An item with its creditor's country and its debtor's kind, as of a day.

    `due_on` is the due date in force, `late_since` the first one that passed: the item's own, unless it was postponed in
    time. `late_minor` is the most that was open of it on any evening while it was due; `chased_minor` what is open now
    and neither disputed, in flight nor time-barred. `ended_by` is `write_off` or `correction` where one took it out.
    """

    id: int
    kind: str
    number: str
    nature: str
    currency: str
    due_on: dt.date | None
    late_since: dt.date | None
    country: str
    party: str
    late_minor: int
    chased_minor: int
    ended_by: str


def late_item(account_id: int, item_id: int, as_of: dt.date) -> LateItem:
    """One item. Raises Refusal when the account has none with this id."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT i.id, i.kind, i.number, i.nature, i.currency, coalesce(i.due_on, m.due_dates[1]), m.days, m.due_dates,
                   a.country, a.kind, i.amount_minor, t.days, t.minors,
                   greatest(0, i.open_minor - coalesce((
                       SELECT sum(x.amount_minor) FROM ledger_exclusion x
                       WHERE x.account_id = i.account_id AND x.item_id = i.id), 0))::bigint,
                   coalesce(e.kind, '')
            FROM ledger_openitem i JOIN {ACCOUNT_RELATION} AS a ON a.account_id = i.account_id
            LEFT JOIN LATERAL (
                SELECT array_agg(p.effective_on ORDER BY p.effective_on, p.id) AS days,
                       array_agg(p.due_on ORDER BY p.effective_on, p.id) AS due_dates
                FROM ledger_postponement p
                WHERE p.account_id = i.account_id AND p.item_id = i.id AND p.effective_on <= %(as_of)s) m ON TRUE
            LEFT JOIN LATERAL (
                SELECT array_agg(s.day) AS days, array_agg(s.amount_minor) AS minors FROM (
                    SELECT {COUNTS_FROM.format(item="i")} AS day, a.amount_minor
                    FROM ledger_allocation a
                    JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id
                    WHERE a.account_id = i.account_id AND a.item_id = i.id AND a.effective_on <= %(as_of)s
                      AND {NOT_BOUNCED}) s) t ON TRUE
            LEFT JOIN LATERAL (
                SELECT c.kind FROM ledger_allocation a
                JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id
                WHERE a.account_id = i.account_id AND a.item_id = i.id AND c.kind IN ('write_off', 'correction')
                GROUP BY c.kind HAVING sum(a.amount_minor) > 0 ORDER BY c.kind LIMIT 1) e ON TRUE
            WHERE i.account_id = %(account)s AND i.id = %(item)s""",  # noqa: S608
            {"account": account_id, "item": item_id, "as_of": as_of},
        )
        row = cursor.fetchone()
    if row is None:
        raise Refusal(_("there is no such item on this account"))
    (found_id, kind, number, nature, currency, due_on, moved_on, moved_to, country, party, amount_minor, days, minors,
     chased_minor, ended_by) = row  # fmt: skip
    late_since, late_minor = None, 0
    moved = list(zip(moved_on or (), moved_to or (), strict=True))
    if due_on is not None:
        taken = list(zip(days or (), minors or (), strict=True))
        changes = principal_changes(History(PartyKind(party), amount_minor, due_on, taken, moved))
        late_since = changes[0].on if changes else None
        late_minor = max((change.principal_minor for change in changes if change.on <= as_of), default=0)
    in_force = moved[-1][1] if moved else due_on
    return LateItem(found_id, kind, number, nature, currency, in_force, late_since, country, party, late_minor,
                    chased_minor, ended_by)  # fmt: skip


def known_items(account_id: int, item_ids: Sequence[int]) -> dict[int, str]:
    """The numbers of these items of an account. Raises Refusal when one of them is not there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, number FROM ledger_openitem WHERE account_id = %s AND id = ANY(%s::bigint[])",
            [account_id, id_array(item_ids)],
        )
        numbers = dict(cursor.fetchall())
    if set(item_ids) - set(numbers):
        raise Refusal(_("there is no such item on this account"))
    return numbers
