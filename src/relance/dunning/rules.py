"""The decision: what a scenario asks for, given what is overdue and where the episode stands. Pure and total.

docs/reference/decisions.md says it in words.
"""

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import lru_cache

from relance.dunning.criteria import fits
from relance.dunning.facts import (
    Advance,
    Because,
    CatchUp,
    Decision,
    Hold,
    Leave,
    NewItem,
    Passed,
    Person,
    PositionFacts,
    ScenarioFacts,
    Situation,
    Stage,
    Stay,
    WorkingDays,
)
from relance.kit.calendars import is_working_day, on_or_next_working_day, on_or_previous_working_day
from relance.kit.money import threshold_minor
from relance.ledger.facts import Standing

RETRY_DAYS = 7
"""How long a mandatory stage that could not be done waits before its actions are tried again."""


def decide(scenario: ScenarioFacts, situation: Situation, as_of: dt.date) -> Decision:
    """Enter the next stage, stay, be held, or leave.

    An episode opens when at least `enter.min_amount` is chased and closes when at most `leave.max_amount` is owed. One
    stage at most per decision, in order. A stage is due when the oldest chased item has its effective age, and no sooner
    after the stage before it than the scenario's own distance between the two, so that a missed month makes no burst.
    `next_review_on` is the first day on which time alone changes the answer. A decision that `restarts` is taken under
    `situation.fresh`, the scenario that a new episode gets.
    """
    owed, chased, position = situation.owed, situation.chased, situation.position
    owed_minor = owed.overdue_minor if owed else 0
    currency = owed.currency if owed else ""
    limits = _limits(scenario, currency) if owed else None
    if limits is None or owed is None or owed_minor <= limits.leave_minor:
        if position is not None:
            return Leave((Because("settled", {"overdue_minor": owed_minor, "maximum": scenario.leave_max_amount}),))
        if limits is None or owed is None or owed_minor < limits.enter_minor:
            return _below_entry(scenario, owed_minor)
    chased_minor = chased.overdue_minor if chased else 0
    if position is None and chased_minor < limits.enter_minor and not situation.blocked_by:
        return _below_entry(scenario, chased_minor)
    head = _overdue(owed, as_of)
    if situation.blocked_by:
        return Hold(situation.review_on, (head, Because("held", {"kind": situation.blocked_by})))
    if chased is None or chased_minor <= limits.leave_minor:
        left_out = Because("held_out", {"overdue_minor": owed_minor - chased_minor, "currency": currency})
        return Hold(situation.review_on, (head, left_out))
    restarts = scenario.new_item is NewItem.RESTART and _starts_again(situation)
    if restarts and situation.fresh is not None:
        scenario = situation.fresh
        limits = _limits(scenario, currency)
    outline = _outline(
        scenario.version_id, _Same(scenario), currency, bisect_right(limits.steps, chased_minor), chased.oldest_due_on,
        situation.paused_days, None if restarts else _place(position), restarts, situation.person,
        situation.impossible, as_of,
    )  # fmt: skip
    if isinstance(outline, Advance) and not restarts and position is not None:
        stepped_on = _stepped_on(position)
        if stepped_on >= as_of:
            outline = _not_before(_later(stepped_on, 1), scenario.stages[outline.stage_index])
    because = (head, *outline.because)
    if chased is not owed and chased_minor != owed_minor:
        because = (
            head, Because("held_out", {"overdue_minor": owed_minor - chased_minor, "currency": currency}),
            *outline.because,
        )  # fmt: skip
    review_on = outline.next_review_on
    if situation.review_on is not None and (review_on is None or situation.review_on < review_on):
        review_on = situation.review_on
    if isinstance(outline, Advance):
        return Advance(outline.stage_index, outline.passed, review_on, because, outline.opens, outline.restarts)
    return Stay(review_on, because, outline.opens, outline.restarts, outline.blocked)


def _stepped_on(position: PositionFacts) -> dt.date:
    """The day of the case's last step: the last stage entered, or the switch that brought it here."""
    if position.stage_index < 0:
        return position.opened_on - dt.timedelta(days=1)
    return max(position.opened_on, position.stage_entered_on or dt.date.min)


def _not_before(day: dt.date, stage: Stage) -> Stay:
    """At most one step per case and day, whatever is decided how often."""
    return Stay(day, (Because("next_stage", {"stage": stage.code, "on": day.isoformat()}),))


def _below_entry(scenario: ScenarioFacts, overdue_minor: int) -> Leave:
    return Leave((Because("below_entry", {"overdue_minor": overdue_minor, "minimum": scenario.enter_min_amount}),))


