"""One picture of the database for all queries of a report, so that its figures tie even while money is being posted."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_picture() -> Iterator[None]:
    """Run the block's reads on one snapshot; inside a transaction already open, on that transaction's own view."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


@contextmanager
def joined_in_bulk() -> Iterator[None]:
    """Have the block's queries join sets whole, not row by row; needs an open transaction.

    For long queries whose later parts the server believes to be a row or two: looking through one part for each row of
    another would take hours on a portfolio that is read in seconds.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
