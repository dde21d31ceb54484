"""The actions of an account with their reasons, and the story that dunning tells of it."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection

from relance.customers.facts import TimelineEvent
from relance.dunning.facts import PlannedActionFacts
from relance.dunning.reasons import reasons_from
from relance.ledger.queries import item_numbers

_ACTION_COLUMNS = (
    "a.id, a.account_id, s.code, a.stage, a.kind, a.planned_on, a.state, a.refusal, a.because, a.performed_at, "
    "a.answered_by, a.episode_id"
)
_ACTION_JOIN = (
    "dunning_plannedaction a JOIN dunning_scenarioversion v ON v.id = a.version_id "
    "JOIN dunning_scenario s ON s.id = v.scenario_id"
)

STAGE_RELATION = """(
    SELECT a.account_id, a.id AS action_id, s.code || '/' || a.stage AS stage
    FROM dunning_plannedaction a JOIN dunning_scenarioversion v ON v.id = a.version_id
    JOIN dunning_scenario s ON s.id = v.scenario_id)"""
"""The scenario and stage that asked for an action, as `scenario/stage`, for the set-based SQL of reports:
`LEFT JOIN {STAGE_RELATION} AS s ON s.account_id = … AND s.action_id = …`.
"""


def planned_actions(account_id: int) -> list[PlannedActionFacts]:
    """All actions ever planned for an account, newest first, with their reasons."""
    return [_facts(row) for row in _planned_actions(account_id, "a.id DESC", None)]


def actions_planned_on(account_id: int, on: dt.date) -> list[PlannedActionFacts]:
    """The actions that were planned for an account on one day, in the order of their stages."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_ACTION_COLUMNS} FROM {_ACTION_JOIN} WHERE a.account_id = %s AND a.planned_on = %s "  # noqa: S608
            "ORDER BY a.episode_id, a.stage_index, a.ordinal",
            [account_id, on],
        )
        return [_facts(row) for row in cursor.fetchall()]


def _planned_actions(account_id: int, order: str, limit: int | None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_ACTION_COLUMNS} FROM {_ACTION_JOIN} WHERE a.account_id = %s ORDER BY {order} LIMIT %s",  # noqa: S608
            [account_id, limit],
        )
        return list(cursor.fetchall())


def _facts(row: Sequence[Any]) -> PlannedActionFacts:
    return PlannedActionFacts(*row[:8], reasons_from(row[8]), row[9])  # type: ignore[call-arg]


def timeline(account_id: int, limit: int | None = None) -> list[TimelineEvent]:
    """What dunning did on an account: episode_opened, episode_closed, and per action action_planned, action_waiting,
    action_performed, action_refused or action_passed, with the reasons in `because`. With `limit` the newest, not more.

    Every event names its episode as `account_id` and `episode_id`. The actor is who moved the debt to another scenario,
    or who answered an action that asked for approval.
    """
    events = []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.opened_on, e.closed_on, s.code, v.number, e.currency, e.item_id, e.id, e.ending,
                   coalesce(w.switched_by, '')
            FROM dunning_episode e
            JOIN dunning_scenarioversion v ON v.id = e.version_id JOIN dunning_scenario s ON s.id = v.scenario_id
            LEFT JOIN dunning_switch w ON w.account_id = e.account_id AND w.episode_id = e.id
            WHERE e.account_id = %s ORDER BY coalesce(e.closed_on, e.opened_on) DESC, e.id DESC LIMIT %s""",
            [account_id, limit],
        )
        episodes = cursor.fetchall()
    numbers = item_numbers([account_id], [row[5] for row in episodes if row[5]])
    for opened_on, closed_on, code, version, currency, item_id, episode_id, ending, switched_by in episodes:
        data = {
            "scenario": code, "version": version, "currency": currency, "item": numbers.get(item_id, ""),
            "account_id": account_id, "episode_id": episode_id,
        }  # fmt: skip
        events.append(TimelineEvent(opened_on, _midnight(opened_on), "episode_opened", data))
        if closed_on is not None:
            closing = data | {"ending": ending}
            events.append(TimelineEvent(closed_on, _midnight(closed_on), "episode_closed", closing, switched_by))
    newest_first = "a.planned_on DESC, a.performed_at DESC NULLS LAST, a.id DESC"
    for row in _planned_actions(account_id, newest_first, limit):
        action, answered_by, episode_id = _facts(row), row[10], row[11]
        data = {
            "scenario": action.scenario, "stage": action.stage, "action": action.kind, "refusal": action.refusal,
            "because": [(reason.code, dict(reason.data)) for reason in action.because],
            "account_id": account_id, "episode_id": episode_id,
        }  # fmt: skip
        at = action.performed_at or _midnight(action.planned_on)
        events.append(TimelineEvent(action.planned_on, at, f"action_{action.state}", data, answered_by))
    return sorted(events, key=lambda event: (event.on, event.at), reverse=True)[:limit]


def event_count(account_id: int) -> int:
    """How many events `timeline` has without a limit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) + count(closed_on) FROM dunning_episode WHERE account_id = %(account)s) "
            "+ (SELECT count(*) FROM dunning_plannedaction WHERE account_id = %(account)s)",
            {"account": account_id},
        )
        (count,) = cursor.fetchone()
    return int(count)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)
