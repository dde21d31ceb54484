"""Row ids: one sequence for every table that belongs to an account, so an id names one row of the whole house."""

from django.db import connection, models

SEQUENCE = "relance_id_seq"


class NextId(models.Func):
    """Database default that draws the next id."""

    template = f"nextval('{SEQUENCE}')"
    output_field = models.BigIntegerField()


def next_ids(count: int) -> list[int]:
    """Draw `count` ids at once, in rising order."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT nextval('{SEQUENCE}') FROM generate_series(1, %s)", [count])  # noqa: S608
        return [row[0] for row in cursor.fetchall()]
