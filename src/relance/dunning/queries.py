"""Reads of dunning: scenarios, where accounts stand and why, who is due for a decision, and the account's story."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from relance.customers.facts import AccountFacts, TimelineEvent
from relance.customers.queries import account, creditor
from relance.dunning import stored_scenarios
from relance.dunning.cases import Case, decisions, scenario_for
from relance.dunning.facts import (
    Advance,
    Because,
    Decision,
    Explanation,
    NextStage,
    PlannedActionFacts,
    PositionRow,
    ScenarioFacts,
    StageCount,
)
from relance.kit.pages import COUNT_LIMIT, Page
from relance.ledger.queries import item_numbers, left_out_sums, money_effective, newly_overdue


def scenarios() -> list[ScenarioFacts]:
    """The current version of every scenario, highest priority first."""
    return stored_scenarios.current()


def scenario(code: str) -> ScenarioFacts | None:
    """The current version of one scenario."""
    return next(iter(stored_scenarios.versions_of(code)), None)


def scenario_versions(code: str) -> list[ScenarioFacts]:
    """All versions of a scenario, newest first."""
    return stored_scenarios.versions_of(code)


def scenario_override(account_id: int) -> str | None:
    """The scenario a person chose for this account, if any."""
    return stored_scenarios.overrides([account_id]).get(account_id)


def decided_through() -> dt.date | None:
    """The last business date whose decisions are all taken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT decided_through FROM dunning_horizon")
        row = cursor.fetchone()
    return row[0] if row else None


def due_for_decision(as_of: dt.date) -> list[int]:
    """The accounts on which something can have changed since the last completed night, in id order.

    Items that became overdue; episodes whose review day has come; money that became effective; and accounts that
    somebody nudged. All others would be decided exactly as they stand.
    """
    after = decided_through()
    found = set(newly_overdue(after, as_of))
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id FROM dunning_position WHERE next_review_on <= %s", [as_of])
        found.update(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT DISTINCT account_id FROM dunning_nudge")
        found.update(row[0] for row in cursor.fetchall())
        if after is not None:
            moved, reopened = money_effective(after, as_of)
            found.update(reopened)
            cursor.execute("SELECT DISTINCT account_id FROM dunning_position WHERE account_id = ANY(%s)", [moved])
            found.update(row[0] for row in cursor.fetchall())
    return sorted(found)


def accounts_to_perform() -> list[int]:
    """Accounts with planned actions, in id order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT account_id FROM dunning_plannedaction WHERE state = 'planned' ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


def explain(account_id: int, as_of: dt.date) -> list[Explanation]:
    """Where each debt of an account stands on `as_of`, why, and what comes next: what tonight would decide.

    One entry per case: the account in each currency it owes, or each overdue item under an invoice-level scenario; an
    account that owes nothing overdue has one entry that says so. Raises LookupError for an unknown account.
    """
    known = account(account_id)
    if known is None:
        raise LookupError(f"no account {account_id}")
    found = list(decisions([account_id], as_of))
    left_out = _left_out(account_id, as_of, by_item=any(case.item_id for case, _ in found))
    if not found:
        return [_nothing_owed(known, left_out)]
    numbers = item_numbers([account_id], [case.item_id for case, _ in found if case.item_id])
    return [
        _explanation(known.number, case, decision, numbers, left_out.get((case.item_id, case.currency), ()), as_of)
        for case, decision in found
    ]


_LEFT_OUT = ("disputed", "in_flight", "expired", "unallocated")


def _left_out(account_id: int, as_of: dt.date, *, by_item: bool) -> dict[tuple[int, str], tuple[Because, ...]]:
    """What is overdue and not chased, by currency, of the whole account as item 0; with `by_item` of each item too."""
    sums = left_out_sums(account_id, as_of, by_item=False)
    if by_item and sums:
        sums += left_out_sums(account_id, as_of, by_item=True)
    return {
        (item_id, currency): tuple(
            Because(f"left_out_{part}", {"overdue_minor": minor, "currency": currency})
            for part, minor in zip(_LEFT_OUT, minors, strict=True)
            if minor
        )
        for item_id, currency, *minors in sums
    }


def _nothing_owed(known: AccountFacts, left_out: Mapping[tuple[int, str], tuple[Because, ...]]) -> Explanation:
    scenario = scenario_for(known.id)
    currency = creditor(known.creditor_id).currency
    reasons = left_out.get((0, currency), ())
    return Explanation(
        account_number=known.number, item_number="", currency=currency, overdue_minor=0,
        days_past_due=0, effective_days=0, scenario=scenario.code if scenario else "", version=None, stage=None,
        entered_on=None, next=None, because=(Because("nothing_chased" if reasons else "nothing_overdue", {}), *reasons),
    )  # fmt: skip


def _explanation(
    number: str,
    case: Case,
    decision: Decision,
    numbers: dict[int, str],
    left_out: tuple[Because, ...],
    as_of: dt.date,
) -> Explanation:
    standing, position = case.standing, case.position
    days = (as_of - standing.oldest_due_on).days if standing else 0
    stage = case.scenario.stages[position.stage_index] if position and position.stage_index >= 0 else None
    pursued = position is not None or isinstance(decision, Advance) or getattr(decision, "opens", False)
    return Explanation(
        account_number=number,
        item_number=numbers.get(case.item_id, ""),
        currency=case.currency,
        overdue_minor=standing.overdue_minor if standing else 0,
        days_past_due=days,
        effective_days=days,
        scenario=case.scenario.code,
        version=case.scenario.version if pursued else None,
        stage=stage.code if stage else None,
        entered_on=position.stage_entered_on if position and stage else None,
        next=_next_stage(case, decision, as_of),
        because=(*decision.because, *left_out),
    )


def _next_stage(case: Case, decision: Decision, as_of: dt.date) -> NextStage | None:
    """The stage that follows if nothing is paid: today's when one is due now, else the first one ahead."""
    if isinstance(decision, Advance):
        return NextStage(case.scenario.stages[decision.stage_index].code, as_of)
    for reason in decision.because:
        if reason.code == "next_stage":
            return NextStage(reason.data["stage"], dt.date.fromisoformat(reason.data["on"]))
    return None


_ACTION_COLUMNS = (
    "a.id, a.account_id, s.code, a.stage, a.kind, a.planned_on, a.state, a.refusal, a.because, a.performed_at"
)
_ACTION_JOIN = (
    "dunning_plannedaction a JOIN dunning_scenarioversion v ON v.id = a.version_id "
    "JOIN dunning_scenario s ON s.id = v.scenario_id"
)


def planned_actions(account_id: int) -> list[PlannedActionFacts]:
    """All actions ever planned for an account, newest first, with their reasons."""
    return _planned_actions(account_id, "a.id DESC", None)


def _planned_actions(account_id: int, order: str, limit: int | None) -> list[PlannedActionFacts]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_ACTION_COLUMNS} FROM {_ACTION_JOIN} WHERE a.account_id = %s ORDER BY {order} LIMIT %s",  # noqa: S608
            [account_id, limit],
        )
        return [
            PlannedActionFacts(*row[:8], _because(row[8]), row[9])  # type: ignore[call-arg]
            for row in cursor.fetchall()
        ]


