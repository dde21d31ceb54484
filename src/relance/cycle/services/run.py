"""Runs the daily cycle of a business date, creditor by creditor, restartable at any point, each night once."""

import contextlib
import datetime as dt
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db import DatabaseError, InterfaceError, connection, transaction

from relance.customers.facts import CreditorFacts
from relance.customers.queries import creditor as creditor_by_id
from relance.cycle.chunks import LARGEST_CHUNK
from relance.cycle.facts import CycleFigures, StepTime, add_up
from relance.cycle.locks import only_cycle
from relance.cycle.night import Night, Verdict, Watcher
from relance.cycle.queries import cycle as recorded_cycle
from relance.cycle.queries import last_closed, unfinished, working_creditors
from relance.dunning.queries import due_for_decision
from relance.dunning.services import ChunkFigures, decide_accounts
from relance.kit.clock import today
from relance.kit.refusal import Refusal
from relance.kit.shelf import shelf

FURTHEST_AHEAD = dt.timedelta(days=366)
"""How far ahead of the clock a date may be worked: a rehearsal may look ahead, a mistyped century may not."""
ORDER = ("limitation", "decide", "perform", "deliver", "rank", "verify", "seal", "close")
_BEFORE_VERDICT = ORDER[: ORDER.index("verify")]


def _silent(step: str, done: int, total: int) -> None:
    """The watcher of callers that do not watch."""


def run(
    business_date: dt.date,
    workers: int = 1,
    dry_run: bool = False,
    progress: Watcher = _silent,
    creditor_id: int | None = None,
) -> CycleFigures:
    """Work one business date of one creditor, or of all that have accounts, and return the figures, added up.

    A night that is closed is not worked again: its recorded figures come back. One that was interrupted, or is held
    open by a broken law, goes on where it stopped; an earlier one left unfinished is finished first. With several
    creditors, one that cannot be worked is left out and named in `left_out`. Raises Refusal when none can be worked:
    for a date before the last closed one that was never worked, while another cycle of the creditor is running, and
    while an earlier night is held open. With `dry_run` nothing is written.
    """
    if business_date > today() + FURTHEST_AHEAD:
        raise Refusal(f"{business_date} lies more than a year ahead; a closed date can never be gone back behind")
    wanted = [creditor_by_id(creditor_id)] if creditor_id is not None else working_creditors()
    if dry_run:
        return add_up(business_date, [_dry_run(business_date, creditor.id) for creditor in wanted])
    refusals: list[Refusal] = []
    done: list[CycleFigures] = []
    verdict = Verdict()
    with contextlib.ExitStack() as locks:
        nights: list[Night] = []
        for creditor in wanted:
            try:
                locks.enter_context(only_cycle(creditor.id, creditor.code))
                closed = _prepared(creditor, business_date, workers, progress)
            except Refusal as refusal:
                refusals.append(refusal)
                continue
            if closed is not None:
                done.append(closed)
                continue
            night = Night(_open(business_date, creditor.id), creditor.id, business_date, workers, progress, verdict)
            _work(night, _BEFORE_VERDICT)
            nights.append(night)
        for night in nights:
            _work(night, ORDER)
            done.append(_recorded(night))
    if refusals and not done:
        raise refusals[0]
    return add_up(business_date, done, [str(refusal) for refusal in refusals])


def _prepared(creditor: CreditorFacts, business_date: dt.date, workers: int, progress: Watcher) -> CycleFigures | None:
    """The figures of a night that is closed already; else None, with what lies before it finished. Raises Refusal."""
    known = recorded_cycle(business_date, creditor.id)
    if known is not None and known.state == "closed":
        return known.figures
    closed = last_closed(creditor.id)
    if closed is not None and business_date < closed:
        raise Refusal(
            f"{business_date} was never worked and lies before {closed}, the last closed business date of creditor "
            f"{creditor.code}; missed days are caught up by the next one, history is not replayed"
        )
    left_over = unfinished(creditor.id)
    if left_over is not None and left_over < business_date:
        night = Night(_open(left_over, creditor.id), creditor.id, left_over, workers, progress, Verdict())
        _work(night, ORDER)
        if night.broken_laws:
            raise Refusal(
                f"{left_over} of creditor {creditor.code} is held open by broken laws "
                f"({'; '.join(map(str, night.broken_laws))}); mend them, then run the cycle again"
            )
    return None


def _work(night: Night, names: Sequence[str]) -> None:
    """Work those of these steps that are not done, in order; a broken law ends it there, with the night held open."""
    steps = shelf("relance.cycle.steps", "STEP")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, id, state FROM cycle_step WHERE cycle_id = %s ORDER BY position", [night.cycle_id])
        journal = [row for row in cursor.fetchall() if row[0] in names and row[2] != "done"]
    for name, step_id, _state in journal:
        _begin(step_id)
        started = time.perf_counter()
        try:
            steps[name](night, step_id)
        except BaseException as error:
            _record_stop(night, step_id, time.perf_counter() - started, error)
            raise
        seconds = time.perf_counter() - started
        if night.broken_laws:
            _hold_open(night, step_id, seconds)
            return
        if name != ORDER[-1]:
            _end(step_id, "done", seconds)
        else:
            _close(night, step_id, seconds)


