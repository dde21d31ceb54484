"""Writes on work: open it for planned actions, hand it to somebody, close it, open it again, call it off when paid.

Each function is one transaction; the face writes the audit trail. `by` is the person who acts, empty for the house
itself.
"""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from relance.customers.queries import ACCOUNT_RELATION
from relance.customers.services import lock_accounts
from relance.kit.bulk import copy_rows, id_array, temporary_rows
from relance.kit.events import publish
from relance.kit.refusal import Refusal
from relance.ledger import queries as ledger
from relance.ledger.facts import Level
from relance.worklist import queries
from relance.worklist.facts import WorkClosed, WorkItemFacts, WorkOrder, WorkState
from relance.worklist.rules import SETTLED, falls_away, kind_of, may_end_with

_ACCOUNTS_AT_ONCE = 5_000
_LONGEST_NOTE = 1_000


@transaction.atomic
def open_work(orders: Sequence[WorkOrder]) -> int:
    """Put these on the list, each key once whatever is asked again. Number of new ones.

    What the account owes past due on the day of the order ranks the work.
    """
    if not orders:
        return 0
    stakes: dict[tuple[int, str], int] = {}
    for day in {order.opened_on for order in orders}:
        stakes |= _stakes(sorted({order.account_id for order in orders if order.opened_on == day}), day)
    kinds = queries.kinds()
    temporary_rows(
        "ordered_work",
        "key bigint, account_id bigint, kind text, item_id bigint, currency text, due_on date, title text, "
        "detail text, opened_on date, urgency smallint, stake_minor bigint",
        (
            (order.key, order.account_id, order.kind, order.item_id, order.currency, order.due_on, order.title,
             json.dumps(dict(order.detail), default=str), order.opened_on, kind_of(order.kind, kinds).urgency,
             stakes.get((order.account_id, order.currency), 0))
            for order in orders
        ),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO worklist_workitem (key, account_id, kind, item_id, currency, due_on, title, detail, opened_on,
                                           urgency, stake_minor, stake_on)
            SELECT key, account_id, kind, item_id, currency, due_on, title, detail, opened_on, urgency, stake_minor,
                   opened_on
            FROM ordered_work ORDER BY account_id, key
            ON CONFLICT (account_id, key) DO NOTHING"""
        )
        return int(cursor.rowcount)


@transaction.atomic
def close_work(work_item_id: int, outcome: str, note: str, by: str, on: dt.date) -> bool:
    """Close work with what came of it. Whether that was new: closing again with the same words changes nothing.

    Raises Refusal for work that is not there, ended in another way already, or is closed with an outcome that its kind
    does not have, and for a note that is too long.
    """
    work = _locked(work_item_id)
    said = note.strip()
    if work.state == WorkState.CLOSED and (work.outcome, work.note, work.closed_by) == (outcome, said, by):
        return False
    if work.state != WorkState.OPEN:
        raise Refusal(_("this work has ended already; open it again to change its outcome"))
    if not may_end_with(kind_of(work.kind, queries.kinds()), outcome):
        raise Refusal(_("choose what came of it from the list"))
    if len(said) > _LONGEST_NOTE:
        raise Refusal(_("a note has at most %(count)s characters; shorten it") % {"count": _LONGEST_NOTE})
    _end([(work.account_id, work.id)], WorkState.CLOSED, outcome, said, by, on)
    return True


@transaction.atomic
def reopen_work(work_item_id: int, note: str, by: str, on: dt.date) -> None:
    """Put work that has ended on the list again; its outcome stays in its history.

    Raises Refusal for work that is not there or is open, and for work that speaks to a customer who owes nothing.
    """
    known = queries.work_item(work_item_id)
    if known is not None:
        # As posted money does, first the account, then its work: a payment that is being posted is waited for.
        lock_accounts([known.account_id])
    work = _locked(work_item_id)
    if work.state == WorkState.OPEN:
        raise Refusal(_("this work is open already"))
    stake_minor = _stakes([work.account_id], on).get((work.account_id, work.currency), 0)
    if falls_away(kind_of(work.kind, queries.kinds()), stake_minor):
        raise Refusal(_("nothing is overdue on this account; there is nothing to speak to the customer about"))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE worklist_workitem SET state = 'open', closed_on = NULL, closed_by = '', outcome = '', note = '', "
            "stake_minor = %s, stake_on = %s WHERE account_id = %s AND id = %s",
            [stake_minor, on, work.account_id, work.id],
        )
    _tell([(work.account_id, work.id)], "reopened", on, by, note=note.strip())


@transaction.atomic
def assign_work(work_item_id: int, to: str, by: str, on: dt.date, seen: str | None = None) -> bool:
    """Hand open work to a person by their user name, or to nobody. Whether that was new.

    `seen` is who had it when the choice was made.

    Raises Refusal for work that is not there or has ended, and when somebody else took it since `seen`.
    """
    work = _locked(work_item_id)
    if work.state != WorkState.OPEN:
        raise Refusal(_("this work has ended already; open it again to hand it over"))
    if work.assigned_to == to:
        return False
    if seen is not None and work.assigned_to != seen:
        raise Refusal(
            _("%(name)s took this work meanwhile") % {"name": work.assigned_to}
            if work.assigned_to
            else _("this work was given back meanwhile; look at the list again")
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE worklist_workitem SET assigned_to = %s WHERE account_id = %s AND id = %s",
            [to, work.account_id, work.id],
        )
    _tell([(work.account_id, work.id)], "assigned", on, by, assigned_to=to)
    return True


@transaction.atomic
def rerank(account_ids: Sequence[int], effective_on: dt.date | None = None) -> None:
    """Look again at what these accounts owe, because their money moved; work that nobody should do now is called off.

    Judged for the last day on which the list was looked at, or `effective_on`, the day of the money, where that is
    later.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, greatest(max(stake_on), %s::date) FROM worklist_workitem "
            "WHERE state = 'open' AND account_id = ANY(%s::bigint[]) GROUP BY account_id ORDER BY account_id",
            [effective_on, id_array(account_ids)],
        )
        found = cursor.fetchall()
    days: dict[dt.date, list[int]] = {}
    for account_id, day in found:
        days.setdefault(day, []).append(account_id)
    for day, ids in sorted(days.items()):
        for cut in range(0, len(ids), _ACCOUNTS_AT_ONCE):
            _restake(ids[cut : cut + _ACCOUNTS_AT_ONCE], day)


