"""Reads of the worklist: pages of it, single items, states for those who ordered them, counts, the timeline."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from django.db import connection

from relance.customers.facts import TimelineEvent
from relance.kit.bulk import id_array
from relance.kit.pages import COUNT_LIMIT, Page, counted_page
from relance.kit.shelf import shelf
from relance.worklist import rules
from relance.worklist.facts import WorkCounts, WorkFilter, WorkItemFacts, WorkKind, WorkSort

_COLUMNS = ", ".join(field.name for field in fields(WorkItemFacts))
_ORDERS = {
    WorkSort.VALUE: (("stake_minor", "urgency", "id"), "DESC", "<"),
    WorkSort.DUE: (("due_on", "id"), "ASC", ">"),
    WorkSort.NEWEST: (("id",), "DESC", "<"),
}

REACHED_RELATION = """(
    SELECT w.account_id, w.id, w.key AS action_id, w.currency, w.kind AS method, w.stake_minor AS claimed_minor,
           w.closed_on AS contacted_on
    FROM worklist_workitem w
    JOIN unnest(%(reached_kinds)s::text[], %(reached_outcomes)s::text[]) AS reached(kind, outcome)
      ON reached.kind = w.kind AND reached.outcome = w.outcome
    WHERE w.state = 'closed' AND w.closed_on BETWEEN %(contacts_from)s AND %(contacts_to)s)"""
"""Work that ended with the customer spoken to in person, for the set-based SQL of reports, with `reached_values`."""


def reached_values(from_on: dt.date, to_on: dt.date) -> dict[str, Any]:
    """The values that go with `REACHED_RELATION`: work closed on these days, both included."""
    reached = [(code, end.code) for code, each in kinds().items() for end in each.outcomes if end.reached]
    return {
        "contacts_from": from_on,
        "contacts_to": to_on,
        "reached_kinds": [code for code, _ in reached],
        "reached_outcomes": [outcome for _, outcome in reached],
    }


def kinds() -> dict[str, WorkKind]:
    """The kinds of work that are installed, by code."""
    return shelf("relance.worklist.kinds", "KIND")


def kind(code: str) -> WorkKind:
    """The kind of this code; a plain task stands in for one that is not installed."""
    return rules.kind_of(code, kinds())


def work_states(keys: Sequence[int]) -> dict[int, str]:
    """The states (open, closed, cancelled) of the work ordered under these keys; keys without work are left out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, state FROM worklist_workitem WHERE key = ANY(%s::bigint[])", [id_array(keys)])
        return dict(cursor.fetchall())


def work_of_keys(keys: Sequence[int]) -> dict[int, WorkItemFacts]:
    """The items of work ordered under these keys, by key; keys without work are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM worklist_workitem WHERE key = ANY(%s::bigint[])",  # noqa: S608
            [id_array(keys)],
        )
        return {item.key: item for item in map(_facts, cursor.fetchall())}


def work_item(work_item_id: int) -> WorkItemFacts | None:
    """One item of work, or None."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM worklist_workitem WHERE id = %s", [work_item_id])  # noqa: S608
        row = cursor.fetchone()
    return _facts(row) if row else None


def work_page(
    wanted: WorkFilter, sort: WorkSort = WorkSort.VALUE, after: str | None = None, limit: int = 50
) -> Page[WorkItemFacts]:
    """The items that the filter keeps, in this order, page by page; `after` is the `next_after` of the page before.

    By value: what the account owes past due, then the urgency of the kind, then the newest. Raises ValueError for an
    `after` that no page gave.
    """
    conditions, values = _conditions(wanted)
    columns, direction, beyond = _ORDERS[sort]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM worklist_workitem WHERE {conditions} LIMIT {COUNT_LIMIT + 1}) t",  # noqa: S608
            values,
        )
        total = cursor.fetchone()[0]
        if after is not None:
            conditions += f" AND ({', '.join(columns)}) {beyond} ({', '.join(['%s'] * len(columns))})"
            values = [*values, *_key(after, columns)]
        order = ", ".join(f"{column} {direction}" for column in columns)
        cursor.execute(
            f"SELECT {', '.join(columns)}, {_COLUMNS} FROM worklist_workitem WHERE {conditions} "  # noqa: S608
            f"ORDER BY {order} LIMIT %s",
            [*values, limit + 1],
        )
        found = cursor.fetchall()
    width = len(columns)
    next_after = "|".join(map(str, found[limit - 1][:width])) if len(found) > limit else None
    rows = [_facts(row[width:]) for row in found[:limit]]
    return counted_page(rows, next_after, total)


def _key(after: str, columns: Sequence[str]) -> list[Any]:
    parts = after.split("|")
    if len(parts) != len(columns):
        raise ValueError(f"{after!r} is no place in this list")
    return [_read(part, column) for part, column in zip(parts, columns, strict=True)]


def _read(part: str, column: str) -> dt.date | int:
    if column == "due_on":
        return dt.date.fromisoformat(part)
    number = int(part)
    if abs(number) >= 2**63:
        raise ValueError(f"{part} is no place in this list")
    return number


