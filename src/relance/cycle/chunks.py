"""The chunks that make a step safe to interrupt: contiguous ranges of accounts, each worked in one transaction.

A chunk whose work fails or takes too long is halved until the account that is to blame stands alone; that one is
recorded as a failure and tried once more at the end of the step. Trouble of the machine stops the step instead.
"""

import contextlib
import datetime as dt
import gc
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from relance.cycle.failures import is_of_the_machine, is_unlucky, mark_solved, open_failures, record_failures
from relance.cycle.locks import helping
from relance.cycle.night import Night

LARGEST_CHUNK, SMALLEST_CHUNK = 5_000, 500
CHUNKS_PER_WORKER = 8
"""So many that no worker waits long for the last chunk of another; measured, fewer accounts each cost little more."""
CHUNKS_WORTH_A_WORKER = 3
ATTEMPTS_PER_CHUNK = 5
ATTEMPTS_PER_ACCOUNT = 2
FAILURES_TO_DOUBT = 100
"""When more accounts than these fail, and more than are worked, the fault is not the accounts'."""

ChunkWork = Callable[[Sequence[int], dt.date], dict[str, Any]]


class TooSlow(Exception):
    """The work of a chunk went past its time."""


@dataclass(slots=True)
class _Labour:
    """One process working the chunks of one step. `failing` are accounts with a failure of an earlier night."""

    night: Night
    step_id: int
    step: str
    work: ChunkWork
    failing: set[int] = field(default_factory=set)
    lost_seconds: float = 0.0


def plan_chunks(night: Night, step_id: int, step: str, account_ids: Sequence[int]) -> None:
    """Cut these accounts, in id order, into chunks of the step, once: a step that has chunks keeps them.

    Accounts that failed in this step on an earlier night are worked too.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM cycle_chunk WHERE step_id = %s LIMIT 1", [step_id])
        if cursor.fetchone() is not None:
            return
        failing = open_failures(night.creditor_id, step)
        wanted = sorted(failing.union(account_ids)) if failing else account_ids
        if not wanted:
            return
        size = min(LARGEST_CHUNK, max(SMALLEST_CHUNK, len(wanted) // (CHUNKS_PER_WORKER * night.workers)))
        cursor.executemany(
            "INSERT INTO cycle_chunk (step_id, depth, accounts, state, attempts, figures) "
            "VALUES (%s, 0, %s, 'open', 0, '{}')",
            [(step_id, list(wanted[cut : cut + size])) for cut in range(0, len(wanted), size)],
        )


def work_chunks(night: Night, step_id: int, step: str, work: ChunkWork) -> None:
    """Work off the open chunks of a step, each in one transaction that also marks it done.

    With more workers and enough chunks, forked processes help; whoever is free claims the next chunk. A kill loses at
    most the chunks being worked, which are then still open. Raises what stopped the work, and RuntimeError when a
    helper was stopped.
    """
    labour = _Labour(night, step_id, step, work, open_failures(night.creditor_id, step))
    _reopen_failed(step_id, of_this_run=False)
    left = _open_chunks(step_id)
    night.watch(step, 0, left)
    with _helpers(labour, left) as helpers:
        done = 0
        while _work_one(labour):
            done += 1
            night.watch(step, max(0, left - _open_chunks(step_id)) if helpers else min(done, left), left)
    if _reopen_failed(step_id, of_this_run=True):
        while _work_one(labour):
            pass
    _stop_when_most_failed(step_id, step)
    if _open_chunks(step_id):
        raise RuntimeError(f"step {step} has chunks left open although every worker has ended")


@contextlib.contextmanager
def _helpers(labour: _Labour, chunk_count: int) -> Iterator[list[Any]]:
    """Forked processes that work chunks beside the body, and are waited for at its end."""
    helpers: list[Any] = []
    if chunk_count >= CHUNKS_WORTH_A_WORKER:
        context = multiprocessing.get_context("fork")
        for _ in range(min(labour.night.workers, chunk_count) - 1):
            helper = context.Process(target=_help, args=(labour, os.getpid()), daemon=True)
            helper.start()
            helpers.append(helper)
    try:
        yield helpers
    except BaseException:
        for helper in helpers:
            helper.terminate()
        raise
    finally:
        for helper in helpers:
            helper.join()
    for helper in helpers:
        if helper.exitcode:
            raise RuntimeError(
                f"a worker of step {labour.step} ended with exit code {helper.exitcode}; see its message above"
            )


def _help(labour: _Labour, parent_id: int) -> None:
    """Body of a forked helper: claim chunks until none is left or the parent is gone."""
    _forget_connection()
    with helping(labour.night.creditor_id):
        while os.getppid() == parent_id and _work_one(labour):
            pass
    connection.close()


def _forget_connection() -> None:
    """Let go of the parent's session without ending it: it is the parent's alone, and its locks die with the parent."""
    inherited, connection.connection = connection.connection, None
    if inherited is not None and not inherited.closed:
        os.close(inherited.fileno())


def _work_one(labour: _Labour) -> bool:
    """Work one chunk; again when others' locks got in its way, which a bounded number of times is bad luck only."""
    for attempt in range(ATTEMPTS_PER_CHUNK):
        try:
            return _claim_and_work(labour, is_last=attempt == ATTEMPTS_PER_CHUNK - 1)
        except _Unlucky:
            continue
    raise AssertionError("the last attempt does not raise it")