@dataclass(frozen=True, slots=True)
class _Limits:
    """The thresholds of a scenario in one currency; between two `steps` every amount gets the same answer."""

    enter_minor: int
    leave_minor: int
    steps: tuple[int, ...]


_limits_known: dict[tuple[int, str], tuple[ScenarioFacts, _Limits]] = {}


def _limits(scenario: ScenarioFacts, currency: str) -> _Limits:
    key = (scenario.version_id, currency)
    known = _limits_known.get(key)
    if known is not None and known[0] is scenario:
        return known[1]
    steps = {threshold_minor(stage.min_amount, currency) for stage in scenario.stages}
    for stage in scenario.stages:
        for bound in (stage.when.min_amount, stage.when.max_amount):
            if bound is not None:
                steps.add(threshold_minor(bound, currency))
    limits = _Limits(
        threshold_minor(scenario.enter_min_amount, currency),
        threshold_minor(scenario.leave_max_amount, currency),
        tuple(sorted(steps)),
    )
    _limits_known[key] = (scenario, limits)
    return limits


class _Same:
    """A scenario as part of a cache's key: the version's number says which it is, drafts are told apart by identity."""

    __slots__ = ("_key", "facts")

    def __init__(self, facts: ScenarioFacts) -> None:
        self.facts = facts
        self._key = facts.version_id or id(facts)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._key == other._key and self.facts is other.facts


def _starts_again(situation: Situation) -> bool:
    """Whether an item became overdue after the stage of the episode was entered; after a switch that kept the place, all
    stages up to it count as entered on the day of the switch, on which the episode opened.
    """
    position, newest_due_on = situation.position, situation.newest_due_on
    return (
        position is not None
        and position.stage_index >= 0
        and position.stage_entered_on is not None
        and newest_due_on is not None
        and newest_due_on >= max(position.stage_entered_on, position.opened_on)
    )


_Place = tuple[int, dt.date | None, dt.date | None, bool]


def _place(position: PositionFacts | None) -> _Place | None:
    if position is None:
        return None
    return (position.stage_index, position.stage_entered_on, position.performed_on, position.stage_done)


@lru_cache(maxsize=65_536)
def _outline(
    version_id: int,  # noqa: ARG001 - makes the key's hash spread
    same: _Same,
    currency: str,
    step: int,
    oldest_due_on: dt.date,
    paused_days: int,
    place: _Place | None,
    restarts: bool,
    person: Person,
    impossible: tuple[tuple[int, tuple[str, ...]], ...],
    as_of: dt.date,
) -> Advance | Stay:
    """The decision without the amounts: a night asks the same few questions for every account.

    `step` says between which thresholds of the scenario the chased amount lies.
    """
    scenario = same.facts
    limits = _limits(scenario, currency)
    amount_minor = limits.steps[step - 1] if step else 0
    because: list[Because] = []
    if paused_days:
        because.append(Because("paused", {"days": paused_days}))
    if restarts:
        because.append(Because("restarted", {}))
    opens = place is None
    if opens and not restarts:
        because.append(Because("episode_opens", {"scenario": scenario.code, "minimum": scenario.enter_min_amount}))
    last, entered_on, performed_on, done = place or (-1, None, None, True)
    if last >= 0 and scenario.stages[last].mandatory and not done:
        because.append(Because("mandatory_not_done", {"stage": scenario.stages[last].code}))
        return Stay(_later(as_of, RETRY_DAYS), tuple(because))
    ladder = _Ladder(scenario, currency, amount_minor, _later(oldest_due_on, paused_days), person, dict(impossible))
    return ladder.climb(last, performed_on or entered_on, as_of, because, opens=opens, restarts=restarts)