def _conditions(wanted: WorkFilter) -> tuple[str, list[Any]]:
    conditions: list[str] = ["TRUE"]
    values: list[Any] = []
    if wanted.state:
        # Written out rather than handed in, so that the indexes of open work serve.
        conditions.append("state = 'open'" if wanted.state == "open" else "state = %s")
        values += [] if wanted.state == "open" else [wanted.state]
    if wanted.kind:
        conditions.append("kind = %s")
        values.append(wanted.kind)
    if wanted.assigned_to:
        conditions.append("assigned_to = %s")
        values.append("" if wanted.assigned_to == WorkFilter.NOBODY else wanted.assigned_to)
    if wanted.overdue_on is not None:
        conditions.append("due_on < %s")
        values.append(wanted.overdue_on)
    if wanted.account_ids is not None:
        conditions.append("account_id = ANY(%s::bigint[])")
        values.append(id_array(wanted.account_ids))
    return " AND ".join(conditions), values


def open_work_of(account_id: int) -> list[WorkItemFacts]:
    """The open work of one account, what is due first coming first; at most a hundred items."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM worklist_workitem WHERE account_id = %s AND state = 'open' "  # noqa: S608
            "ORDER BY due_on, id LIMIT 100",
            [account_id],
        )
        return [_facts(row) for row in cursor.fetchall()]


def counts(as_of: dt.date, person: str) -> WorkCounts:
    """How much work is open, past its day on `as_of`, taken by this person, taken by nobody; each up to 10,000."""
    wanted = (
        WorkFilter(),
        WorkFilter(overdue_on=as_of),
        WorkFilter(assigned_to=person),
        WorkFilter(assigned_to=WorkFilter.NOBODY),
    )
    found: list[int] = []
    with connection.cursor() as cursor:
        for each in wanted:
            conditions, values = _conditions(each)
            cursor.execute(
                f"SELECT count(*) FROM (SELECT 1 FROM worklist_workitem WHERE {conditions} LIMIT {COUNT_LIMIT}) t",  # noqa: S608
                values,
            )
            found.append(cursor.fetchone()[0])
    return WorkCounts(*found)


def people_with_work() -> list[str]:
    """The user names that open work is handed to, in their order; at most 200."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE walk AS (
                (SELECT assigned_to AS name FROM worklist_workitem WHERE state = 'open' AND assigned_to > ''
                 ORDER BY assigned_to LIMIT 1)
                UNION ALL
                SELECT (SELECT w.assigned_to FROM worklist_workitem w
                        WHERE w.state = 'open' AND w.assigned_to > walk.name ORDER BY w.assigned_to LIMIT 1)
                FROM walk WHERE walk.name IS NOT NULL)
            SELECT name FROM walk WHERE name IS NOT NULL LIMIT 200"""
        )
        return [row[0] for row in cursor.fetchall()]


def timeline(account_id: int, limit: int | None = None) -> list[TimelineEvent]:
    """What happened to the work of an account, newest first; with `limit` only the newest.

    Kinds: work_opened, work_assigned, work_closed, work_reopened, work_cancelled. Data: work_item_id, work_kind, title,
    due_on, assigned_to, outcome, note.
    """
    return _events("", {"account": account_id, "limit": limit})


def history(account_id: int, work_item_id: int) -> list[TimelineEvent]:
    """What happened to one item of work, newest first, as `timeline` tells it; the last hundred events."""
    return _events("AND w.id = %(work)s", {"account": account_id, "work": work_item_id, "limit": 100})


def _events(only: str, values: dict[str, Any]) -> list[TimelineEvent]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            (SELECT w.opened_on AS happened_on, w.opened_at AS happened_at, w.id AS sequence, 'work_opened', '', w.id,
                    w.kind, w.title, w.due_on, '', '', ''
             FROM worklist_workitem w WHERE w.account_id = %(account)s {only}
             ORDER BY w.opened_on DESC, w.opened_at DESC, w.id DESC LIMIT %(limit)s)
            UNION ALL
            (SELECT e.happened_on, e.happened_at, e.id, 'work_' || e.kind, e.actor, w.id, w.kind, w.title, w.due_on,
                    e.assigned_to, e.outcome, e.note
             FROM worklist_workevent e
             JOIN worklist_workitem w ON w.account_id = e.account_id AND w.id = e.work_item_id
             WHERE e.account_id = %(account)s {only}
             ORDER BY e.happened_on DESC, e.happened_at DESC, e.id DESC LIMIT %(limit)s)
            ORDER BY happened_on DESC, happened_at DESC, sequence DESC LIMIT %(limit)s""",  # noqa: S608
            values,
        )
        names = ("work_item_id", "work_kind", "title", "due_on", "assigned_to", "outcome", "note")
        return [
            TimelineEvent(on, at, kind, dict(zip(names, rest, strict=True)), actor)
            for on, at, _sequence, kind, actor, *rest in cursor.fetchall()
        ]


def event_count(account_id: int) -> int:
    """How many events `timeline` has for the account."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM worklist_workitem WHERE account_id = %(account)s) "
            "+ (SELECT count(*) FROM worklist_workevent WHERE account_id = %(account)s)",
            {"account": account_id},
        )
        (count,) = cursor.fetchone()
    return int(count)


def _facts(row: Sequence[Any]) -> WorkItemFacts:
    values = list(row)
    values[7] = json.loads(row[7])
    return WorkItemFacts(*values)
