"""A table's first large load: its indexes and unique constraints are built once after the rows, not grown row by row.

Only for tables that are empty, inside the caller's transaction: a failure brings everything back as it was. Growing
the indexes of a million fresh rows takes several times longer than building them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

MANY_ROWS = 20_000


@contextmanager
def indexes_built_afterwards(tables: Sequence[str], row_count: int) -> Iterator[bool]:
    """Within the block the tables have no index; yields whether that is so.

    It is not so for a small load, when a table holds rows, is referenced by another's foreign key, or is in use by
    someone else just now. A repeated key then shows at the end of the block, as IntegrityError.
    """
    if row_count < MANY_ROWS or not _reserve(tables):
        yield False
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
                   format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
                          pg_get_constraintdef(oid))
            FROM pg_constraint WHERE conrelid = ANY(%s::text[]::regclass[]) AND contype IN ('p', 'u')
            UNION ALL
            SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
            FROM pg_index i WHERE indrelid = ANY(%s::text[]::regclass[])
              AND NOT EXISTS (SELECT 1 FROM pg_constraint c
                              WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u'))""",
            [list(tables), list(tables)],
        )
        statements = cursor.fetchall()
        for drop, _ in statements:
            cursor.execute(drop)
        yield True
        for _, build in statements:
            cursor.execute(build)
        # Whoever reads next plans with what is in the tables now; the server's own look at them may be minutes away.
        cursor.execute(f"ANALYZE {', '.join(tables)}")


def _reserve(tables: Sequence[str]) -> bool:
    with connection.cursor() as cursor:
        empty = " AND ".join(f"NOT EXISTS (SELECT 1 FROM {table})" for table in tables)  # noqa: S608
        cursor.execute(
            f"SELECT {empty} AND NOT EXISTS (SELECT 1 FROM pg_constraint "  # noqa: S608
            "WHERE contype = 'f' AND confrelid = ANY(%s::text[]::regclass[]))",
            [list(tables)],
        )
        if not cursor.fetchone()[0]:
            return False
        try:
            with transaction.atomic():
                cursor.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE NOWAIT")
        except OperationalError:
            return False
    return True
