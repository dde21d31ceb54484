"""Writing where episodes stand: opening, moving, taking up again and closing them, with their positions."""

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from relance.dunning.cases import Case
from relance.dunning.facts import Advance, Hold, Stay
from relance.dunning.services.nudge import nudge
from relance.kit.bulk import copy_rows, temporary_rows
from relance.ledger.facts import Standing


def _place_after(case: Case, decision: Advance | Stay | Hold, as_of: dt.date) -> tuple[int, dt.date | None, bool]:
    """Stage index, day it was entered, and whether it holds the later ones, after this decision."""
    if isinstance(decision, Advance):
        return decision.stage_index, as_of, case.scenario.stages[decision.stage_index].mandatory
    if case.position is None or (isinstance(decision, Stay) and decision.restarts):
        return -1, None, False
    index = case.position.stage_index
    return index, case.position.stage_entered_on, index >= 0 and case.scenario.stages[index].mandatory


def _owed(case: Case) -> Standing:
    if case.situation.owed is None:
        raise AssertionError("an episode is open only while something is overdue")
    return case.situation.owed


def open_episodes(opened: list[tuple[Case, Advance | Stay]], episode_ids: list[int], as_of: dt.date) -> None:
    """Write new episodes and where they stand after their first decision."""
    numbered = list(zip(opened, episode_ids, strict=True))
    copy_rows(
        "dunning_episode",
        ("account_id", "id", "item_id", "currency", "version_id", "opened_on", "opened_minor"),
        (
            (c.account_id, id_, c.item_id, c.currency, c.scenario.version_id, as_of, _owed(c).overdue_minor)
            for (c, _), id_ in numbered
        ),
    )
    copy_rows(
        "dunning_position",
        _POSITION_COLUMNS,
        (
            (
                case.account_id, episode_id, case.item_id, case.currency, case.scenario.version_id, as_of,
                *_place_after(case, decision, as_of), decision.next_review_on, _owed(case).overdue_minor,
                _owed(case).oldest_due_on,
            )
            for (case, decision), episode_id in numbered
        ),
    )  # fmt: skip


def take_up(resumed: list[Case]) -> None:
    """Open these episodes again where they stood; the move that follows brings their positions up to date."""
    places = [case.position for case in resumed if case.position is not None]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dunning_episode e SET closed_on = NULL FROM unnest(%s::bigint[], %s::bigint[]) AS t(account_id, id) "
            "WHERE e.account_id = t.account_id AND e.id = t.id",
            [[place.account_id for place in places], [place.episode_id for place in places]],
        )
    copy_rows(
        "dunning_position",
        _POSITION_COLUMNS,
        (
            (
                place.account_id, place.episode_id, place.item_id, place.currency, place.version_id, place.opened_on,
                place.stage_index, place.stage_entered_on, False, None, 0, place.opened_on,
            )
            for place in places
        ),
    )  # fmt: skip


_POSITION_COLUMNS = (
    "account_id", "id", "item_id", "currency", "version_id", "opened_on", "stage_index", "stage_entered_on",
    "holds_later", "next_review_on", "overdue_minor", "oldest_due_on",
)  # fmt: skip


def move(moved: list[tuple[Case, Advance | Stay | Hold]], as_of: dt.date) -> None:
    """Write where episodes stand after a decision, and when they are looked at next."""
    temporary_rows(
        "moved_position",
        "account_id bigint, id bigint, stage_index smallint, stage_entered_on date, holds_later boolean, "
        "next_review_on date, overdue_minor bigint, oldest_due_on date",
        (
            (
                case.account_id, case.position.episode_id, *_place_after(case, decision, as_of), decision.next_review_on,
                _owed(case).overdue_minor, _owed(case).oldest_due_on,
            )
            for case, decision in moved
            if case.position is not None
        ),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE dunning_position p
            SET stage_index = t.stage_index, stage_entered_on = t.stage_entered_on, holds_later = t.holds_later,
                next_review_on = t.next_review_on, overdue_minor = t.overdue_minor, oldest_due_on = t.oldest_due_on
            FROM moved_position t WHERE p.account_id = t.account_id AND p.id = t.id"""
        )


def leave(left: list[Case], as_of: dt.date, ending: str = "") -> None:
    """Close these episodes. Something may still be owed that another scenario would chase: those are looked at again."""
    close([(case.account_id, case.position.episode_id) for case in left if case.position is not None], as_of, ending)
    remaining = [case.account_id for case in left if case.situation.owed is not None]
    if remaining and not ending:
        nudge(remaining, only_pursued=False)


def close(keys: Sequence[tuple[int, int]], as_of: dt.date, ending: str) -> None:
    """End episodes given as (account, episode); what waited in them is not done any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gone AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS t(account_id, id)),
            closed AS (
                UPDATE dunning_episode e
                SET closed_on = greatest(%s::date, e.opened_on, p.stage_entered_on), ending = %s,
                    left_index = p.stage_index, left_entered_on = p.stage_entered_on
                FROM gone g JOIN dunning_position p ON p.account_id = g.account_id AND p.id = g.id
                WHERE e.account_id = g.account_id AND e.id = g.id),
            stopped AS (
                UPDATE dunning_plannedaction a SET state = 'refused', refusal = 'settled' FROM gone g
                WHERE a.account_id = g.account_id AND a.episode_id = g.id AND a.state IN ('planned', 'waiting'))
            DELETE FROM dunning_position p USING gone g WHERE p.account_id = g.account_id AND p.id = g.id""",
            [[key[0] for key in keys], [key[1] for key in keys], as_of, ending],
        )
