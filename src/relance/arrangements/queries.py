"""Reads of holds: sets by account, what changes on a day, lists, and what the timeline tells."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection

from relance.arrangements.facts import HoldEventFacts, HoldFacts, HoldKind, HoldRow, HoldState
from relance.arrangements.rules import periods, state
from relance.customers.facts import TimelineEvent
from relance.customers.queries import ACCOUNT_RELATION
from relance.kit.bulk import id_array
from relance.kit.pages import COUNT_LIMIT, Page, counted_page
from relance.ledger.queries import item_numbers

SORTS = {
    "from": ("h.from_on", "ASC", ">"),
    "-from": ("h.from_on", "DESC", "<"),
    "account": ("a.number", "ASC", ">"),
    "-account": ("a.number", "DESC", "<"),
}
"""Orders of the list of holds: by the first day held, or by the account's number."""

_FACTS = """h.id, h.account_id, h.kind, h.item_id, h.part_minor, h.born_before, h.reason, h.reference, h.placed_by, h.currency,
    (SELECT array_agg(e.effective_on ORDER BY e.id) FROM arrangements_holdevent e
     WHERE e.account_id = h.account_id AND e.hold_id = h.id),
    (SELECT array_agg(e.pauses ORDER BY e.id) FROM arrangements_holdevent e
     WHERE e.account_id = h.account_id AND e.hold_id = h.id)"""

# On a day the last event effective on or before it counts; of several of one day the one recorded last.
_IS_ACTIVE = """coalesce((SELECT e.pauses FROM arrangements_holdevent e
    WHERE e.account_id = h.account_id AND e.hold_id = h.id AND e.effective_on <= %(as_of)s
    ORDER BY e.effective_on DESC, e.id DESC LIMIT 1), FALSE)"""
_IS_COMING = """EXISTS (SELECT 1 FROM arrangements_holdevent e
    WHERE e.account_id = h.account_id AND e.hold_id = h.id AND e.effective_on > %(as_of)s AND e.pauses
      AND NOT EXISTS (SELECT 1 FROM arrangements_holdevent l WHERE l.account_id = e.account_id AND l.hold_id = e.hold_id
                      AND l.effective_on = e.effective_on AND l.id > e.id AND NOT l.pauses))"""
_STATES = {
    HoldState.ACTIVE: _IS_ACTIVE,
    HoldState.COMING: f"NOT {_IS_ACTIVE} AND {_IS_COMING}",
    HoldState.ENDED: f"NOT {_IS_ACTIVE} AND NOT {_IS_COMING}",
}


def holds(account_ids: Sequence[int]) -> dict[int, tuple[HoldFacts, ...]]:
    """The holds of these accounts, past, present and coming, by account; accounts without any are left out."""
    found: dict[int, list[HoldFacts]] = {}
    for facts in _holds("h.account_id = ANY(%s::bigint[])", [id_array(account_ids)]):
        found.setdefault(facts.account_id, []).append(facts)
    return {account_id: tuple(entries) for account_id, entries in found.items()}


def hold(hold_id: int) -> HoldFacts | None:
    """One hold by id, or None."""
    return next(iter(_holds("h.id = %s", [hold_id])), None)


def _holds(condition: str, values: list[Any]) -> list[HoldFacts]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_FACTS} FROM arrangements_hold h WHERE {condition} ORDER BY h.account_id, h.id",  # noqa: S608
            values,
        )
        return [_facts(*row) for row in cursor.fetchall()]


def _facts(
    hold_id: int, account_id: int, kind: str, item_id: int, part_minor: int | None, born_before: dt.date | None,
    reason: str, reference: str, placed_by: str, currency: str, days: Sequence[dt.date], pauses: Sequence[bool],
) -> HoldFacts:  # fmt: skip
    """One row of `_FACTS`; its events come in the order in which they were recorded."""
    held = periods([(day, order, on) for order, (day, on) in enumerate(zip(days, pauses, strict=True))])
    return HoldFacts(
        hold_id,
        account_id,
        HoldKind(kind),
        item_id,
        part_minor,
        born_before,
        held,
        reason,
        reference,
        placed_by,
        currency,
    )


def changing(after: dt.date | None, as_of: dt.date) -> list[int]:
    """The accounts, in order, of which a hold begins or ends after `after` (None: ever) and on or before `as_of`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT account_id FROM arrangements_holdevent WHERE effective_on <= %(as_of)s "
            "AND (%(after)s::date IS NULL OR effective_on > %(after)s) ORDER BY account_id",
            {"after": after, "as_of": as_of},
        )
        return [row[0] for row in cursor.fetchall()]


def is_recorded(account_id: int, key: str) -> bool:
    """Whether an act on a hold of this account has this key: a form sent twice asks it before it is read again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM arrangements_holdevent WHERE account_id = %s AND key = %s", [account_id, key])
        return cursor.fetchone() is not None