def rerank_all(as_of: dt.date, creditor_id: int | None = None) -> int:
    """Rank all open work by what is past due on `as_of`, as every night does, of one creditor or of all.

    A transaction per few thousand accounts. Number of items looked at.
    """
    after, count = 0, 0
    of_creditor = f"JOIN {ACCOUNT_RELATION} AS a ON a.account_id = w.account_id AND a.creditor_id = %(creditor)s"
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT w.account_id FROM worklist_workitem w "  # noqa: S608
                f"{of_creditor if creditor_id is not None else ''} WHERE w.state = 'open' AND w.stake_on < %(as_of)s "
                "AND w.account_id > %(after)s ORDER BY 1 LIMIT %(limit)s",
                {"creditor": creditor_id, "as_of": as_of, "after": after, "limit": _ACCOUNTS_AT_ONCE},
            )
            ids = [row[0] for row in cursor.fetchall()]
            if not ids:
                return count
            count += _restake(ids, as_of)
            after = ids[-1]


def _restake(account_ids: Sequence[int], as_of: dt.date) -> int:
    """Write what open work of these accounts is worth on a day, and call off what falls away. Number of items."""
    stakes = _stakes(account_ids, as_of)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, id, kind, currency, stake_minor, stake_on FROM worklist_workitem "
            "WHERE state = 'open' AND account_id = ANY(%s::bigint[]) ORDER BY account_id, id FOR UPDATE",
            [id_array(account_ids)],
        )
        found = cursor.fetchall()
    kinds = queries.kinds()
    settled: list[tuple[int, int]] = []
    moved: list[tuple[int, int, int]] = []
    for account_id, work_id, code, currency, known_minor, known_on in found:
        stake_minor = stakes.get((account_id, currency), 0)
        if falls_away(kind_of(code, kinds), stake_minor):
            settled.append((account_id, work_id))
        elif (stake_minor, as_of) != (known_minor, known_on):
            moved.append((account_id, work_id, stake_minor))
    if moved:
        temporary_rows("moved_stake", "account_id bigint, id bigint, stake_minor bigint", moved)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE worklist_workitem w SET stake_minor = m.stake_minor, stake_on = %s FROM moved_stake m "
                "WHERE w.account_id = m.account_id AND w.id = m.id",
                [as_of],
            )
    if settled:
        _end(settled, WorkState.CANCELLED, SETTLED, "", "", as_of)
    return len(found)


def _stakes(account_ids: Sequence[int], as_of: dt.date) -> dict[tuple[int, str], int]:
    """What these accounts owe past due on a day, by account and currency."""
    standings = ledger.standings(as_of, Level.ACCOUNT, account_ids)
    return {(standing.account_id, standing.currency): standing.overdue_minor for standing in standings}


def _locked(work_item_id: int) -> WorkItemFacts:
    """The item as it stands, nobody else changing it. Raises Refusal when there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM worklist_workitem WHERE id = %s FOR UPDATE", [work_item_id])
    work = queries.work_item(work_item_id)
    if work is None:
        raise Refusal(_("there is no such work"))
    return work


def _end(pairs: Sequence[tuple[int, int]], state: WorkState, outcome: str, note: str, by: str, on: dt.date) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE worklist_workitem SET state = %s, outcome = %s, note = %s, closed_by = %s, closed_on = %s "
            "WHERE (account_id, id) IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[])) RETURNING key",
            [state, outcome, note, by, on, id_array(a for a, _i in pairs), id_array(i for _a, i in pairs)],
        )
        keys = [row[0] for row in cursor.fetchall()]
    _tell(pairs, state.value, on, by, outcome=outcome, note=note)
    publish(WorkClosed(sorted({account_id for account_id, _id in pairs}), keys, outcome))


def _tell(pairs: Sequence[tuple[int, int]], kind: str, on: dt.date, by: str, **said: Any) -> None:
    values = (kind, on, by, said.get("assigned_to", ""), said.get("outcome", ""), said.get("note", ""))
    copy_rows(
        "worklist_workevent",
        ("account_id", "work_item_id", "kind", "happened_on", "actor", "assigned_to", "outcome", "note"),
        ((account_id, work_id, *values) for account_id, work_id in pairs),
    )
