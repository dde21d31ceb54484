"""Shapes of dunning: scenarios, facts for a decision, decisions, and what explain tells. Money in minor units."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relance.ledger.facts import Level


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """An action of a stage: the code of a file on the actions shelf, and its parameters."""

    kind: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """A rung of the ladder: what happens from `age_days` past due on, if at least `min_amount` is owed."""

    code: str
    age_days: int
    actions: tuple[ActionSpec, ...]
    mandatory: bool
    min_amount: str


@dataclass(frozen=True, slots=True)
class AppliesTo:
    """The accounts a scenario is for; an empty criterion means any."""

    kind: tuple[str, ...]
    segment: tuple[str, ...]
    credit_class: tuple[str, ...]
    payment_method: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScenarioFacts:
    """One version of a scenario. Amounts are decimal strings in the unit of whatever currency is owed."""

    version_id: int
    code: str
    version: int
    name: Mapping[str, str]
    level: Level
    applies_to: AppliesTo
    priority: int
    enter_min_amount: str
    leave_max_amount: str
    stages: tuple[Stage, ...]
    content: Mapping[str, Any]
    author: str = ""
    published_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class PositionFacts:
    """Where an open episode stands. `stage_index` is the last stage entered, -1 before the first.

    `stage_done` says whether every action of that stage was performed (it matters for mandatory stages).
    """

    account_id: int
    episode_id: int
    item_id: int
    currency: str
    version_id: int
    opened_on: dt.date
    stage_index: int
    stage_entered_on: dt.date | None
    stage_done: bool


@dataclass(frozen=True, slots=True)
class Because:
    """One fact that led to a decision: a code with a sentence in both languages, and its data."""

    code: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Advance:
    """Enter this stage now; `passed` stages before it are passed over."""

    stage_index: int
    passed: tuple[int, ...]
    next_review_on: dt.date | None
    because: tuple[Because, ...]
    opens: bool


@dataclass(frozen=True, slots=True)
class Stay:
    """Nothing happens today. `opens` is true when the episode starts without a stage being due yet."""

    next_review_on: dt.date | None
    because: tuple[Because, ...]
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """The episode closes (or never opens, when there was none)."""

    because: tuple[Because, ...]


Decision = Advance | Stay | Leave


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Effect: send a message through the first channel of `channels` that can reach the customer."""

    channels: tuple[str, ...]
    template: str


Effect = SendMessage


@dataclass(frozen=True, slots=True)
class NextStage:
    """The stage that comes next if nothing is paid, and the day it is due."""

    stage: str
    on: dt.date


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where an account (or one of its items) stands and why: the shape behind `relance explain`."""

    account_number: str
    item_number: str
    currency: str
    overdue_minor: int
    days_past_due: int
    effective_days: int
    scenario: str
    version: int | None
    stage: str | None
    entered_on: dt.date | None
    next: NextStage | None
    because: tuple[Because, ...]


@dataclass(frozen=True, slots=True)
class PlannedActionFacts:
    """An action with its state and its reasons, for the timeline and the desk."""

    id: int
    account_id: int
    scenario: str
    stage: str
    kind: str
    planned_on: dt.date
    state: str
    refusal: str
    because: tuple[Because, ...]
    performed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class PositionRow:
    """An account under pursuit, as lists show it: `overdue_minor` is what its last decision saw."""

    account_id: int
    item_id: int
    currency: str
    scenario: str
    stage: str
    opened_on: dt.date
    stage_entered_on: dt.date | None
    next_review_on: dt.date | None
    overdue_minor: int
    oldest_due_on: dt.date


@dataclass(frozen=True, slots=True)
class StageCount:
    """How many open episodes stand at a stage, and what they owe."""

    scenario: str
    stage: str
    stage_order: int
    currency: str
    episodes: int
    overdue_minor: int
