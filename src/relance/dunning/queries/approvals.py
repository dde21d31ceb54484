"""Actions that wait for a person's approval: the queue, and one of them."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from relance.dunning import stored_scenarios
from relance.dunning.facts import ActionSpec, WaitingActionFacts
from relance.dunning.reasons import reasons_from
from relance.kit.pages import COUNT_LIMIT, Page, counted_page
from relance.ledger.queries import item_numbers

_WAITING = """
    SELECT a.id, a.account_id, a.episode_id, a.item_id, a.currency, a.version_id, a.stage_index, a.stage, a.ordinal, a.kind,
           a.planned_on, coalesce(p.overdue_minor, 0), a.because
    FROM dunning_plannedaction a
    LEFT JOIN dunning_position p ON p.account_id = a.account_id AND p.id = a.episode_id
    WHERE a.state = 'waiting'"""


def waiting_actions(after: str | None = None, limit: int = 50) -> Page[WaitingActionFacts]:
    """The actions of all accounts that wait for approval, the longest waiting first.

    `after` is the `next_after` of the page before. Raises ValueError for one that no page gave.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_WAITING} AND a.id > %s ORDER BY a.id LIMIT %s", [int(after) if after is not None else 0, limit + 1]
        )
        rows = cursor.fetchall()
    total = waiting_action_count()
    next_after = str(rows[limit - 1][0]) if len(rows) > limit else None
    return counted_page(_facts(rows[:limit]), next_after, total)


def waiting_actions_of(account_id: int) -> list[WaitingActionFacts]:
    """The actions of one account that wait for approval, the longest waiting first."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_WAITING} AND a.account_id = %s ORDER BY a.id", [account_id])
        return _facts(cursor.fetchall())


def waiting_action(account_id: int, action_id: int) -> WaitingActionFacts | None:
    """One action that waits for approval; None when it does not wait, or not any more."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_WAITING} AND a.account_id = %s AND a.id = %s", [account_id, action_id])
        return next(iter(_facts(cursor.fetchall())), None)


def waiting_action_count() -> int:
    """How many actions wait for approval; one more than `COUNT_LIMIT` stands for all beyond it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM dunning_plannedaction WHERE state = 'waiting' LIMIT %s) t",
            [COUNT_LIMIT + 1],
        )
        (count,) = cursor.fetchone()
    return int(count)


def action_spec(version_id: int, stage_index: int, ordinal: int) -> ActionSpec:
    """What an action's scenario version says about it."""
    return stored_scenarios.version(version_id).stages[stage_index].actions[ordinal]


def _facts(rows: Sequence[Sequence[Any]]) -> list[WaitingActionFacts]:
    items = [(row[1], row[3]) for row in rows if row[3]]
    numbers = item_numbers([account for account, _ in items], [item for _, item in items]) if items else {}
    return [
        WaitingActionFacts(  # type: ignore[call-arg]
            id_, account_id, episode_id, item_id, numbers.get(item_id, ""), currency, version_id,
            stored_scenarios.version(version_id).code, *rest, reasons_from(because),
        )
        for id_, account_id, episode_id, item_id, currency, version_id, *rest, because in rows
    ]  # fmt: skip
