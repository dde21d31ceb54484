"""Laws: invariants a room promises, each a query that must return no row; run at night and by `relance verify`."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class Law:
    """A promise with a name and a query whose rows are the offenders.

    `sql` returns one text column naming each offender. It may hold `{scope}`, replaced by `AND` conditions on
    `account_id` when only some accounts are looked at; a law without `{scope}` is always checked whole.
    """

    name: str
    meaning: str
    sql: str


@dataclass(frozen=True, slots=True)
class LawReport:
    """What a law found: how many offenders, and the first few by name."""

    law: str
    meaning: str
    offenders: int
    examples: tuple[str, ...]


def check(laws: Iterable[Law], examples: int = 5) -> list[LawReport]:
    """Run every law over the whole database and report each, kept or broken."""
    reports = []
    for law in laws:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*), (array_agg(offender))[1:{int(examples)}] FROM ({law.sql}) AS o(offender)")  # noqa: S608
            count, names = cursor.fetchone()
        reports.append(LawReport(law.name, law.meaning, count, tuple(names or ())))
    return reports


LawSource = Callable[[], Sequence[Law]]
