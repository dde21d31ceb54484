"""Single items as those who charge them need them: whose they are, and what of them was late."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from relance.customers.queries import ACCOUNT_RELATION
from relance.kit.bulk import id_array
from relance.kit.refusal import Refusal


@dataclass(frozen=True, slots=True)
class LateItem:
    """An item with its creditor's country and its debtor's kind, as of a day.

    `due_on` is the due date in force. `late_minor` is the most that was open of it on any evening from the due date on;
    `chased_minor` what is open now and neither disputed, in flight nor time-barred.
    """

    id: int
    kind: str
    number: str
    nature: str
    currency: str
    due_on: dt.date | None
    country: str
    party: str
    late_minor: int
    chased_minor: int


def late_item(account_id: int, item_id: int, as_of: dt.date) -> LateItem:
    """One item. Raises Refusal when the account has none with this id."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH item AS (
                SELECT i.*, coalesce((
                           SELECT t.due_on FROM ledger_postponement t
                           WHERE t.account_id = i.account_id AND t.item_id = i.id AND t.effective_on <= %(as_of)s
                           ORDER BY t.effective_on DESC, t.id DESC LIMIT 1), i.due_on) AS due_in_force
                FROM ledger_openitem i WHERE i.account_id = %(account)s AND i.id = %(item)s),
            taken AS (
                SELECT CASE c.kind WHEN 'correction' THEN i.born_on ELSE a.effective_on END AS day, a.amount_minor
                FROM item i JOIN ledger_allocation a ON a.account_id = i.account_id AND a.item_id = i.id
                JOIN ledger_credit c ON c.account_id = a.account_id AND c.id = a.credit_id
                WHERE a.effective_on <= %(as_of)s),
            evenings AS (
                SELECT due_in_force AS day FROM item
                UNION SELECT t.day FROM taken t JOIN item i ON t.day > i.due_in_force)
            SELECT i.id, i.kind, i.number, i.nature, i.currency, i.due_in_force, a.country, a.kind,
                   i.amount_minor - coalesce((
                       SELECT min(before) FROM (SELECT coalesce((
                           SELECT sum(t.amount_minor) FROM taken t WHERE t.day <= e.day), 0) AS before FROM evenings e) m),
                       0)::bigint,
                   greatest(0, i.open_minor - coalesce((
                       SELECT sum(x.amount_minor) FROM ledger_exclusion x
                       WHERE x.account_id = i.account_id AND x.item_id = i.id), 0))::bigint
            FROM item i JOIN {ACCOUNT_RELATION} AS a ON a.account_id = i.account_id""",  # noqa: S608
            {"account": account_id, "item": item_id, "as_of": as_of},
        )
        row = cursor.fetchone()
    if row is None:
        raise Refusal(_("there is no such item on this account"))
    return LateItem(*row)


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
