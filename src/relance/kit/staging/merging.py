"""Good rows merged into a table that may hold some of them already: new ones inserted, changed ones updated."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from django.db import IntegrityError, ProgrammingError, connection, transaction

from relance.kit.staging.first_load import indexes_built_afterwards
from relance.kit.staging.reading import Reading

_FEW_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Target:
    """A column of the table, the typed value written to it, and the file's column that the value comes from."""

    column: str
    value: str
    source: str

    @classmethod
    def of(cls, name: str) -> "Target":
        """A column called the same everywhere."""
        return cls(name, name, name)


class _RepeatedKeyError(Exception):
    """A key stands twice in the file, unnoticed by the database: only one of its rows differs from what is stored."""


def upsert(
    reading: Reading, table: str, targets: Sequence[Target], key: Sequence[str], also_changed: str = "FALSE"
) -> list[int]:
    """Merge the batch's good rows by `key` (columns of the table, unique), count what happened; ids of updated rows.

    A column that the file lacks keeps its stored value, and gets its default in a new row. `also_changed` is SQL over
    the good row `g` that makes a stored row count as changed for reasons outside its own columns. Meant to run under
    `lock_against_other_imports`.
    """
    batch = reading.batch
    try:
        with transaction.atomic(), indexes_built_afterwards([table], batch.staged_count):
            good, created, updated = _merge(reading, table, targets, key, also_changed)
            if updated and reading.has_repeats():
                raise _RepeatedKeyError
        if good < batch.staged_count:
            reading.reject_bad()
    except (_RepeatedKeyError, IntegrityError, ProgrammingError) as error:
        if not is_repeated_key(error):
            raise
        # A key stands twice in the file: keep its first row, then merge what is left.
        reading.reject_bad()
        reading.fold_repeats()
        good, created, updated = _merge(reading, table, targets, key, also_changed)
    batch.created_count += created
    batch.updated_count += len(updated)
    batch.unchanged_count += good - created - len(updated)
    return updated


def is_repeated_key(error: Exception) -> bool:
    """Whether a merge stopped because one key came twice."""
    return isinstance(error, _RepeatedKeyError) or isinstance(
        error.__cause__, psycopg.errors.UniqueViolation | psycopg.errors.CardinalityViolation
    )


def _merge(
    reading: Reading, table: str, targets: Sequence[Target], key: Sequence[str], also_changed: str
) -> tuple[int, int, list[int]]:
    own = ", ".join(target.column for target in targets)
    given = ", ".join(f"g.{target.value}" for target in targets)
    same_key = " AND ".join(f"m.{target.column} = g.{target.value}" for target in targets if target.column in key)
    settable = [t for t in targets if t.column not in key and t.source in reading.batch.columns]
    changed = " OR ".join(
        [*(f"m.{target.column} IS DISTINCT FROM g.{target.value}" for target in settable), also_changed]
    )
    update = ", ".join(f"{target.column} = g.{target.value}" for target in settable)
    when_changed = f"WHEN MATCHED AND ({changed}) THEN UPDATE SET {update} " if settable else ""
    with connection.cursor() as cursor:
        if reading.batch.staged_count > _FEW_ROWS:
            # The table grows while it is merged into, which the planner cannot know: were it thought empty, every row
            # would be looked up by reading all those written before it.
            cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(
            f"WITH good AS MATERIALIZED (SELECT * FROM {reading.good()} AS g), "  # noqa: S608
            f"merged AS (MERGE INTO {table} AS m USING good AS g ON {same_key} {when_changed}"
            f"WHEN NOT MATCHED THEN INSERT ({own}) VALUES ({given}) RETURNING merge_action() AS action, m.id) "
            "SELECT (SELECT count(*) FROM good), count(*) FILTER (WHERE action = 'INSERT'), "
            "array_agg(id) FILTER (WHERE action = 'UPDATE') FROM merged"
        )
        good, created, updated = cursor.fetchone()
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
    return good, created, updated or []
