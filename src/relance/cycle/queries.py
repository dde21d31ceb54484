"""Reads of the cycle's journal."""

import datetime as dt
import json
from typing import Any

from django.db import connection

from relance.cycle.facts import CycleFacts, CycleFigures, StepTime

_COLUMNS = "c.id, c.business_date, c.state, c.started_at, c.closed_at, c.seconds, c.figures::text"


def cycle(business_date: dt.date) -> CycleFacts | None:
    """The journal of one business date, or None."""
    return next(iter(_cycles("c.business_date = %s", [business_date], 1)), None)


def cycles(limit: int = 60, before: dt.date | None = None) -> list[CycleFacts]:
    """Cycles by business date, newest first; with `before` only earlier ones."""
    return _cycles("c.business_date < %s", [before or dt.date.max], limit)


def last_closed() -> dt.date | None:
    """The newest business date that is closed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(business_date) FROM cycle_cycle WHERE state = 'closed'")
        day: dt.date | None = cursor.fetchone()[0]
    return day


def unfinished() -> dt.date | None:
    """The oldest business date that was begun and not closed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(business_date) FROM cycle_cycle WHERE state <> 'closed'")
        day: dt.date | None = cursor.fetchone()[0]
    return day


def _cycles(where: str, values: list[Any], limit: int) -> list[CycleFacts]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM cycle_cycle c WHERE {where} ORDER BY c.business_date DESC LIMIT %s",  # noqa: S608
            [*values, limit],
        )
        rows = cursor.fetchall()
        cursor.execute(
            "SELECT cycle_id, name, seconds, state, error FROM cycle_step WHERE cycle_id = ANY(%s) ORDER BY position",
            [[row[0] for row in rows]],
        )
        steps: dict[int, list[StepTime]] = {}
        for cycle_id, *step in cursor.fetchall():
            steps.setdefault(cycle_id, []).append(StepTime(*step))
    found = []
    for cycle_id, business_date, state, started_at, closed_at, seconds, text in rows:
        figures = json.loads(text)
        found.append(
            CycleFacts(
                business_date, state, started_at, closed_at,
                CycleFigures(
                    business_date, figures.get("accounts_evaluated", 0), figures.get("stages_entered", {}),
                    figures.get("actions", {}), figures.get("messages", {}), figures.get("held", 0), seconds,
                    tuple(steps.get(cycle_id, ())),
                ),
            )
        )  # fmt: skip
    return found