def _because(text: str) -> tuple[Because, ...]:
    return tuple(Because(code, data) for code, data in json.loads(text))


def stage_counts() -> list[StageCount]:
    """Open episodes by scenario, stage and currency; an episode before its first stage counts under stage ''."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version_id, stage_index, currency, count(*), sum(overdue_minor)::bigint FROM dunning_position "
            "GROUP BY 1, 2, 3"
        )
        rows = cursor.fetchall()
    merged: dict[tuple[str, int, str, str], tuple[int, int]] = {}
    for version_id, index, currency, episodes, minor in rows:
        pinned = stored_scenarios.version(version_id)
        key = (pinned.code, index, pinned.stages[index].code if index >= 0 else "", currency)
        before = merged.get(key, (0, 0))
        merged[key] = (before[0] + episodes, before[1] + minor)
    return [
        StageCount(code, stage, index, currency, *figures)
        for (code, index, stage, currency), figures in sorted(merged.items())
    ]


def positions_of(account_ids: Sequence[int]) -> dict[int, list[PositionRow]]:
    """The open episodes of these accounts, oldest first."""
    found: dict[int, list[PositionRow]] = {}
    for row in _position_rows("account_id = ANY(%s)", [list(account_ids)], "account_id, id", 100_000):
        found.setdefault(row.account_id, []).append(row)
    return found


def accounts_at(
    scenario: str = "", stage: str = "", sort: str = "-overdue", after: str | None = None, limit: int = 50
) -> Page[PositionRow]:
    """Open episodes, optionally at one scenario and stage, by overdue amount or by age of the oldest debt.

    `sort` is `-overdue` (largest first) or `oldest`. `after` is the `next_after` of the page before.
    """
    conditions: list[str] = ["TRUE"]
    values: list[Any] = []
    if scenario or stage:
        pairs = _version_stages(scenario, stage)
        conditions.append("(version_id, stage_index) IN (SELECT * FROM unnest(%s::bigint[], %s::smallint[]))")
        values += [[pair[0] for pair in pairs], [pair[1] for pair in pairs]]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM dunning_position WHERE {' AND '.join(conditions)} "  # noqa: S608
            f"LIMIT {COUNT_LIMIT + 1}) t",
            values,
        )
        total = cursor.fetchone()[0]
    column, order, beyond = {
        "-overdue": ("overdue_minor", "overdue_minor DESC, account_id DESC, id DESC", "<"),
        "oldest": ("oldest_due_on", "oldest_due_on, account_id, id", ">"),
    }[sort]
    if after is not None:
        conditions.append(f"({column}, account_id, id) {beyond} (%s, %s, %s)")
        values += after.split("|")
    found = _position_rows(" AND ".join(conditions), values, order, limit + 1, with_keys=True)
    rows = [row for row, _ in found[:limit]]
    next_after = None
    if len(found) > limit:
        row, episode_id = found[limit - 1]
        next_after = f"{getattr(row, column)}|{row.account_id}|{episode_id}"
    return Page(rows, next_after, min(total, COUNT_LIMIT), total <= COUNT_LIMIT)


def _version_stages(scenario: str, stage: str) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT version_id FROM dunning_position")
        pinned = [stored_scenarios.version(row[0]) for row in cursor.fetchall()]
    return [
        (entry.version_id, index)
        for entry in pinned
        if not scenario or entry.code == scenario
        for index in range(-1, len(entry.stages))
        if not stage or (index >= 0 and entry.stages[index].code == stage)
    ]


def _position_rows(where: str, values: Sequence[Any], order: str, limit: int, with_keys: bool = False) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, item_id, currency, version_id, stage_index, opened_on, stage_entered_on, next_review_on, "  # noqa: S608
            f"overdue_minor, oldest_due_on, id FROM dunning_position WHERE {where} ORDER BY {order} LIMIT %s",
            [*values, limit],
        )
        rows = cursor.fetchall()
    found = []
    for account_id, item_id, currency, version_id, index, *rest, episode_id in rows:
        pinned = stored_scenarios.version(version_id)
        stage = pinned.stages[index].code if index >= 0 else ""
        row = PositionRow(account_id, item_id, currency, pinned.code, stage, *rest)
        found.append((row, episode_id) if with_keys else row)
    return found


def timeline(account_id: int, limit: int | None = None) -> list[TimelineEvent]:
    """What dunning did on an account: episode_opened, episode_closed, and per action action_planned,
    action_performed, action_refused or action_passed, with the reasons in `because`. With `limit` the newest, not more.
    """
    events = []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.opened_on, e.closed_on, s.code, v.number, e.currency, e.item_id FROM dunning_episode e
            JOIN dunning_scenarioversion v ON v.id = e.version_id JOIN dunning_scenario s ON s.id = v.scenario_id
            WHERE e.account_id = %s ORDER BY coalesce(e.closed_on, e.opened_on) DESC, e.id DESC LIMIT %s""",
            [account_id, limit],
        )
        episodes = cursor.fetchall()
    numbers = item_numbers([account_id], [row[5] for row in episodes if row[5]])
    for opened_on, closed_on, code, version, currency, item_id in episodes:
        data = {"scenario": code, "version": version, "currency": currency, "item": numbers.get(item_id, "")}
        events.append(TimelineEvent(opened_on, _midnight(opened_on), "episode_opened", data))
        if closed_on is not None:
            events.append(TimelineEvent(closed_on, _midnight(closed_on), "episode_closed", data))
    newest_first = "a.planned_on DESC, a.performed_at DESC NULLS LAST, a.id DESC"
    for action in _planned_actions(account_id, newest_first, limit):
        data = {
            "scenario": action.scenario, "stage": action.stage, "action": action.kind, "refusal": action.refusal,
            "because": [(reason.code, dict(reason.data)) for reason in action.because],
        }  # fmt: skip
        at = action.performed_at or _midnight(action.planned_on)
        events.append(TimelineEvent(action.planned_on, at, f"action_{action.state}", data))
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
