"""One business date being worked: what a step may use, and the chunks that make a step safe to interrupt."""

import datetime as dt
import gc
import json
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg import errors

ACCOUNTS_PER_CHUNK = 5_000
CHUNKS_WORTH_A_WORKER = 3
ATTEMPTS_PER_CHUNK = 5

ChunkWork = Callable[[Sequence[int], dt.date], dict[str, Any]]
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Night:
    """The cycle of one business date. `progress(step, done, total)` is told about long work."""

    cycle_id: int
    business_date: dt.date
    workers: int
    progress: Progress
    broken_laws: list[str] = field(default_factory=list)


def plan_chunks(step_id: int, account_ids: Sequence[int]) -> None:
    """Cut these accounts into chunks of the step, once: a step that has chunks keeps them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM cycle_chunk WHERE step_id = %s LIMIT 1", [step_id])
        if cursor.fetchone() is None and account_ids:
            cuts = range(0, len(account_ids), ACCOUNTS_PER_CHUNK)
            cursor.executemany(
                "INSERT INTO cycle_chunk (step_id, number, accounts, state, figures) VALUES (%s, %s, %s, 'open', '{}')",
                [
                    (step_id, number, list(account_ids[cut : cut + ACCOUNTS_PER_CHUNK]))
                    for number, cut in enumerate(cuts)
                ],
            )


def work_chunks(night: Night, step_id: int, step: str, work: ChunkWork) -> None:
    """Work off the open chunks of a step, each in one transaction that also marks it done.

    With more workers and enough chunks, forked processes help; whoever is free claims the next chunk. A kill loses at
    most the chunks being worked, which are then still open. Raises RuntimeError when a helper failed.
    """
    left = _open_chunks(step_id)
    helpers = []
    if left >= CHUNKS_WORTH_A_WORKER:
        context = multiprocessing.get_context("fork")
        for _ in range(min(night.workers, left) - 1):
            helper = context.Process(target=_help, args=(night.business_date, step_id, work), daemon=True)
            helper.start()
            helpers.append(helper)
    total = left
    night.progress(step, 0, total)
    while _work_one(night.business_date, step_id, work):
        if helpers:
            night.progress(step, total - _open_chunks(step_id), total)
        else:
            left -= 1
            night.progress(step, total - left, total)
    for helper in helpers:
        helper.join()
        if helper.exitcode:
            raise RuntimeError(f"a worker of step {step} ended with exit code {helper.exitcode}; see its message above")
    if _open_chunks(step_id):
        raise RuntimeError(f"step {step} has chunks left open although every worker has ended")


def _help(business_date: dt.date, step_id: int, work: ChunkWork) -> None:
    """Body of a forked helper: forget the parent's connection (it must not be closed here), then claim chunks."""
    connection.connection = None
    while _work_one(business_date, step_id, work):
        pass
    connection.close()


def _work_one(business_date: dt.date, step_id: int, work: ChunkWork) -> bool:
    """Work one chunk; again when others' locks got in its way, which a bounded number of times is bad luck only."""
    for attempt in range(ATTEMPTS_PER_CHUNK):
        try:
            return _claim_and_work(business_date, step_id, work)
        except OperationalError as error:
            unlucky = isinstance(error.__cause__, errors.DeadlockDetected | errors.SerializationFailure)
            if not unlucky or attempt == ATTEMPTS_PER_CHUNK - 1:
                raise
    raise AssertionError("the loop returns or raises")


def _claim_and_work(business_date: dt.date, step_id: int, work: ChunkWork) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, accounts FROM cycle_chunk WHERE step_id = %s AND state = 'open' ORDER BY number LIMIT 1 "
            "FOR UPDATE SKIP LOCKED",
            [step_id],
        )
        row = cursor.fetchone()
        if row is None:
            return False
        with _no_collection():
            figures = work(row[1], business_date)
        cursor.execute(
            "UPDATE cycle_chunk SET state = 'done', figures = %s WHERE id = %s", [json.dumps(figures), row[0]]
        )
    return True


@contextmanager
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
