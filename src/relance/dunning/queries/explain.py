"""Explaining: where each debt of an account stands and why, and what would happen if nothing is paid."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from relance.arrangements.facts import HoldFacts
from relance.arrangements.queries import holds
from relance.arrangements.rules import active
from relance.customers.facts import AccountFacts
from relance.customers.queries import account, creditor
from relance.dunning.cases import Case, Supposition, decisions, positions, scenario_for
from relance.dunning.facts import (
    Advance,
    Because,
    Decision,
    Explanation,
    Hold,
    Leave,
    NextStage,
    PlanStep,
    PositionFacts,
)
from relance.dunning.possible import NEEDS_APPROVAL
from relance.dunning.queries.past_places import positions_before
from relance.dunning.rules import moved
from relance.ledger.queries import item_numbers, left_out_sums, open_items


def explain(account_id: int, as_of: dt.date) -> list[Explanation]:
    """Where each debt of an account stands on `as_of`, why, and what comes next: what tonight would decide.

    One entry per case: the account in each currency it owes, or each overdue item under an invoice-level scenario; an
    account that owes nothing overdue has one entry that says so. Raises LookupError for an unknown account.
    """
    return _explained(account_id, as_of, None)


def explain_past(account_id: int, on: dt.date) -> list[Explanation]:
    """As `explain`, for the night of a day gone by: with the episodes where they stood before it.

    Money is as of that day; holds, and what is known of the customer, are as they are known now.
    """
    return _explained(account_id, on, Supposition(positions=positions_before(account_id, on)))


def _explained(account_id: int, as_of: dt.date, supposed: Supposition | None) -> list[Explanation]:
    known = account(account_id)
    if known is None:
        raise LookupError(f"no account {account_id}")
    found = list(decisions([account_id], as_of, supposed))
    left_out = _left_out(account_id, as_of, by_item=any(case.item_id for case, _ in found))
    if not found:
        return [_nothing_owed(known, as_of, left_out)]
    numbers = item_numbers([account_id], [case.item_id for case, _ in found if case.item_id])
    return [
        _explanation(known.number, case, decision, numbers, left_out.get((case.item_id, case.currency), ()), as_of)
        for case, decision in found
    ]


_LEFT_OUT = ("disputed", "in_flight", "expired", "unallocated")


def _left_out(account_id: int, as_of: dt.date, *, by_item: bool) -> dict[tuple[int, str], tuple[Because, ...]]:
    """What is overdue and not chased, by currency, of the whole account as item 0; with `by_item` of each item too."""
    sums = left_out_sums(account_id, as_of, by_item=False)
    if by_item and sums:
        sums += left_out_sums(account_id, as_of, by_item=True)
    return {
        (item_id, currency): tuple(
            Because(f"left_out_{part}", {"overdue_minor": minor, "currency": currency})
            for part, minor in zip(_LEFT_OUT, minors, strict=True)
            if minor
        )
        for item_id, currency, *minors in sums
    }


def _nothing_owed(
    known: AccountFacts, as_of: dt.date, left_out: Mapping[tuple[int, str], tuple[Because, ...]]
) -> Explanation:
    scenario = scenario_for(known.id, as_of)
    currency = creditor(known.creditor_id).currency
    reasons = left_out.get((0, currency), ())
    return Explanation(
        account_number=known.number, item_number="", currency=currency, overdue_minor=0,
        days_past_due=0, effective_days=0, scenario=scenario.code if scenario else "", version=None, stage=None,
        entered_on=None, next=None, because=(Because("nothing_chased" if reasons else "nothing_overdue", {}), *reasons),
        holds=_holds_now(holds([known.id]).get(known.id, ()), as_of),
    )  # fmt: skip


def _explanation(
    number: str,
    case: Case,
    decision: Decision,
    numbers: dict[int, str],
    left_out: tuple[Because, ...],
    as_of: dt.date,
) -> Explanation:
    owed, chased, position = case.situation.owed, case.standing, case.position
    oldest = chased or owed
    days = (as_of - oldest.oldest_due_on).days if oldest else 0
    stage = case.scenario.stages[position.stage_index] if position and position.stage_index >= 0 else None
    pursued = position is not None or isinstance(decision, Advance) or getattr(decision, "opens", False)
    return Explanation(
        account_number=number,
        item_number=numbers.get(case.item_id, ""),
        currency=case.currency,
        overdue_minor=owed.overdue_minor if owed else 0,
        days_past_due=days,
        effective_days=days - case.situation.paused_days,
        scenario=case.scenario.code,
        version=case.scenario.version if pursued else None,
        stage=stage.code if stage else None,
        entered_on=position.stage_entered_on if position and stage else None,
        next=_next_stage(case, decision, as_of),
        because=(*decision.because, *left_out),
        holds=_holds_now(case.holds, as_of),
        item_id=case.item_id,
    )


def _holds_now(known: Sequence[HoldFacts], as_of: dt.date) -> tuple[HoldFacts, ...]:
    return tuple(hold for hold in known if active(hold, as_of))


LONGEST_PLAN = 25
"""How many steps ahead a plan looks; no ladder is longer."""

FURTHEST_DAYS = 800
"""How many days ahead a plan looks."""


def plan_ahead(account_id: int, as_of: dt.date) -> list[PlanStep]:
    """What would happen from `as_of` on if nothing is paid, day by day: the same decisions, each on its own day.

    Items that become overdue on the way join; holds end when they are to end; what would be entered counts as done,
    by people too, unless something else stands in the way of a mandatory stage: then the plan goes on when a hold that is
    to end gives the way free, if any.
    """
    supposed = {(place.account_id, place.item_id, place.currency): place for place in positions([account_id]).values()}
    steps: list[PlanStep] = []
    day: dt.date | None = as_of
    invented = 0
    while day is not None and len(steps) < LONGEST_PLAN and (day - as_of).days <= FURTHEST_DAYS:
        found = list(decisions([account_id], day, Supposition(positions=supposed)))
        numbers = item_numbers([account_id], [case.item_id for case, _ in found if case.item_id])
        following: list[dt.date] = []
        for case, decision in found:
            key = (case.account_id, case.item_id, case.currency)
            if isinstance(decision, Leave):
                supposed.pop(key, None)
                continue
            place = case.position
            if place is None or getattr(decision, "restarts", False):
                invented -= 1
                place = PositionFacts(
                    account_id, invented, case.item_id, case.currency, case.scenario.version_id, day, -1, None, True
                )
            if isinstance(decision, Advance):
                place = moved(place, decision, day)
                stage = case.scenario.stages[decision.stage_index]
                steps.append(
                    PlanStep(
                        day, numbers.get(case.item_id, ""), case.currency, case.scenario.code, stage.code,
                        case.standing.overdue_minor if case.standing else 0, stage.actions, case.refusals,
                        decision.because,
                    )
                )  # fmt: skip
                supposed[key] = replace(place, stage_done=not (stage.mandatory and _stuck(case)))
                following.append(day + dt.timedelta(days=1))
                continue
            held_up = any(reason.code == "mandatory_not_done" for reason in decision.because)
            if held_up and _stuck(case):
                if case.situation.review_on is not None:
                    following.append(case.situation.review_on)
                continue
            if not isinstance(decision, Hold):
                supposed[key] = replace(place, stage_done=True, performed_on=day) if held_up else place
                if held_up:
                    following.append(day + dt.timedelta(days=1))
            if decision.next_review_on is not None:
                following.append(max(decision.next_review_on, day + dt.timedelta(days=1)))
        day = min([*following, *_due_next(account_id, day)], default=None)
    return steps


def _stuck(case: Case) -> bool:
    """Whether an action of the stage cannot happen, whatever a person does about it."""
    return any(refusal not in ("", NEEDS_APPROVAL) for refusal in case.refusals)


def _due_next(account_id: int, after: dt.date) -> list[dt.date]:
    """The first day after this one on which another open item of the account is past due."""
    ahead = [
        item.due_on + dt.timedelta(days=1)
        for item in open_items(account_id, after)
        if item.due_on is not None and item.due_on >= after
    ]
    return [min(ahead)] if ahead else []


def _next_stage(case: Case, decision: Decision, as_of: dt.date) -> NextStage | None:
    """The stage that follows if nothing is paid: today's when one is due now, else the first one ahead."""
    if isinstance(decision, Advance):
        return NextStage(case.scenario.stages[decision.stage_index].code, as_of)
    for reason in decision.because:
        if reason.code == "next_stage":
            return NextStage(reason.data["stage"], dt.date.fromisoformat(reason.data["on"]))
    return None
