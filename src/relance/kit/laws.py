"""Laws: invariants a room promises, each a query that must return no row; run at night and by `relance verify`."""

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec

from django.apps import apps
from django.db import connection


@dataclass(frozen=True, slots=True)
class Law:
    """A promise with a name and a query whose rows are the offenders.

    `sql` returns one text column naming each offender. `nightly` marks a law that looks at what is open only, so that
    the daily cycle can afford it however long the history grows; `relance verify` checks all.
    """

    name: str
    meaning: str
    sql: str
    nightly: bool = False


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


def every_law() -> list[Law]:
    """The `LAWS` of every installed room's `laws.py`, in the order in which the rooms are installed."""
    found: list[Law] = []
    for config in apps.get_app_configs():
        module = f"{config.name}.laws"
        if module != __name__ and config.name.startswith("relance.") and find_spec(module):
            found.extend(importlib.import_module(module).LAWS)
    return found
