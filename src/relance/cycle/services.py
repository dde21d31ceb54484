"""Runs the daily cycle of a business date, restartable at any point, each date once."""

import datetime as dt
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from relance.cycle.facts import CycleFigures, StepTime
from relance.cycle.night import ACCOUNTS_PER_CHUNK, Night, Progress
from relance.cycle.queries import cycle as recorded_cycle
from relance.cycle.queries import last_closed, unfinished
from relance.dunning.queries import due_for_decision
from relance.dunning.services import ChunkFigures, decide_accounts
from relance.kit.clock import today
from relance.kit.refusal import Refusal
from relance.kit.shelf import shelf

FURTHEST_AHEAD = dt.timedelta(days=366)
"""How far ahead of the clock a date may be worked: a rehearsal may look ahead, a mistyped century may not."""
ORDER = ("limitation", "decide", "perform", "deliver", "verify", "seal", "close")
_LOCK = "SELECT {}(hashtext('relance.cycle'))"


def _silent(step: str, done: int, total: int) -> None:
    """The progress of callers that do not watch."""


def run(business_date: dt.date, workers: int = 1, dry_run: bool = False, progress: Progress = _silent) -> CycleFigures:
    """Work one business date through every step and return its figures.

    A date that is closed is not worked again: its recorded figures come back. A date that was interrupted goes on
    where it stopped; an earlier one left unfinished is finished first. Raises Refusal for a date before the last
    closed one that was never worked, and while another cycle is running. With `dry_run` nothing is written.
    """
    if business_date > today() + FURTHEST_AHEAD:
        raise Refusal(f"{business_date} lies more than a year ahead; a closed date can never be gone back behind")
    if dry_run:
        return _dry_run(business_date)
    with _only_cycle():
        known = recorded_cycle(business_date)
        if known is not None and known.state == "closed":
            return known.figures
        closed = last_closed()
        if closed is not None and business_date < closed:
            raise Refusal(
                f"{business_date} was never worked and lies before {closed}, the last closed business date; "
                "missed days are caught up by the next one, history is not replayed"
            )
        left_over = unfinished()
        if left_over is not None and left_over < business_date:
            _work(left_over, workers, progress)
        return _work(business_date, workers, progress)


@contextmanager
def _only_cycle() -> Iterator[None]:
    """Hold the cycle's lock; the server frees it when this process dies."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK.format("pg_try_advisory_lock"))
        if not cursor.fetchone()[0]:
            raise Refusal("another cycle is running; wait for it to end, or see its page in the desk")
        try:
            yield
        finally:
            cursor.execute(_LOCK.format("pg_advisory_unlock"))


def _work(business_date: dt.date, workers: int, progress: Progress) -> CycleFigures:
    cycle_id = _open(business_date)
    night = Night(cycle_id, business_date, workers, progress)
    steps = shelf("relance.cycle.steps", "STEP")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, id, state FROM cycle_step WHERE cycle_id = %s ORDER BY position", [cycle_id])
        journal = cursor.fetchall()
    for name, step_id, state in journal:
        if state == "done":
            continue
        started = time.perf_counter()
        try:
            steps[name](night, step_id)
        except Exception as error:
            _record(step_id, "failed", time.perf_counter() - started, f"{type(error).__name__}: {error}")
            raise
        if name != ORDER[-1]:
            _record(
                step_id, "done", time.perf_counter() - started, "; ".join(night.broken_laws) if name == "verify" else ""
            )
        else:
            _close(night, step_id, time.perf_counter() - started)
    closed = recorded_cycle(business_date)
    if closed is None:
        raise AssertionError("a cycle that was worked is in the journal")
    return closed.figures


@transaction.atomic
def _open(business_date: dt.date) -> int:
    """The journal row of this date with its steps, made once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cycle_cycle (business_date, state, started_at, seconds, figures) "
            "VALUES (%s, 'running', now(), 0, '{}') ON CONFLICT (business_date) DO NOTHING",
            [business_date],
        )
        cursor.execute("SELECT id FROM cycle_cycle WHERE business_date = %s", [business_date])
        cycle_id: int = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO cycle_step (cycle_id, position, name, state, seconds, error) "
            "SELECT %s, o, n, 'open', 0, '' FROM unnest(%s::text[]) WITH ORDINALITY AS t(n, o) ON CONFLICT DO NOTHING",
            [cycle_id, list(ORDER)],
        )
    return cycle_id


def _record(step_id: int, state: str, seconds: float, error: str = "") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cycle_step SET state = %s, seconds = seconds + %s, error = %s WHERE id = %s",
            [state, seconds, error[:2000], step_id],
        )


@transaction.atomic
def _close(night: Night, step_id: int, seconds: float) -> None:
    """Mark the last step and the cycle done, with the figures that its chunks add up to."""
    _record(step_id, "done", seconds)
    figures = _add_up(night.cycle_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cycle_cycle SET state = 'closed', closed_at = now(), figures = %s, "
            "seconds = (SELECT sum(seconds) FROM cycle_step WHERE cycle_id = %s) WHERE id = %s",
            [json.dumps(figures), night.cycle_id, night.cycle_id],
        )
        cursor.execute(
            "DELETE FROM cycle_chunk WHERE step_id IN (SELECT id FROM cycle_step WHERE cycle_id = %s)", [night.cycle_id]
        )


def _add_up(cycle_id: int) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.figures::text FROM cycle_chunk c JOIN cycle_step s ON s.id = c.step_id WHERE s.cycle_id = %s",
            [cycle_id],
        )
        chunks = [json.loads(row[0]) for row in cursor.fetchall()]
    total: dict[str, Any] = {"accounts_evaluated": 0, "held": 0}
    for counted in ("stages_entered", "actions", "messages", "refused"):
        total[counted] = dict(sum((Counter(chunk.get(counted, {})) for chunk in chunks), Counter()))
    for chunk in chunks:
        total["accounts_evaluated"] += chunk.get("accounts_evaluated", 0)
        total["held"] += chunk.get("held", 0)
    return total


def _dry_run(business_date: dt.date) -> CycleFigures:
    """What the date would do, decided over the real portfolio and written nowhere."""
    started = time.perf_counter()
    due = due_for_decision(business_date)
    total = ChunkFigures()
    for cut in range(0, len(due), ACCOUNTS_PER_CHUNK):
        figures = decide_accounts(due[cut : cut + ACCOUNTS_PER_CHUNK], business_date, dry_run=True)
        total.accounts_evaluated += figures.accounts_evaluated
        total.stages_entered += figures.stages_entered
        total.actions += figures.actions
    seconds = time.perf_counter() - started
    return CycleFigures(
        business_date, total.accounts_evaluated, dict(total.stages_entered), dict(total.actions), {}, total.held,
        seconds, (StepTime("decide", seconds),),
    )  # fmt: skip