def events_of_hold(account_id: int, hold_id: int) -> list[HoldEventFacts]:
    """The whole history of one hold, in the order in which it was recorded."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, hold_id, pauses, effective_on, reason, by, recorded_at FROM arrangements_holdevent "
            "WHERE account_id = %s AND hold_id = %s ORDER BY id",
            [account_id, hold_id],
        )
        return [HoldEventFacts(*row) for row in cursor.fetchall()]


def holds_page(
    as_of: dt.date,
    kind: str = "",
    state_on: str = "",
    text: str = "",
    sort: str = "-from",
    after: str | None = None,
    limit: int = 50,
) -> Page[HoldRow]:
    """Holds with their accounts: of a kind, in a state on `as_of` (`HoldState`), whose account's number, own reference or
    reason has `text` in it.

    `sort` is a name of `SORTS`; `after` is the `next_after` of the page before. Raises ValueError for an unknown sort,
    state, or a place that is none.
    """
    column, direction, beyond = SORTS.get(sort) or _unknown("sort", sort)
    conditions = ["TRUE"]
    values: dict[str, Any] = {"as_of": as_of, "limit": limit + 1}
    if kind:
        conditions.append("h.kind = %(kind)s")
        values["kind"] = kind
    if state_on:
        conditions.append(_STATES[HoldState(state_on)])
    if text:
        conditions.append("(a.number ILIKE %(text)s OR h.reference ILIKE %(text)s OR h.reason ILIKE %(text)s)")
        values["text"] = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    source = f"arrangements_hold h JOIN {ACCOUNT_RELATION} AS a ON a.account_id = h.account_id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {source} WHERE {' AND '.join(conditions)} "  # noqa: S608
            f"LIMIT {COUNT_LIMIT + 1}) t",
            values,
        )
        total = cursor.fetchone()[0]
        if after is not None:
            place, _bar, hold_id = after.rpartition("|")
            values |= {"place": place if column == "a.number" else dt.date.fromisoformat(place), "id": int(hold_id)}
            conditions.append(f"({column}, h.id) {beyond} (%(place)s, %(id)s)")
        cursor.execute(
            f"SELECT {_FACTS}, a.number, a.name, h.placed_at, h.from_on FROM {source} "  # noqa: S608
            f"WHERE {' AND '.join(conditions)} ORDER BY {column} {direction}, h.id {direction} LIMIT %(limit)s",
            values,
        )
        found = cursor.fetchall()
    rows = []
    for *facts, number, name, placed_at, _from_on in found[:limit]:
        told = _facts(*facts)
        rows.append(HoldRow(told, number, name, state(told, as_of), placed_at))
    next_after = None
    if len(found) > limit:
        *_facts_of_last, number, _name, _placed_at, from_on = found[limit - 1]
        next_after = f"{number if column == 'a.number' else from_on}|{rows[-1].hold.id}"
    return counted_page(rows, next_after, total)


def _unknown(what: str, given: str) -> tuple[str, str, str]:
    raise ValueError(f"unknown {what} {given!r}; one of {', '.join(SORTS)}")


def timeline(account_id: int, limit: int | None = None) -> list[TimelineEvent]:
    """What was done about an account's holds: hold_placed, hold_again and hold_ended, one event per act, newest first;
    with `limit` only the newest.

    An event stands on the day from which it counts; `at` is when it was recorded, which is later for a backdated one.
    Data: from (that day), until (the last day held), kind, item (its number), item_id, part_minor and currency,
    born_before, reference, reason, recorded_at.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.act, e.effective_on, e.recorded_at, e.by, e.reason, h.kind, h.item_id, h.part_minor, h.born_before,
                   h.reference, h.currency, e.until_on
            FROM arrangements_holdevent e
            JOIN arrangements_hold h ON h.account_id = e.account_id AND h.id = e.hold_id
            WHERE e.account_id = %s AND e.id = e.act_id
            ORDER BY e.effective_on DESC, e.recorded_at DESC, e.id DESC LIMIT %s""",
            [account_id, limit],
        )
        rows = cursor.fetchall()
    items = [row[6] for row in rows if row[6]]
    numbers = item_numbers([account_id], items) if items else {}
    events = []
    for act, on, recorded_at, by, reason, kind, item_id, part_minor, born_before, reference, currency, until in rows:
        data = {
            "from": on.isoformat(), "until": until and until.isoformat(), "kind": kind,
            "item_id": item_id, "item": numbers.get(item_id, ""), "part_minor": part_minor,
            "born_before": born_before and born_before.isoformat(), "reference": reference, "reason": reason,
            "recorded_at": recorded_at.isoformat(),
        }  # fmt: skip
        if currency:
            data["currency"] = currency
        events.append(TimelineEvent(on, recorded_at, f"hold_{act}", data, by))
    return events


def event_count(account_id: int) -> int:
    """How many events `timeline` has without a limit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM arrangements_holdevent WHERE account_id = %s AND id = act_id", [account_id]
        )
        (count,) = cursor.fetchone()
    return int(count)