@transaction.atomic
def _open(business_date: dt.date, creditor_id: int) -> int:
    """The journal row of this night with its steps, made once; running from now on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cycle_cycle (business_date, creditor_id, state, started_at, seconds, figures) "
            "VALUES (%s, %s, 'running', now(), 0, '{}') ON CONFLICT (business_date, creditor_id) "
            "DO UPDATE SET state = 'running', broken_laws = '[]' RETURNING id",
            [business_date, creditor_id],
        )
        cycle_id: int = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO cycle_step (cycle_id, position, name, state, seconds, error) "
            "SELECT %s, o, n, 'open', 0, '' FROM unnest(%s::text[]) WITH ORDINALITY AS t(n, o) ON CONFLICT DO NOTHING",
            [cycle_id, list(ORDER)],
        )
    return cycle_id


def _begin(step_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cycle_step SET state = 'running', started_at = clock_timestamp(), error = '' WHERE id = %s",
            [step_id],
        )


def _end(step_id: int, state: str, seconds: float, error: str = "") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cycle_step SET state = %s, seconds = seconds + %s, error = %s WHERE id = %s",
            [state, seconds, error[:2000].replace("\0", ""), step_id],
        )


def _record_stop(night: Night, step_id: int, seconds: float, error: BaseException) -> None:
    """Write down what stopped the night, if the database still hears us; it must not hide the error itself."""
    with contextlib.suppress(DatabaseError, InterfaceError), transaction.atomic(), connection.cursor() as cursor:
        _end(step_id, "failed", seconds, f"{type(error).__name__}: {error}")
        cursor.execute("UPDATE cycle_cycle SET state = 'failed' WHERE id = %s", [night.cycle_id])


@transaction.atomic
def _hold_open(night: Night, step_id: int, seconds: float) -> None:
    _end(step_id, "failed", seconds, "; ".join(map(str, night.broken_laws)))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cycle_cycle SET state = 'held_open', figures = %s, broken_laws = %s, "
            "seconds = (SELECT sum(seconds) FROM cycle_step WHERE cycle_id = %s) WHERE id = %s",
            [
                json.dumps(_add_up(night.cycle_id)),
                json.dumps([asdict(broken) for broken in night.broken_laws]),
                night.cycle_id,
                night.cycle_id,
            ],
        )


@transaction.atomic
def _close(night: Night, step_id: int, seconds: float) -> None:
    """Mark the last step and the cycle done, with the figures that its chunks add up to."""
    _end(step_id, "done", seconds)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cycle_cycle SET state = 'closed', closed_at = now(), figures = %s, "
            "seconds = (SELECT sum(seconds) FROM cycle_step WHERE cycle_id = %s) WHERE id = %s",
            [json.dumps(_add_up(night.cycle_id)), night.cycle_id, night.cycle_id],
        )
        cursor.execute(
            "DELETE FROM cycle_chunk WHERE step_id IN (SELECT id FROM cycle_step WHERE cycle_id = %s)", [night.cycle_id]
        )


def _recorded(night: Night) -> CycleFigures:
    found = recorded_cycle(night.business_date, night.creditor_id)
    if found is None:
        raise AssertionError("a cycle that was worked is in the journal")
    return found.figures


def _add_up(cycle_id: int) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.figures::text FROM cycle_chunk c JOIN cycle_step s ON s.id = c.step_id WHERE s.cycle_id = %s",
            [cycle_id],
        )
        chunks = [json.loads(row[0]) for row in cursor.fetchall()]
        cursor.execute(
            "SELECT count(DISTINCT account_id) FROM cycle_failure WHERE cycle_id = %s AND state = 'open'", [cycle_id]
        )
        total: dict[str, Any] = {"accounts_evaluated": 0, "held": 0, "failures": cursor.fetchone()[0]}
    for counted in ("stages_entered", "actions", "messages", "refused"):
        total[counted] = dict(sum((Counter(chunk.get(counted, {})) for chunk in chunks), Counter()))
    for chunk in chunks:
        total["accounts_evaluated"] += chunk.get("accounts_evaluated", 0)
        total["held"] += chunk.get("held", 0)
    return total


def _dry_run(business_date: dt.date, creditor_id: int) -> CycleFigures:
    """What the date would do, decided over the real portfolio and written nowhere."""
    started = time.perf_counter()
    due = due_for_decision(business_date, creditor_id)
    total = ChunkFigures()
    for cut in range(0, len(due), LARGEST_CHUNK):
        figures = decide_accounts(due[cut : cut + LARGEST_CHUNK], business_date, dry_run=True)
        total.accounts_evaluated += figures.accounts_evaluated
        total.stages_entered += figures.stages_entered
        total.actions += figures.actions
    seconds = time.perf_counter() - started
    return CycleFigures(
        business_date, total.accounts_evaluated, dict(total.stages_entered), dict(total.actions), {}, total.held,
        seconds, (StepTime("decide", seconds),),
    )  # fmt: skip
