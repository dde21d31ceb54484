"""Where episodes stand: the open ones, and closed ones that go on because their debt came back."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db import connection

from relance.dunning import stored_scenarios
from relance.dunning.facts import DoneWhen, Family, PositionFacts
from relance.kit.bulk import id_array
from relance.ledger.queries import reopened_items
from relance.outbound.queries import message_states
from relance.worklist.queries import work_states

Key = tuple[int, int, str]
"""Account, item (0 for the whole account) and currency of a case."""


def taken_up(
    account_ids: Sequence[int], since: dt.date, as_of: dt.date, heads: Mapping[int, int]
) -> dict[Key, PositionFacts]:
    """Closed episodes that go on because money which settled a debt of theirs was taken back, or the debt set free, with
    effect from `since` to `as_of`: of each case the one that closed last, where it stood.

    The customer has heard the earlier stages already, and nobody is reminded twice of one thing. Where the debt went on
    in a newer episode, which has entered a stage itself or is the last one's restart or switch, that one goes on; and no
    account is pursued at two levels. An item of a family that is dunned together (`heads`: member -> head) brings back
    the episode of its head too.
    """
    reopened = [item for item in reopened_items(account_ids, as_of) if item[4] >= since]
    if not reopened:
        return {}
    held = positions(account_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT account_id, id, item_id, currency, version_id, opened_on, left_index, left_entered_on, TRUE,
                   NULL::date, closed_on
            FROM (SELECT DISTINCT ON (account_id, item_id, currency) * FROM dunning_episode
                  WHERE account_id = ANY(%s::bigint[]) AND closed_on IS NOT NULL AND ending <> 'joined'
                  ORDER BY account_id, item_id, currency, closed_on DESC, id DESC) AS e
            WHERE ending = ''""",
            [id_array(sorted({of for row in reopened for of in (row[0], heads.get(row[0], row[0]))}))],
        )
        closed = cursor.fetchall()
    found: dict[Key, PositionFacts] = {}
    levels = {(account_id, bool(item_id)) for account_id, item_id, _ in held}
    for *of_place, closed_on in sorted(closed, key=lambda row: (row[0], row[10]), reverse=True):
        place = PositionFacts(*of_place)
        key = (place.account_id, place.item_id, place.currency)
        if (
            not (key in held and held[key].stage_index >= 0)
            and (place.account_id, not place.item_id) not in levels
            and any(
                currency == place.currency
                and (account == place.account_id or (heads.get(account) == place.account_id and _of_family(place)))
                and place.item_id in (0, item)
                and due_on < closed_on
                for account, item, currency, due_on, _ in reopened
            )
        ):
            found[key] = place
            levels.add((place.account_id, bool(place.item_id)))
    return found


def _of_family(place: PositionFacts) -> bool:
    return stored_scenarios.version(place.version_id).family is Family.TOGETHER


def positions(account_ids: Sequence[int]) -> dict[Key, PositionFacts]:
    """The open episodes of these accounts by (account, item, currency)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.account_id, p.id, p.item_id, p.currency, p.version_id, p.opened_on, p.stage_index,
                   p.stage_entered_on, coalesce(a.done, TRUE), a.performed_on, p.holds_later
            FROM dunning_position p LEFT JOIN LATERAL (
                SELECT bool_and(state IN ('performed', 'passed') OR refusal = 'declined') AS done,
                       max(performed_on) AS performed_on
                FROM dunning_plannedaction a WHERE p.holds_later AND a.account_id = p.account_id
                  AND a.episode_id = p.id AND a.stage_index = p.stage_index) a ON p.holds_later
            WHERE p.account_id = ANY(%s::bigint[]) ORDER BY p.account_id, p.id""",
            [id_array(account_ids)],
        )
        rows = cursor.fetchall()
    found = {(row[0], row[2], row[3]): PositionFacts(*row[:10]) for row in rows}
    waiting = [place for row in rows if row[10] and (place := found[row[0], row[2], row[3]]).stage_done]
    for place in _still_waiting(waiting):
        key = (place.account_id, place.item_id, place.currency)
        found[key] = replace(found[key], stage_done=False)
    return found


def _still_waiting(performed: Sequence[PositionFacts]) -> list[PositionFacts]:
    """Of mandatory stages whose actions were all performed, those that wait for the world: a message that is not sent or
    delivered yet where the stage asks for it, a task that nobody closed.
    """
    asking = [place for place in performed if _waits_for_world(place.version_id, place.stage_index)]
    if not asking:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT t.episode_id, a.id, a.kind, a.account_id FROM dunning_plannedaction a
            JOIN unnest(%s::bigint[], %s::bigint[], %s::smallint[]) AS t(account_id, episode_id, stage_index)
              ON a.account_id = t.account_id AND a.episode_id = t.episode_id AND a.stage_index = t.stage_index
            WHERE a.state = 'performed' AND a.kind IN ('send', 'task', 'review')""",
            [
                [place.account_id for place in asking],
                [place.episode_id for place in asking],
                [place.stage_index for place in asking],
            ],
        )
        rows = cursor.fetchall()
    sent = [row for row in rows if row[2] == "send"]
    messages = message_states([row[3] for row in sent], [row[1] for row in sent])
    work = work_states([row[1] for row in rows if row[2] != "send"])
    by_episode: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for episode_id, action_id, kind, _ in rows:
        by_episode[episode_id].append((action_id, kind))
    found = []
    for place in asking:
        done_when = stored_scenarios.version(place.version_id).stages[place.stage_index].done_when
        for action_id, kind in by_episode[place.episode_id]:
            if kind == "send":
                done = messages.get(action_id, "") in _DONE_STATES[done_when]
            else:
                done = work.get(action_id, "closed") != "open"
            if not done and not (kind == "send" and done_when is DoneWhen.PERFORMED):
                found.append(place)
                break
    return found


_DONE_STATES: dict[DoneWhen, frozenset[str]] = {
    DoneWhen.PERFORMED: frozenset(),
    DoneWhen.SENT: frozenset({"sent", "delivered"}),
    DoneWhen.DELIVERED: frozenset({"delivered"}),
}


def _waits_for_world(version_id: int, stage_index: int) -> bool:
    stage = stored_scenarios.version(version_id).stages[stage_index]
    return stage.done_when is not DoneWhen.PERFORMED or any(
        action.kind in ("task", "review") for action in stage.actions
    )
