"""The decision: what a scenario asks for, given what is overdue and where the episode stands. Pure and total."""

import datetime as dt
from functools import lru_cache

from relance.dunning.facts import (
    Advance,
    Because,
    Decision,
    Leave,
    PositionFacts,
    ScenarioFacts,
    Stay,
)
from relance.kit.money import threshold_minor
from relance.ledger.facts import Standing

RETRY_DAYS = 7
"""How long a mandatory stage that could not be done waits before its actions are tried again."""


def decide(
    scenario: ScenarioFacts, standing: Standing | None, position: PositionFacts | None, as_of: dt.date
) -> Decision:
    """Enter the next stage, stay, or leave.

    An episode opens when at least `enter.min_amount` is overdue and closes at or below `leave.max_amount`. One stage at
    most per decision, in order. A stage is due when the oldest overdue item has its age, and no sooner after the stage
    before it than the scenario's own distance between the two, so that a missed month makes no burst. A stage whose
    minimum the debt does not reach waits; once a later one is due it is passed over, unless it is mandatory.
    `next_review_on` is the first day on which time alone changes the answer.
    """
    overdue_minor = standing.overdue_minor if standing else 0
    if position is None:
        if standing is None or overdue_minor < threshold_minor(scenario.enter_min_amount, standing.currency):
            return Leave(
                (Because("below_entry", {"overdue_minor": overdue_minor, "minimum": scenario.enter_min_amount}),)
            )
    elif standing is None or overdue_minor <= threshold_minor(scenario.leave_max_amount, standing.currency):
        return Leave((Because("settled", {"overdue_minor": overdue_minor, "maximum": scenario.leave_max_amount}),))
    return _next(scenario, standing, position, as_of)


def _next(scenario: ScenarioFacts, standing: Standing, position: PositionFacts | None, as_of: dt.date) -> Decision:
    opens = position is None
    because = [_overdue(standing, as_of)]
    if opens:
        because.append(Because("episode_opens", {"scenario": scenario.code, "minimum": scenario.enter_min_amount}))
    last = position.stage_index if position else -1
    if position and last >= 0 and scenario.stages[last].mandatory and not position.stage_done:
        because.append(Because("mandatory_not_done", {"stage": scenario.stages[last].code}))
        return Stay(as_of + dt.timedelta(days=RETRY_DAYS), tuple(because))
    entered_on = position.stage_entered_on if position else None
    passed: list[int] = []
    for index in range(last + 1, len(scenario.stages)):
        stage = scenario.stages[index]
        due_on = stage_due_on(scenario, index, standing.oldest_due_on, last, entered_on)
        if due_on > as_of:
            because.append(Because("next_stage", {"stage": stage.code, "on": due_on.isoformat()}))
            return Stay(due_on, tuple(because), opens)
        if standing.overdue_minor < threshold_minor(stage.min_amount, standing.currency):
            because.append(Because("below_minimum", {"stage": stage.code, "minimum": stage.min_amount}))
            if stage.mandatory:
                because.append(Because("mandatory_holds", {"stage": stage.code}))
                return Stay(None, tuple(because), opens)
            passed.append(index)
            continue
        because.append(
            Because("stage_due", {"stage": stage.code, "age_days": stage.age_days, "on": due_on.isoformat()})
        )
        review_on = None
        if index + 1 < len(scenario.stages):
            review_on = stage_due_on(scenario, index + 1, standing.oldest_due_on, index, as_of)
        if stage.mandatory:
            review_on = min(review_on or dt.date.max, as_of + dt.timedelta(days=RETRY_DAYS))
        return Advance(index, tuple(passed), review_on, tuple(because), opens)
    if not passed:
        because.append(Because("ladder_ended", {}))
    return Stay(None, tuple(because), opens)


def stage_due_on(
    scenario: ScenarioFacts, index: int, oldest_due_on: dt.date, last: int, entered_on: dt.date | None
) -> dt.date:
    """The first day on which stage `index` may be entered, after stage `last` (-1: none) entered on `entered_on`."""
    age_days = scenario.stages[index].age_days
    if last < 0 or entered_on is None:
        return _later(oldest_due_on, age_days)
    return max(_later(oldest_due_on, age_days), _later(entered_on, age_days - scenario.stages[last].age_days))


@lru_cache(maxsize=16_384)
def _later(day: dt.date, days: int) -> dt.date:
    """The day so many days later; a night asks the same few questions for every account."""
    return day + dt.timedelta(days=days)


def _overdue(standing: Standing, as_of: dt.date) -> Because:
    return Because(
        "overdue",
        {
            "overdue_minor": standing.overdue_minor,
            "currency": standing.currency,
            "items": standing.item_count,
            "oldest_due_on": standing.oldest_due_on.isoformat(),
            "days": (as_of - standing.oldest_due_on).days,
        },
    )


def choose(
    scenarios: list[ScenarioFacts], kind: str, segment: str, credit_class: str, payment_method: str
) -> ScenarioFacts | None:
    """The scenario for an account with these criteria: the matching one with the highest priority, then by code.

    `scenarios` are in that order already. None when nothing matches, which a default without criteria prevents.
    """
    for scenario in scenarios:
        rule = scenario.applies_to
        if (
            (not rule.kind or kind in rule.kind)
            and (not rule.segment or segment in rule.segment)
            and (not rule.credit_class or credit_class in rule.credit_class)
            and (not rule.payment_method or payment_method in rule.payment_method)
        ):
            return scenario
    return None
