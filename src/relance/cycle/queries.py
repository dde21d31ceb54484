"""Reads of the cycle's journal, of its failures, and of when each creditor's night runs."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from relance.customers.facts import CreditorFacts
from relance.customers.queries import creditors, has_accounts
from relance.cycle.facts import (
    NIGHTLY_AT,
    BrokenLaw,
    CycleFacts,
    CycleFigures,
    FailureFacts,
    ScheduleFacts,
    StepProgress,
    StepTime,
)
from relance.cycle.locks import running_creditors

_COLUMNS = (
    "c.id, c.business_date, c.creditor_id, c.state, c.started_at, c.closed_at, c.seconds, c.figures::text, "
    "c.broken_laws::text"
)
FAILURES_SHOWN = 200


def working_creditors() -> list[CreditorFacts]:
    """The creditors that have a night: those with accounts; the first one while there are no accounts at all."""
    known = creditors()
    if len(known) < 2:
        return known
    return [creditor for creditor in known if has_accounts(creditor.id)] or known[:1]


def cycle(business_date: dt.date, creditor_id: int) -> CycleFacts | None:
    """The journal of one creditor's business date, or None."""
    return next(iter(_cycles("c.business_date = %s AND c.creditor_id = %s", [business_date, creditor_id], 1)), None)


def cycles_of(business_date: dt.date) -> list[CycleFacts]:
    """The nights of one business date, by creditor."""
    return _cycles("c.business_date = %s", [business_date], 1000)


def cycles(
    limit: int = 60, before: tuple[dt.date, int] | None = None, creditor_id: int | None = None
) -> list[CycleFacts]:
    """Nights by business date, newest first, those of one date by creditor.

    With `before` (date, creditor) only those that follow it in this order; with a creditor only its own.
    """
    day, after_creditor = before or (dt.date.max, 0)
    where = "(c.business_date < %s OR (c.business_date = %s AND c.creditor_id > %s))"
    values: list[Any] = [day, day, after_creditor]
    if creditor_id is not None:
        where += " AND c.creditor_id = %s"
        values.append(creditor_id)
    return _cycles(where, values, limit)


def last_closed(creditor_id: int | None = None) -> dt.date | None:
    """The newest business date that is closed, of a creditor or of any."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(business_date) FROM cycle_cycle WHERE state = 'closed' "
            "AND creditor_id = coalesce(%s, creditor_id)",
            [creditor_id],
        )
        day: dt.date | None = cursor.fetchone()[0]
    return day


def unfinished(creditor_id: int) -> dt.date | None:
    """A creditor's oldest business date that was begun and not closed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(business_date) FROM cycle_cycle WHERE state <> 'closed' AND creditor_id = %s", [creditor_id]
        )
        day: dt.date | None = cursor.fetchone()[0]
    return day


def at_work() -> set[int]:
    """The creditors of which some process works a night now; a cycle that says `running` may have been killed."""
    return running_creditors()


def step_progress(cycle_id: int) -> StepProgress | None:
    """How far the step has come that is being worked in chunks; None between such steps."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.name, count(*) FILTER (WHERE c.state <> 'open'), count(*),
                   coalesce(sum(cardinality(c.accounts)) FILTER (WHERE c.state <> 'open'), 0),
                   coalesce(sum(cardinality(c.accounts)), 0),
                   coalesce(sum(cardinality(c.accounts)) FILTER (WHERE c.done_at >= s.started_at)
                            / greatest(extract(epoch FROM clock_timestamp() - s.started_at), 0.001), 0)::bigint
            FROM cycle_step s JOIN cycle_chunk c ON c.step_id = s.id
            WHERE s.cycle_id = %s AND s.state IN ('running', 'failed') GROUP BY s.id ORDER BY s.position LIMIT 1""",
            [cycle_id],
        )
        row = cursor.fetchone()
    return StepProgress(*row) if row else None


def failures(cycle_id: int) -> list[FailureFacts]:
    """The failures of a night, unsolved ones first, at most `FAILURES_SHOWN`."""
    return _failures("f.cycle_id = %s", [cycle_id])


def failure(failure_id: int) -> tuple[FailureFacts, CycleFacts] | None:
    """One failure with its night, or None."""
    found = next(iter(_failures("f.id = %s", [failure_id])), None)
    if found is None:
        return None
    night = _cycles("c.id = (SELECT cycle_id FROM cycle_failure WHERE id = %s)", [failure_id], 1)[0]
    return found, night


def schedules() -> list[ScheduleFacts]:
    """When each creditor's night runs by itself, by creditor code."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT creditor_id, at, active FROM cycle_schedule")
        chosen = {row[0]: row[1:] for row in cursor.fetchall()}
    return [ScheduleFacts(creditor, *chosen.get(creditor.id, (NIGHTLY_AT, True))) for creditor in creditors()]


def _failures(where: str, values: Sequence[Any]) -> list[FailureFacts]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.id, f.step, f.account_id, f.error, f.attempts, f.state, f.first_at, f.last_at "  # noqa: S608
            f"FROM cycle_failure f WHERE {where} ORDER BY f.state, f.id LIMIT {FAILURES_SHOWN}",
            values,
        )
        return [FailureFacts(*row) for row in cursor.fetchall()]


def _cycles(where: str, values: list[Any], limit: int) -> list[CycleFacts]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM cycle_cycle c WHERE {where} "  # noqa: S608
            "ORDER BY c.business_date DESC, c.creditor_id LIMIT %s",
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
    by_id = {creditor.id: creditor for creditor in creditors()} if rows else {}
    found = []
    for cycle_id, business_date, creditor_id, state, started_at, closed_at, seconds, text, broken in rows:
        figures = json.loads(text)
        found.append(
            CycleFacts(
                cycle_id, business_date, by_id[creditor_id], state, started_at, closed_at,
                CycleFigures(
                    business_date, figures.get("accounts_evaluated", 0), figures.get("stages_entered", {}),
                    figures.get("actions", {}), figures.get("messages", {}), figures.get("held", 0), seconds,
                    tuple(steps.get(cycle_id, ())), state, figures.get("failures", 0),
                    tuple(BrokenLaw(**law) for law in json.loads(broken)),
                ),
            )
        )  # fmt: skip
    return found
