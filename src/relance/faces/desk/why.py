"""Why an account stands where it stands: each debt's age with its pauses, the holds, the reasons, and the dated plan."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relance.arrangements.facts import HoldFacts
from relance.arrangements.queries import holds
from relance.arrangements.rules import active, covers, paused_days, pauses
from relance.customers.facts import AccountFacts
from relance.dunning import queries as dunning
from relance.dunning.facts import Explanation, PlannedActionFacts, PlanStep
from relance.dunning.sentences import refusal_sentence
from relance.faces.desk.hold_words import covered, period_told
from relance.faces.desk.labels import label
from relance.faces.desk.scenario_words import action_words
from relance.faces.desk.story import scenario_names, sentences
from relance.faces.desk.templatetags.desk import language
from relance.ledger import queries as ledger
from relance.ledger.facts import OpenItemFacts

EARLIEST, LATEST = dt.date(1990, 1, 1), dt.date(2199, 12, 31)
"""The days that can be explained."""
ITEMS_LOOKED_AT = 50
"""Oldest items among which the one that gives a debt its age is looked for."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A hold that took days out of a debt's age: its name, its days as the reader reads them, and how many."""

    name: str
    days_told: str
    reason: str
    days: int


@dataclass(frozen=True, slots=True)
class Age:
    """How old a debt is: due when, by which item, how many days went by, which of them do not count.

    With `overlap` the pauses share days, which count once. `pauses` is empty when the item could not be told.
    """

    due_on: dt.date
    number: str
    days: int
    paused: int
    effective: int
    pauses: Sequence[Pause]
    overlap: bool


@dataclass(frozen=True, slots=True)
class Debt:
    """One debt of an account: its explanation with the reasons as sentences."""

    told: Explanation
    scenario: str
    reasons: Sequence[str]
    age: Age | None


@dataclass(frozen=True, slots=True)
class HeldNow:
    """A hold that is in force or still to come: what it is called, what it covers, and when."""

    hold: HoldFacts
    name: str
    covers: str
    days_told: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class PlannedAct:
    """An action of the plan in words, and what stands in its way, empty where nothing does."""

    words: str
    obstacle: str
    waits: bool


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """A step of the plan: a stage that would be entered so many days from now, with its actions."""

    step: PlanStep
    days: int
    stage: str
    acts: Sequence[PlannedAct]
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class Decided:
    """An action that was planned on the day being explained, as it stands now."""

    action: PlannedActionFacts
    refusal: str


def day_asked(text: str, today: dt.date) -> dt.date:
    """The day that an address asks about; today when it names none."""
    try:
        asked = dt.date.fromisoformat(text)
    except ValueError:
        return today
    return asked if EARLIEST <= asked <= LATEST else today


def why_context(account: AccountFacts, on: dt.date, today: dt.date) -> dict[str, Any]:
    """Everything the drawer shows about an account on a day; the plan from that day on unless it has gone by."""
    names = scenario_names()
    held = holds([account.id]).get(account.id, ())
    is_past = on < today
    told = dunning.explain_past(account.id, on) if is_past else dunning.explain(account.id, on)
    numbers = ledger.item_numbers([account.id], [hold.item_id for hold in held if hold.item_id])
    return {
        "account": account,
        "on": on,
        "as_of": today,
        "is_past": is_past,
        "is_future": on > today,
        "earliest": EARLIEST,
        "latest": LATEST,
        "debts": [
            Debt(
                entry, names.get(entry.scenario, entry.scenario), sentences(entry.because, entry.currency, names),
                _age(account.id, entry, held, on),
            )
            for entry in told
        ],
        "holds": [_held(hold, numbers, on) for hold in held if not _is_over(hold, on)],
        "plan": [] if is_past else [_planned(step, on, names) for step in dunning.plan_ahead(account.id, on)],
        "decided": [
            Decided(action, refusal_sentence(action.refusal, language()) if action.refusal else "")
            for action in (dunning.actions_planned_on(account.id, on) if on <= today else ())
        ],
    }  # fmt: skip


def _age(account_id: int, told: Explanation, held: Sequence[HoldFacts], on: dt.date) -> Age | None:
    if told.days_past_due <= 0:
        return None
    due_on = on - dt.timedelta(days=told.days_past_due)
    paused = told.days_past_due - told.effective_days
    anchor = _anchor(account_id, told, held, on, due_on, paused)
    found = [] if anchor is None else list(_pauses(anchor, held, on, due_on))
    return Age(
        due_on, anchor.number if anchor else "", told.days_past_due, paused, told.effective_days, found,
        sum(pause.days for pause in found) > paused,
    )  # fmt: skip


def _anchor(
    account_id: int, told: Explanation, held: Sequence[HoldFacts], on: dt.date, due_on: dt.date, paused: int
) -> OpenItemFacts | None:
    """The item that gives a debt its age: due that day, and made younger by as many days."""
    if told.item_id:
        items = ledger.items_of([account_id], on, overdue_only=False, item_ids=[told.item_id]).get(account_id, [])
    else:
        items = list(ledger.open_item_page(account_id, on, currency=told.currency, limit=ITEMS_LOOKED_AT).rows)
    for item in items:
        if item.due_on == due_on and paused_days(held, item.id, item.born_on, due_on, on) == paused:
            return item
    return None


def _pauses(item: OpenItemFacts, held: Sequence[HoldFacts], on: dt.date, due_on: dt.date) -> Sequence[Pause]:
    found = []
    for hold in held:
        if not pauses(hold.kind) or hold.part_minor is not None or not covers(hold, item.id, item.born_on):
            continue
        days = paused_days([hold], item.id, item.born_on, due_on, on)
        if days:
            found.append(Pause(label("hold", hold.kind), _days_told(hold), hold.reason, days))
    return found


def _held(hold: HoldFacts, numbers: Mapping[int, str], on: dt.date) -> HeldNow:
    covers_told = covered(hold.scope, numbers.get(hold.item_id, ""), hold.part_minor, hold.currency, hold.born_before)
    return HeldNow(hold, label("hold", hold.kind), covers_told, _days_told(hold), active(hold, on))


def _is_over(hold: HoldFacts, on: dt.date) -> bool:
    return all(free is not None and free <= on for _since, free in hold.periods)


def _days_told(hold: HoldFacts) -> str:
    """The days on which a hold is in force, the last day included."""
    return ", ".join(
        period_told(since, free and free - dt.timedelta(days=1)) for since, free in hold.periods
    )  # fmt: skip


def _planned(step: PlanStep, on: dt.date, names: Mapping[str, str]) -> PlannedDay:
    acts = []
    for action, refusal in zip(step.actions, step.refusals or ("",) * len(step.actions), strict=True):
        waits = refusal == "needs_approval"
        acts.append(PlannedAct(action_words(action), refusal_sentence(refusal, language()) if refusal else "", waits))
    return PlannedDay(
        step, (step.on - on).days, label("stage", step.stage) if step.stage else "", acts,
        sentences(step.because, step.currency, names),
    )  # fmt: skip
