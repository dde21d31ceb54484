"""The accounts under pursuit: how many stand where, and which."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from relance.dunning import stored_scenarios
from relance.dunning.facts import PositionRow, StageCount
from relance.kit.pages import COUNT_LIMIT, Page, counted_page


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
    return counted_page(rows, next_after, total)


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
