"""Gathers the facts of a set of accounts and pairs them with the decision: the one path for the cycle, a payment at
noon, and explain.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from relance.customers.facts import AccountFacts
from relance.customers.queries import accounts
from relance.dunning import stored_scenarios
from relance.dunning.facts import Decision, PositionFacts, ScenarioFacts
from relance.dunning.rules import choose, decide
from relance.kit.bulk import id_array
from relance.ledger.facts import Level, Standing
from relance.ledger.queries import reopened_items, standings


@dataclass(slots=True)
class Case:
    """One debt that is or may be pursued: an account in one currency, or one item.

    It never leaves the room, and a night makes hundreds of thousands: not frozen, which would triple its price.
    """

    account_id: int
    item_id: int
    currency: str
    scenario: ScenarioFacts
    standing: Standing | None
    position: PositionFacts | None
    account: AccountFacts
    resumes: bool = False


def decisions(account_ids: Sequence[int], as_of: dt.date) -> Iterator[tuple[Case, Decision]]:
    """Every case of these accounts with its decision for `as_of`, in account order; reads only."""
    for case in cases(account_ids, as_of):
        yield case, decide(case.scenario, case.standing, case.position, as_of)


def cases(account_ids: Sequence[int], as_of: dt.date) -> list[Case]:
    """The cases of these accounts: everything overdue on `as_of` and every open episode, in a few set queries."""
    held = positions(account_ids)
    people = accounts(account_ids)
    chosen = _scenarios(people, held)
    came_back = _came_back(account_ids, held, as_of)
    by_level: dict[Level, list[int]] = {Level.ACCOUNT: [], Level.INVOICE: []}
    for account_id, scenario in chosen.items():
        by_level[scenario.level].append(account_id)
    found: list[Case] = []
    seen: set[tuple[int, int, str]] = set()
    for level, ids in by_level.items():
        if not ids:
            continue
        for standing in standings(as_of, level, ids):
            key = (standing.account_id, standing.item_id, standing.currency)
            position = held.get(key) or came_back.get(key)
            scenario = stored_scenarios.version(position.version_id) if position else chosen[standing.account_id]
            found.append(Case(*key, scenario, standing, position, people[key[0]], resumes=key in came_back))
            seen.add(key)
    for key, position in held.items():
        if key not in seen:
            found.append(Case(*key, stored_scenarios.version(position.version_id), None, position, people[key[0]]))
    found.sort(key=lambda case: (case.account_id, case.item_id, case.currency))
    return found


def scenario_for(account_id: int) -> ScenarioFacts | None:
    """The scenario that a new case of this account would get."""
    return _scenarios(accounts([account_id]), positions([account_id])).get(account_id)


def _scenarios(
    people: Mapping[int, AccountFacts], held: dict[tuple[int, int, str], PositionFacts]
) -> dict[int, ScenarioFacts]:
    """The scenario a new case of each account would get.

    While an account has an episode at one level, new cases stay at that level, so that no item is pursued twice.
    """
    current = stored_scenarios.current()
    by_code = {scenario.code: scenario for scenario in current}
    overrides = stored_scenarios.overrides(list(people))
    by_criteria: dict[tuple[str, str, str, str], ScenarioFacts | None] = {}
    running = {position.account_id: position.version_id for position in held.values()}
    chosen: dict[int, ScenarioFacts] = {}
    for account_id, person in people.items():
        criteria = (person.kind, person.segment, person.credit_class, person.payment_method)
        if criteria not in by_criteria:
            by_criteria[criteria] = choose(current, *criteria)
        scenario = by_criteria[criteria]
        if account_id in overrides:
            scenario = by_code[overrides[account_id]]
        if account_id in running:
            pinned = stored_scenarios.version(running[account_id])
            if scenario is None or scenario.level is not pinned.level:
                scenario = pinned
        if scenario is not None:
            chosen[account_id] = scenario
    return chosen


def _came_back(
    account_ids: Sequence[int], held: dict[tuple[int, int, str], PositionFacts], as_of: dt.date
) -> dict[tuple[int, int, str], PositionFacts]:
    """Closed episodes whose debt came back, with the place where each stood.

    When money that settled a pursued item is taken back, the customer has heard the earlier stages already: the episode
    goes on where it was, and nobody is reminded twice of one thing.
    """
    pursued = {key[0] for key in held}
    reopened = reopened_items([account_id for account_id in account_ids if account_id not in pursued], as_of)
    if not reopened:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ON (e.account_id, e.item_id, e.currency)
                   e.account_id, e.item_id, e.currency, e.id, e.version_id, e.opened_on, e.closed_on,
                   coalesce(a.stage_index, -1), a.planned_on, coalesce(a.done, TRUE)
            FROM dunning_episode e
            LEFT JOIN LATERAL (
                SELECT stage_index, planned_on, bool_and(state = 'performed') AS done FROM dunning_plannedaction p
                WHERE p.account_id = e.account_id AND p.episode_id = e.id AND p.state <> 'passed'
                GROUP BY stage_index, planned_on ORDER BY stage_index DESC LIMIT 1) a ON TRUE
            WHERE e.account_id = ANY(%s::bigint[]) AND e.closed_on IS NOT NULL
            ORDER BY e.account_id, e.item_id, e.currency, e.closed_on DESC, e.id DESC""",
            [id_array(sorted({row[0] for row in reopened}))],
        )
        closed = cursor.fetchall()
    found: dict[tuple[int, int, str], PositionFacts] = {}
    for account_id, item_id, currency, episode_id, version_id, opened_on, closed_on, index, entered_on, done in closed:
        if any(
            account == account_id
            and item_id in (0, item)
            and item_currency == currency
            and due_on < closed_on
            and reopened_on >= opened_on
            for account, item, item_currency, due_on, reopened_on in reopened
        ):
            found[account_id, item_id, currency] = PositionFacts(
                account_id, episode_id, item_id, currency, version_id, opened_on, index, entered_on, done
            )
    return found


def positions(account_ids: Sequence[int]) -> dict[tuple[int, int, str], PositionFacts]:
    """The open episodes of these accounts by (account, item, currency)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.account_id, p.id, p.item_id, p.currency, p.version_id, p.opened_on, p.stage_index,
                   p.stage_entered_on,
                   NOT p.holds_later OR NOT EXISTS (
                       SELECT 1 FROM dunning_plannedaction a
                       WHERE a.account_id = p.account_id AND a.episode_id = p.id AND a.stage_index = p.stage_index
                         AND a.state <> 'performed')
            FROM dunning_position p WHERE p.account_id = ANY(%s::bigint[]) ORDER BY p.account_id, p.id""",
            [id_array(account_ids)],
        )
        return {(row[0], row[2], row[3]): PositionFacts(*row) for row in cursor.fetchall()}
