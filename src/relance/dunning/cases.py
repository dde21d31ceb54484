"""Pairs the facts of a set of accounts with the decision: the one path for the cycle, a payment at noon, explain, the
dated plan and the preview of a draft.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace

from relance.dunning.facts import Advance, Because, Decision, ScenarioFacts, Stay
from relance.dunning.gathering import Case, Gathering, Supposition, heads_of, with_families
from relance.dunning.places import positions
from relance.dunning.possible import refusals_of
from relance.dunning.rules import decide

__all__ = ["Case", "Supposition", "cases", "decisions", "heads_of", "positions", "scenario_for", "with_families"]


def decisions(
    account_ids: Sequence[int], as_of: dt.date, supposed: Supposition | None = None
) -> Iterator[tuple[Case, Decision]]:
    """Every case of these accounts with its decision for `as_of`, in account order; reads only."""
    together: list[tuple[Case, Decision]] = []
    for case in cases(account_ids, as_of, supposed):
        decision = _possible(case, as_of)
        if not case.item_id:
            yield case, decision
            continue
        if together and together[0][0].account_id != case.account_id:
            yield from _merged(together)
            together = []
        together.append((case, decision))
    yield from _merged(together)


def _possible(case: Case, as_of: dt.date) -> Decision:
    """The decision, once optional stages of which no action can happen are passed over."""
    pinned = case.scenario
    while True:
        decision = decide(pinned, case.situation, as_of)
        if not isinstance(decision, Advance | Stay):
            return decision
        case.scenario = case.situation.fresh if decision.restarts and case.situation.fresh else pinned
        if isinstance(decision, Stay):
            return _with_obstacles(decision, case, as_of)
        case.refusals = refusals_of(case, decision.stage_index, as_of)
        if case.scenario.stages[decision.stage_index].mandatory or not all(case.refusals):
            return decision
        case.situation.impossible = (*case.situation.impossible, (decision.stage_index, case.refusals))


def _with_obstacles(decision: Stay, case: Case, as_of: dt.date) -> Stay:
    """Where a mandatory stage holds the later ones: what stands in the way of its actions today, if anything does."""
    if case.position is None or not any(reason.code == "mandatory_not_done" for reason in decision.because):
        return decision
    case.refusals = refusals_of(case, case.position.stage_index, as_of)
    stage = case.scenario.stages[case.position.stage_index].code
    against = [refusal for refusal in case.refusals if refusal]
    told = (
        Because("mandatory_refused", {"stage": stage, "refusals": against})
        if against
        else Because("mandatory_open", {})
    )
    return replace(decision, because=(*decision.because, told))


def _merged(together: list[tuple[Case, Decision]]) -> list[tuple[Case, Decision]]:
    """Of the items of one account that enter different stages on one day, the highest stage speaks for all; where all enter
    the same stage, each has its own message, as this level is there for.
    """
    speaking: dict[str, list[tuple[int, dt.date, int, Case]]] = {}
    for case, decision in together:
        if isinstance(decision, Advance) and case.standing is not None and case.reach:
            stage = case.scenario.stages[decision.stage_index]
            speaking.setdefault(case.currency, []).append(
                (-stage.age_days, case.standing.oldest_due_on, case.item_id, case)
            )
    for entries in speaking.values():
        if len({age for age, *_ in entries}) > 1:
            entries.sort(key=lambda entry: entry[:3])
            entries[0][3].names_all = True
            for *_, case in entries[1:]:
                case.merged = True
    return together


def cases(account_ids: Sequence[int], as_of: dt.date, supposed: Supposition | None = None) -> list[Case]:
    """The cases of these accounts: everything overdue on `as_of` and every open episode, in a few set queries."""
    return Gathering(account_ids, as_of, supposed or Supposition()).cases()


def scenario_for(account_id: int, as_of: dt.date) -> ScenarioFacts | None:
    """The scenario that a new case of this account would get."""
    return Gathering([account_id], as_of, Supposition()).chosen().get(account_id)