@dataclass(slots=True)
class _Ladder:
    """The stages of a scenario before one customer and one amount."""

    scenario: ScenarioFacts
    currency: str
    amount_minor: int
    effective_due_on: dt.date
    person: Person
    impossible: dict[int, tuple[str, ...]]

    def climb(
        self,
        last: int,
        performed_on: dt.date | None,
        as_of: dt.date,
        because: list[Because],
        *,
        opens: bool,
        restarts: bool,
    ) -> Advance | Stay:
        """The first stage after `last` that is due and can happen; under `jump` the last such stage."""
        jumps = self.scenario.catch_up is CatchUp.JUMP
        passed: list[Passed] = []
        chosen: tuple[int, Because] | None = None
        stay_until: dt.date | None = None
        ended = True
        for index in range(last + 1, len(self.scenario.stages)):
            stage = self.scenario.stages[index]
            if not fits(stage.when, self.person, self.amount_minor, self.currency):
                passed.append(Passed(index, "conditions"))
                because.append(Because("conditions", {"stage": stage.code}))
                continue
            due_on = stage_due_on(self.scenario, index, self.effective_due_on, last, performed_on, self.person.country)
            ready_on = _ready_on(stage, due_on, as_of, self.person.country)
            if ready_on > as_of:
                ended = False
                if chosen is None:
                    because.append(Because("next_stage", {"stage": stage.code, "on": ready_on.isoformat()}))
                    stay_until = ready_on
                break
            if self.amount_minor < threshold_minor(stage.min_amount, self.currency):
                because.append(Because("below_minimum", {"stage": stage.code, "minimum": stage.min_amount}))
                if stage.mandatory:
                    because.append(Because("mandatory_holds", {"stage": stage.code}))
                    ended = False
                    break
                passed.append(Passed(index, "below_minimum"))
                continue
            if index in self.impossible and not stage.mandatory:
                refusals = self.impossible[index]
                passed.append(Passed(index, "impossible", refusals))
                because.append(Because("impossible", {"stage": stage.code, "refusals": list(refusals)}))
                continue
            if chosen is not None:
                jumped = self.scenario.stages[chosen[0]].code
                passed.append(Passed(chosen[0], "jumped"))
                because.append(Because("jumped", {"stage": jumped, "to": stage.code}))
            chosen = (
                index,
                Because("stage_due", {"stage": stage.code, "age_days": stage.age_days, "on": due_on.isoformat()}),
            )
            if stage.mandatory or not jumps:
                break
        if chosen is None:
            if ended and not any(entry.reason != "conditions" for entry in passed):
                because.append(Because("ladder_ended", {}))
            blocked = tuple(entry for entry in passed if entry.refusals)
            return Stay(stay_until, tuple(because), opens, restarts, blocked)
        index, reason = chosen
        because.append(reason)
        before = tuple(sorted((entry for entry in passed if entry.stage_index < index), key=lambda e: e.stage_index))
        return Advance(index, before, self._review_on(index, as_of), tuple(because), opens, restarts)

    def _review_on(self, index: int, as_of: dt.date) -> dt.date | None:
        """When to look again after entering this stage."""
        later = [
            stage_due_on(self.scenario, following, self.effective_due_on, index, as_of, self.person.country)
            for following in range(index + 1, len(self.scenario.stages))
        ]
        # Working days may bring a later stage before an earlier one, which is perhaps not for this customer.
        review_on = max(min(later), _later(as_of, 1)) if later else None
        if self.scenario.stages[index].mandatory:
            review_on = min(review_on or dt.date.max, _later(as_of, RETRY_DAYS))
        return review_on


def stage_due_on(
    scenario: ScenarioFacts,
    index: int,
    effective_due_on: dt.date,
    last: int,
    performed_on: dt.date | None,
    country: str = "FR",
) -> dt.date:
    """The first day on which stage `index` may be entered, after stage `last` (-1: none) performed on that day.

    `effective_due_on` is the due date of the oldest chased item, later by the days on which holds paused it.
    """
    stage = scenario.stages[index]
    due_on = _later(effective_due_on, stage.age_days)
    if last >= 0 and performed_on is not None and scenario.catch_up is CatchUp.STEP:
        due_on = max(due_on, _later(performed_on, stage.age_days - scenario.stages[last].age_days))
    if stage.working_day is WorkingDays.NEXT:
        return on_or_next_working_day(due_on, country)
    if stage.working_day is WorkingDays.PREVIOUS:
        return on_or_previous_working_day(due_on, country)
    return due_on


def _ready_on(stage: Stage, due_on: dt.date, as_of: dt.date, country: str) -> dt.date:
    """The day a stage due on `due_on` is entered: at once, or on a working day where the stage asks for one."""
    if due_on >= as_of or stage.working_day is WorkingDays.ON or is_working_day(as_of, country):
        return due_on
    return on_or_next_working_day(as_of, country)


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


def moved(position: PositionFacts, decision: Advance, as_of: dt.date) -> PositionFacts:
    """Where an episode stands once this stage is entered and everything it asks for is done that day."""
    return replace(
        position, stage_index=decision.stage_index, stage_entered_on=as_of, performed_on=as_of, stage_done=True
    )


def place_by_age(scenario: ScenarioFacts, effective_days: int) -> int:
    """The last stage whose age is reached, -1 when none is."""
    return max((index for index, stage in enumerate(scenario.stages) if stage.age_days <= effective_days), default=-1)
