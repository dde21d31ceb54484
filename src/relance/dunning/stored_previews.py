"""Preview runs as they are stored, and the advisory locks that tell a run that is worked from one that was left."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection

from relance.dunning.models import PreviewRun
from relance.dunning.preview_facts import PreviewRunFacts, read

_LOCKS = 1_380_273_219
"""The first half of our advisory locks; the second is the run."""


def digest(content: Mapping[str, Any]) -> str:
    """The SHA-256 of a scenario's content; equal for equal content."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def facts(run: PreviewRun) -> PreviewRunFacts:
    """A stored run in facts; one that says it is running without anybody working it is `lost`."""
    state = run.state
    if state == "running" and not _is_worked(run.id):
        run.refresh_from_db()
        state = "lost" if run.state == "running" else run.state
    report = read(run.code, run.as_of, run.report, run.changes) if run.report is not None else None
    return PreviewRunFacts(
        run.id, run.code, run.digest, run.as_of, state, run.done_count, run.total_count, run.error, run.requested_by,
        run.requested_at, _waited_seconds(run.id), report,
    )  # fmt: skip


def _is_worked(run_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s "
            "AND objsubid = 2 AND granted AND database = (SELECT oid FROM pg_database WHERE datname = "
            "current_database()))",
            [_LOCKS, run_id],
        )
        return bool(cursor.fetchone()[0])


def _waited_seconds(run_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM clock_timestamp() - requested_at)::int FROM dunning_previewrun WHERE id = %s",
            [run_id],
        )
        return int(cursor.fetchone()[0])


@contextmanager
def working(run_id: int) -> Iterator[Any]:
    """Hold a run's lock on a connection beside the usual one, and hand out its cursor; None when another holds it.

    The preview itself reads in one long transaction; what is written here is seen at once.
    """
    beside = connection.copy()
    try:
        with beside.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCKS, run_id])
            yield cursor if cursor.fetchone()[0] else None
    finally:
        beside.close()
