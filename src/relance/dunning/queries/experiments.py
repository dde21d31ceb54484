"""Reads of experiments: which ones there are, and the episodes by which one is judged."""

import datetime as dt
from decimal import Decimal

from django.db import connection

from relance.customers.queries import ACCOUNT_RELATION
from relance.dunning import stored_scenarios
from relance.dunning.costs import unit_cost
from relance.dunning.experiments import CHALLENGER, CHAMPION, arm
from relance.dunning.facts import ExperimentFacts, TrialEpisode
from relance.dunning.possible import contacts


def experiments() -> list[ExperimentFacts]:
    """Every experiment, the latest first."""
    return stored_scenarios.experiments()


def experiment(code: str) -> ExperimentFacts | None:
    """One experiment by code, or None."""
    return next((found for found in stored_scenarios.experiments() if found.code == code), None)


def experiments_running(on: dt.date) -> dict[str, ExperimentFacts]:
    """The experiments that share new cases on this day, by the code of their champion."""
    return stored_scenarios.experiments_running(on)


def trial_episodes(experiment: ExperimentFacts, as_of: dt.date) -> list[TrialEpisode]:
    """The episodes opened while the experiment ran, by `as_of`, each in its account's arm.

    An episode counts when it runs under the scenario that the hash gave its account: one whose scenario a person chose is
    left out. An episode that was switched or started again counts as not paid. Costs are those of the scenario's version,
    for the actions done by `as_of`; a message costs what its first installed channel costs.
    """
    sides = {experiment.champion: CHAMPION, experiment.challenger: CHALLENGER}
    versions = [version for code in sides for version in stored_scenarios.versions_of(code)]
    spec = [
        (
            version.version_id,
            index,
            ordinal,
            int(contacts(version.version_id, index, ordinal)),
            unit_cost(version, action),
        )
        for version in versions
        for index, stage in enumerate(version.stages)
        for ordinal, action in enumerate(stage.actions)
    ]
    codes = {version.version_id: version.code for version in versions}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH spec AS (
                SELECT * FROM unnest(%(versions)s::bigint[], %(indexes)s::smallint[], %(ordinals)s::smallint[],
                                     %(contacts)s::int[], %(costs)s::numeric[])
                    AS t(version_id, stage_index, ordinal, contacts, cost))
            SELECT a.number, e.version_id, e.currency, e.opened_on,
                   CASE WHEN e.ending = '' AND e.closed_on <= %(as_of)s THEN e.closed_on END,
                   e.opened_minor, coalesce(d.contacts, 0), coalesce(d.cost, 0)
            FROM dunning_episode e
            JOIN {ACCOUNT_RELATION} AS a ON a.account_id = e.account_id
            LEFT JOIN LATERAL (
                SELECT sum(s.contacts)::int AS contacts, sum(s.cost) AS cost
                FROM dunning_plannedaction p
                JOIN spec s ON s.version_id = p.version_id AND s.stage_index = p.stage_index AND s.ordinal = p.ordinal
                WHERE p.account_id = e.account_id AND p.episode_id = e.id AND p.state = 'performed'
                  AND p.performed_on <= %(as_of)s) d ON TRUE
            WHERE e.version_id = ANY(%(versions)s::bigint[])
              AND e.opened_on BETWEEN %(from_on)s AND least(%(last_on)s, %(as_of)s)
              AND NOT EXISTS (SELECT 1 FROM dunning_scenariooverride o WHERE o.account_id = e.account_id)
              AND NOT EXISTS (SELECT 1 FROM dunning_switch w
                              WHERE w.account_id = e.account_id AND w.next_episode_id = e.id)
            ORDER BY e.opened_on, e.account_id, e.id""",  # noqa: S608
            {
                "versions": [row[0] for row in spec],
                "indexes": [row[1] for row in spec],
                "ordinals": [row[2] for row in spec],
                "contacts": [row[3] for row in spec],
                "costs": [row[4] for row in spec],
                "from_on": experiment.from_on,
                "last_on": experiment.last_on,
                "as_of": as_of,
            },
        )
        rows = cursor.fetchall()
    found = []
    for number, version_id, currency, opened_on, closed_on, minor, contact_count, cost in rows:
        side = arm(number, experiment.salt, experiment.share_percent)
        if sides[codes[version_id]] == side:
            found.append(TrialEpisode(side, currency, opened_on, closed_on, minor, contact_count, Decimal(cost)))
    return found
