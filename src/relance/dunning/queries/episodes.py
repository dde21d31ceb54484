"""Episodes of an account, past and running, with their actions and how they followed each other."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from relance.dunning import stored_scenarios
from relance.dunning.facts import EpisodeActionFacts, EpisodeFacts, ScenarioFacts, Stage, SwitchFacts
from relance.dunning.reasons import reasons_from
from relance.dunning.rules import place_by_age
from relance.ledger.queries import item_numbers

EPISODES_AT_MOST = 100
"""How many episodes of an account are listed, the newest first."""

_EPISODE = """
    SELECT e.id, e.account_id, e.item_id, e.currency, e.version_id, e.opened_on, e.opened_minor, e.closed_on, e.ending,
           e.began_index, e.began_performed_on,
           coalesce(p.stage_index, a.stage_index, e.began_index), coalesce(p.stage_entered_on, a.planned_on),
           p.next_review_on, p.overdue_minor
    FROM dunning_episode e
    LEFT JOIN dunning_position p ON p.account_id = e.account_id AND p.id = e.id
    LEFT JOIN LATERAL (
        SELECT stage_index, planned_on FROM dunning_plannedaction
        WHERE p.id IS NULL AND account_id = e.account_id AND episode_id = e.id AND state <> 'passed'
        ORDER BY stage_index DESC, ordinal LIMIT 1) a ON TRUE
    WHERE e.account_id = %s"""


def episodes(account_id: int, limit: int = EPISODES_AT_MOST) -> list[EpisodeFacts]:
    """The episodes of an account: the running ones first, then the closed ones, each the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_EPISODE} ORDER BY e.closed_on DESC NULLS FIRST, e.opened_on DESC, e.id DESC LIMIT %s",
            [account_id, limit],
        )
        return _facts(cursor.fetchall())


def episode(account_id: int, episode_id: int) -> EpisodeFacts | None:
    """One episode of an account, or None."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_EPISODE} AND e.id = %s", [account_id, episode_id])
        return next(iter(_facts(cursor.fetchall())), None)


def pinned_scenario(found: EpisodeFacts) -> ScenarioFacts:
    """The version of the scenario that an episode runs under, whatever was published since."""
    return stored_scenarios.version(found.version_id)


def episode_actions(account_id: int, episode_id: int) -> list[EpisodeActionFacts]:
    """Every action of an episode, stage by stage, those of stages passed over among them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, stage_index, stage, ordinal, kind, planned_on, state, refusal, because, performed_at, "
            "performed_on, answered_by, answer_reason FROM dunning_plannedaction WHERE account_id = %s AND episode_id = %s "
            "ORDER BY stage_index, ordinal",
            [account_id, episode_id],
        )
        return [
            EpisodeActionFacts(*row[:8], reasons_from(row[8]), *row[9:])  # type: ignore[call-arg]
            for row in cursor.fetchall()
        ]


def switches(account_id: int, episode_id: int) -> list[SwitchFacts]:
    """How a person moved the debt into this episode from another one, and out of it into the next, as far as anyone did."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT episode_id, next_episode_id, keep_place, effective_on, switched_by, switched_at FROM dunning_switch "
            "WHERE account_id = %s AND %s IN (episode_id, next_episode_id) ORDER BY id",
            [account_id, episode_id],
        )
        return [SwitchFacts(*row) for row in cursor.fetchall()]


def stage_by_age(code: str, effective_days: int) -> Stage | None:
    """The last stage of a scenario's newest version whose age is reached, None when none is: where `switch_scenario`
    that keeps the place would put a debt. Raises KeyError for an unknown scenario.
    """
    versions = stored_scenarios.versions_of(code)
    if not versions:
        raise KeyError(code)
    index = place_by_age(versions[0], effective_days)
    return versions[0].stages[index] if index >= 0 else None


def _facts(rows: Sequence[Sequence[Any]]) -> list[EpisodeFacts]:
    items = [(row[1], row[2]) for row in rows if row[2]]
    numbers = item_numbers([account for account, _ in items[:1]], [item for _, item in items]) if items else {}
    found = []
    for id_, account_id, item_id, currency, version_id, *of_episode, index, entered_on, next_on, minor in rows:
        pinned = stored_scenarios.version(version_id)
        found.append(
            EpisodeFacts(  # type: ignore[call-arg]
                id_, account_id, item_id, numbers.get(item_id, ""), currency, version_id, pinned.code, pinned.version,
                *of_episode, pinned.stages[index].code if index >= 0 else "", index, entered_on, next_on, minor,
            )
        )  # fmt: skip
    return found
