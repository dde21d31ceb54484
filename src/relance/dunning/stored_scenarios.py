"""Stored scenario versions, drafts and experiments as facts. A version never changes, so each is parsed once per process."""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from django.db import connection

from relance.dunning.experiments import CHALLENGER, arm
from relance.dunning.facts import ScenarioFacts
from relance.dunning.policy_facts import DraftFacts, DraftState, ExperimentFacts
from relance.dunning.scenario_file import as_far_as_readable
from relance.kit.bulk import id_array

_COLUMNS = "v.id, s.code, v.number, v.content::text, v.author, v.published_at, v.publisher, v.effective_on, v.note"


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


_EXPERIMENT = (
    "x.id, x.code, c.code, r.code, x.share_percent, x.salt, x.from_on, x.until_on, x.created_by, x.created_at, "
    "x.stopped_on, x.stopped_by FROM dunning_experiment x "
    "JOIN dunning_scenario c ON c.id = x.champion_id JOIN dunning_scenario r ON r.id = x.challenger_id"
)


def experiments() -> list[ExperimentFacts]:
    """Every experiment, the latest first."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_EXPERIMENT} ORDER BY x.from_on DESC, x.id DESC")
        return [ExperimentFacts(*row) for row in cursor.fetchall()]


def experiments_running(on: dt.date) -> dict[str, ExperimentFacts]:
    """The experiments that share new cases on this day, by the code of their champion."""
    return {found.champion: found for found in experiments() if found.runs_on(on)}


def experiments_turned(after: dt.date | None, as_of: dt.date) -> bool:
    """Whether an experiment began or ended in (after, as_of], so that new cases may get another scenario than before."""
    if after is None:
        return False
    turns = (day for found in experiments() for day in (found.from_on, found.last_on + dt.timedelta(days=1)))
    return any(after < day <= as_of for day in turns)


def challengers(on: dt.date) -> Mapping[str, Callable[[str], str]]:
    """For each scenario that is a champion on this day, which scenario an account number gets instead of it."""
    return {champion: partial(_dealt, found) for champion, found in experiments_running(on).items()}


def _dealt(experiment: ExperimentFacts, account_number: str) -> str:
    is_challenger = arm(account_number, experiment.salt, experiment.share_percent) == CHALLENGER
    return experiment.challenger if is_challenger else experiment.champion


_DRAFT = (
    "d.code, d.content::text, d.author, d.writers, v.number, d.note, d.state, d.revision, d.updated_by, d.updated_at "
    "FROM dunning_scenariodraft d LEFT JOIN dunning_scenarioversion v ON v.id = d.base_id"
)


def drafts() -> list[DraftFacts]:
    """Every draft, by code."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_DRAFT} ORDER BY d.code")
        return [_draft(row) for row in cursor.fetchall()]


def draft(code: str) -> DraftFacts | None:
    """The draft of one scenario, or None."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_DRAFT} WHERE d.code = %s", [code])
        row = cursor.fetchone()
    return _draft(row) if row else None


def _draft(row: tuple[Any, ...]) -> DraftFacts:
    code, content, author, writers, base, note, state, *rest = row
    return DraftFacts(code, json.loads(content), author, tuple(writers), base, note, DraftState(state), *rest)


def _facts(row: tuple[Any, ...]) -> ScenarioFacts:
    version_id, code, number, content, author, published_at, publisher, effective_on, note = row
    facts = as_far_as_readable(json.loads(content))
    return replace(
        facts, version_id=version_id, code=code, version=number, author=author, published_at=published_at,
        publisher=publisher, effective_on=effective_on, note=note,
    )  # fmt: skip
