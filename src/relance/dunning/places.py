"""Where episodes stand: the open ones, and closed ones whose debt came back."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db import connection

from relance.dunning import stored_scenarios
from relance.dunning.facts import DoneWhen, PositionFacts
from relance.kit.bulk import id_array
from relance.ledger.queries import reopened_items
from relance.outbound.queries import message_states
from relance.worklist.queries import work_states

Key = tuple[int, int, str]
"""Account, item (0 for the whole account) and currency of a case."""


def came_back(
    account_ids: Sequence[int], held: Mapping[Key, PositionFacts], as_of: dt.date
) -> dict[Key, PositionFacts]:
    """Closed episodes whose debt came back, with the place where each stood.

    When money that settled a pursued item is taken back, the customer has heard the earlier stages already: the episode
    goes on where it was, and nobody is reminded twice of one thing.
    """
    pursued = {key[0] for key in held if not key[1]}
    reopened = reopened_items([account_id for account_id in account_ids if account_id not in pursued], as_of)
    if not reopened:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ON (e.account_id, e.item_id, e.currency)
                   e.account_id, e.item_id, e.currency, e.id, e.version_id, e.opened_on, e.closed_on,
                   coalesce(a.stage_index, e.began_index), coalesce(a.planned_on, e.began_performed_on),
                   coalesce(a.done, TRUE), a.performed_on
            FROM dunning_episode e
            LEFT JOIN LATERAL (
                SELECT stage_index, planned_on, bool_and(state = 'performed' OR refusal IN ('declined', 'merged')) AS done,
                       max(performed_on) AS performed_on
                FROM dunning_plannedaction p
                WHERE p.account_id = e.account_id AND p.episode_id = e.id AND (p.state <> 'passed' OR p.refusal = 'merged')
                GROUP BY stage_index, planned_on ORDER BY stage_index DESC LIMIT 1) a ON TRUE
            WHERE e.account_id = ANY(%s::bigint[]) AND e.closed_on IS NOT NULL
            ORDER BY e.account_id, e.item_id, e.currency, e.closed_on DESC, e.id DESC""",
            [id_array(sorted({row[0] for row in reopened}))],
        )
        closed = cursor.fetchall()
    found: dict[Key, PositionFacts] = {}
    for (
        account_id,
        item_id,
        currency,
        episode_id,
        version_id,
        opened_on,
        closed_on,
        index,
        entered_on,
        done,
        performed_on,
    ) in closed:
        if (account_id, item_id, currency) not in held and any(
            account == account_id
            and item_id in (0, item)
            and item_currency == currency
            and due_on < closed_on
            and reopened_on >= opened_on
            for account, item, item_currency, due_on, reopened_on in reopened
        ):
            found[account_id, item_id, currency] = PositionFacts(
                account_id, episode_id, item_id, currency, version_id, opened_on, index, entered_on, done, performed_on
            )
    for place in _still_waiting([place for place in found.values() if place.stage_index >= 0 and place.stage_done]):
        key = (place.account_id, place.item_id, place.currency)
        found[key] = replace(place, stage_done=False)
    return found


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
