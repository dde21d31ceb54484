"""Stored scenario versions as facts. A version never changes, so each is read and parsed once per process."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.db import connection

from relance.dunning.facts import ScenarioFacts
from relance.dunning.scenario_file import parse
from relance.kit.bulk import id_array


class _Anything(list[str]):
    """Stands for "whatever is installed": a stored version was checked when it was written."""

    def __contains__(self, item: Any) -> bool:
        return True


_COLUMNS = "v.id, s.code, v.number, v.content::text, v.author, v.published_at"


@lru_cache(maxsize=1024)
def version(version_id: int) -> ScenarioFacts:
    """One version by id. Raises LookupError when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM dunning_scenarioversion v JOIN dunning_scenario s ON s.id = v.scenario_id "  # noqa: S608
            "WHERE v.id = %s",
            [version_id],
        )
        row = cursor.fetchone()
    if row is None:
        raise LookupError(f"no scenario version {version_id}")
    return _facts(row)


def current() -> list[ScenarioFacts]:
    """The newest version of every scenario, highest priority first, then by code."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (v.scenario_id) v.id FROM dunning_scenarioversion v ORDER BY v.scenario_id, v.number DESC"
        )
        ids = [row[0] for row in cursor.fetchall()]
    return sorted((version(version_id) for version_id in ids), key=lambda s: (-s.priority, s.code))


def versions_of(code: str) -> list[ScenarioFacts]:
    """All versions of a scenario, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT v.id FROM dunning_scenarioversion v JOIN dunning_scenario s ON s.id = v.scenario_id "
            "WHERE s.code = %s ORDER BY v.number DESC",
            [code],
        )
        return [version(row[0]) for row in cursor.fetchall()]


def overrides(account_ids: Sequence[int]) -> dict[int, str]:
    """The scenario codes that people chose for these accounts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.account_id, s.code FROM dunning_scenariooverride o JOIN dunning_scenario s ON s.id = o.scenario_id "
            "WHERE o.account_id = ANY(%s::bigint[])",
            [id_array(account_ids)],
        )
        return dict(cursor.fetchall())


def _facts(row: tuple[Any, ...]) -> ScenarioFacts:
    version_id, code, number, content, author, published_at = row
    facts = parse(json.loads(content), _Anything(), _Anything(), _Anything())
    return replace(facts, version_id=version_id, code=code, version=number, author=author, published_at=published_at)