class _Unlucky(Exception):
    """The chunk's transaction is taken back, to be begun again."""


def _claim_and_work(labour: _Labour, is_last: bool) -> bool:
    """Claim the next chunk and work it, or set its trouble apart; whether there was one."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, depth, attempts, accounts FROM cycle_chunk WHERE step_id = %s AND state = 'open' "
            "ORDER BY depth, id LIMIT 1 FOR UPDATE SKIP LOCKED",
            [labour.step_id],
        )
        row = cursor.fetchone()
        if row is None:
            return False
        chunk_id, depth, attempts, accounts = row
        started = time.monotonic()
        try:
            figures = work_within_time(labour.work, accounts, labour.night.business_date)
        except Exception as error:
            if is_of_the_machine(error):
                raise
            if is_unlucky(error) and not is_last:
                raise _Unlucky from error
            labour.lost_seconds += time.monotonic() - started
            _set_apart(labour, chunk_id, depth, attempts, accounts, error)
            return True
        cursor.execute(
            "UPDATE cycle_chunk SET state = 'done', done_at = clock_timestamp(), figures = %s WHERE id = %s",
            [json.dumps(figures), chunk_id],
        )
        if attempts or not labour.failing.isdisjoint(accounts):
            mark_solved(labour.step, accounts)
    return True


def work_within_time(work: ChunkWork, accounts: Sequence[int], business_date: dt.date) -> dict[str, Any]:
    """Work some accounts in a savepoint, with a limit on every statement and on the whole.

    The whole is looked at before each statement, so it is exceeded by one statement at most. Raises TooSlow or what the
    work raises, with everything that it wrote taken back.
    """
    share = settings.CYCLE_CHUNK_SECONDS * len(accounts) / LARGEST_CHUNK
    seconds = max(settings.CYCLE_ACCOUNT_SECONDS, share)
    deadline = time.monotonic() + seconds

    def in_time(execute: Callable[..., Any], statement: Any, *arguments: Any) -> Any:
        if time.monotonic() > deadline and not str(statement).startswith(("ROLLBACK", "RELEASE")):
            raise TooSlow(f"the work took longer than {seconds:g} seconds")
        return execute(statement, *arguments)

    with transaction.atomic(), _no_collection():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{int(seconds * 1000)}ms"])
        with connection.execute_wrapper(in_time):
            figures = work(accounts, business_date)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    return figures


def _set_apart(
    labour: _Labour, chunk_id: int, depth: int, attempts: int, accounts: Sequence[int], error: Exception
) -> None:
    """Put a failed chunk's halves in its place; a single account is recorded as a failure.

    The hunt for those to blame has its time too. When that is over, what is left is recorded without being split, or
    the step stops, when not one chunk of it has succeeded: then no account is to blame.
    """
    over_time = labour.lost_seconds > settings.CYCLE_HUNT_SECONDS
    with connection.cursor() as cursor:
        if len(accounts) > 1 and not over_time:
            middle = len(accounts) // 2
            cursor.execute("DELETE FROM cycle_chunk WHERE id = %s", [chunk_id])
            cursor.executemany(
                "INSERT INTO cycle_chunk (step_id, depth, accounts, state, attempts, figures) "
                "VALUES (%s, %s, %s, 'open', %s, '{}')",
                [(labour.step_id, depth + 1, list(half), attempts) for half in (accounts[:middle], accounts[middle:])],
            )
            return
        if over_time and not _has_success(labour.step_id):
            raise error
        cursor.execute(
            "UPDATE cycle_chunk SET state = 'failed', attempts = attempts + 1 WHERE id = %s",
            [chunk_id],
        )
    record_failures(labour.night.cycle_id, labour.step, accounts, error)


def _has_success(step_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM cycle_chunk WHERE step_id = %s AND state = 'done')", [step_id])
        found: bool = cursor.fetchone()[0]
    return found


def _reopen_failed(step_id: int, of_this_run: bool) -> int:
    """Have what failed tried once more, now that all the others are through; how many chunks.

    With `of_this_run` false, when a step that was stopped goes on, whatever failed is tried as often as at first.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cycle_chunk SET state = 'open', attempts = CASE WHEN %s THEN attempts ELSE 0 END "
            "WHERE step_id = %s AND state = 'failed' AND (attempts < %s OR NOT %s)",
            [of_this_run, step_id, ATTEMPTS_PER_ACCOUNT, of_this_run],
        )
        count: int = cursor.rowcount
    return count


def _stop_when_most_failed(step_id: int, step: str) -> None:
    """Raise RuntimeError when so much failed that something common to all must be wrong: such a night must not close."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(cardinality(accounts)) FILTER (WHERE state = 'failed'), 0), "
            "coalesce(sum(cardinality(accounts)) FILTER (WHERE state = 'done'), 0) FROM cycle_chunk WHERE step_id = %s",
            [step_id],
        )
        failed, worked = cursor.fetchone()
    if failed > FAILURES_TO_DOUBT and failed > worked:
        raise RuntimeError(
            f"{failed} accounts failed in step {step} and only {worked} were worked; their errors are on the night's page"
        )


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector out of a chunk: its objects live to its end and form no cycles to be found."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _open_chunks(step_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cycle_chunk WHERE step_id = %s AND state = 'open'", [step_id])
        count: int = cursor.fetchone()[0]
    return count
