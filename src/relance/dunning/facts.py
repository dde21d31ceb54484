"""Shapes of dunning: scenarios, facts for a decision, decisions, and what explain tells. Money in minor units."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from relance.arrangements.facts import HoldFacts
from relance.dunning.action_facts import Action as Action
from relance.dunning.action_facts import BillInterest as BillInterest
from relance.dunning.action_facts import CallWebhook as CallWebhook
from relance.dunning.action_facts import ChargeIndemnity as ChargeIndemnity
from relance.dunning.action_facts import ChargeLateFee as ChargeLateFee
from relance.dunning.action_facts import Effect as Effect
from relance.dunning.action_facts import FlagForReview as FlagForReview
from relance.dunning.action_facts import GuardedAs as GuardedAs
from relance.dunning.action_facts import MoveCreditClass as MoveCreditClass
from relance.dunning.action_facts import NotifyStaff as NotifyStaff
from relance.dunning.action_facts import OpenWork as OpenWork
from relance.dunning.action_facts import PlaceCreditHold as PlaceCreditHold
from relance.dunning.action_facts import SendMessage as SendMessage
from relance.dunning.episode_facts import EpisodeActionFacts as EpisodeActionFacts
from relance.dunning.episode_facts import EpisodeFacts as EpisodeFacts
from relance.dunning.episode_facts import SwitchFacts as SwitchFacts
from relance.dunning.episode_facts import WaitingActionFacts as WaitingActionFacts
from relance.dunning.policy_facts import Difference as Difference
from relance.dunning.policy_facts import DraftFacts as DraftFacts
from relance.dunning.policy_facts import DraftState as DraftState
from relance.dunning.policy_facts import ExperimentFacts as ExperimentFacts
from relance.dunning.policy_facts import PreviewChange as PreviewChange
from relance.dunning.policy_facts import PreviewOutcome as PreviewOutcome
from relance.dunning.policy_facts import PreviewReport as PreviewReport
from relance.dunning.policy_facts import PreviewSide as PreviewSide
from relance.dunning.policy_facts import Problem as Problem
from relance.dunning.policy_facts import TrialEpisode as TrialEpisode
from relance.dunning.preview_facts import PreviewRunFacts as PreviewRunFacts
from relance.dunning.preview_facts import PreviewWanted as PreviewWanted
from relance.ledger.facts import Level, Standing


class WorkingDays(StrEnum):
    """What a stage does about a due day on which nobody works: keep it, or take the next or previous working day."""

    ON = "on"
    NEXT = "next"
    PREVIOUS = "previous"


class DoneWhen(StrEnum):
    """When the messages of a mandatory stage count as done."""

    PERFORMED = "performed"
    SENT = "sent"
    DELIVERED = "delivered"


class CatchUp(StrEnum):
    """After missed nights: one stage after the other at the scenario's intervals, or the right stage at once."""

    STEP = "step"
    JUMP = "jump"


class NewItem(StrEnum):
    """What a newly overdue item does to a running episode: join it, or start it again."""

    CONTINUE = "continue"
    RESTART = "restart"


class Family(StrEnum):
    """Whether child accounts are dunned with their parent or on their own."""

    APART = "apart"
    TOGETHER = "together"


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """An action of a stage: the code of a file on the actions shelf, and its parameters."""

    kind: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Conditions:
    """Whom a scenario or a stage is for; an empty criterion means any.

    The amount band is of decimal strings, the score band of points; each from its minimum up to, not including, its
    maximum. A customer without a score fits no score band.
    """

    kind: tuple[str, ...] = ()
    segment: tuple[str, ...] = ()
    credit_class: tuple[str, ...] = ()
    payment_method: tuple[str, ...] = ()
    min_amount: str | None = None
    max_amount: str | None = None
    min_score: int | None = None
    max_score: int | None = None
    strategic: bool | None = None


ANYBODY = Conditions()


@dataclass(frozen=True, slots=True)
class Stage:
    """A rung of the ladder: what happens from `age_days` past due on, if at least `min_amount` is owed."""

    code: str
    age_days: int
    actions: tuple[ActionSpec, ...]
    mandatory: bool
    min_amount: str
    when: Conditions = ANYBODY
    working_day: WorkingDays = WorkingDays.ON
    done_when: DoneWhen = DoneWhen.PERFORMED


@dataclass(frozen=True, slots=True)
class ScenarioFacts:
    """One version of a scenario. Amounts are decimal strings in the unit of whatever currency is owed."""

    version_id: int
    code: str
    version: int
    name: Mapping[str, str]
    level: Level
    applies_to: Conditions
    priority: int
    enter_min_amount: str
    leave_max_amount: str
    stages: tuple[Stage, ...]
    content: Mapping[str, Any]
    author: str = ""
    published_at: dt.datetime | None = None
    catch_up: CatchUp = CatchUp.STEP
    new_item: NewItem = NewItem.CONTINUE
    family: Family = Family.APART
    costs: Mapping[str, str] = field(default_factory=dict)
    publisher: str = ""
    effective_on: dt.date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class PositionFacts:
    """Where an open episode stands. `stage_index` is the last stage entered, -1 before the first.

    `stage_done` says whether every action of that stage is done (it matters for mandatory stages); `performed_on` is the
    day from which the interval to the next stage counts, where that is not the day the stage was entered.
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
    performed_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """The criteria of an account that scenarios and stages ask for."""

    kind: str = "consumer"
    segment: str = ""
    credit_class: str = ""
    payment_method: str = ""
    score: int | None = None
    strategic: bool = False
    country: str = "FR"


@dataclass(slots=True)
class Situation:
    """What a decision looks at. `owed` is the debt past due; `chased` the part of it that no hold leaves out today.

    `paused_days` is by how many days holds make the oldest chased item younger. `blocked_by` is the kind of a hold that
    stops every reminder of the account today, `review_on` the first later day on which a hold begins or ends.
    `newest_due_on` and `fresh`, the scenario that a new episode would get, are known only where the scenario may
    start again. `impossible` are optional stages none of whose actions
    can happen, with their reasons. A night makes hundreds of thousands: not frozen, which would triple its price.
    """

    owed: Standing | None
    chased: Standing | None
    position: PositionFacts | None
    person: Person
    paused_days: int = 0
    blocked_by: str = ""
    review_on: dt.date | None = None
    newest_due_on: dt.date | None = None
    fresh: ScenarioFacts | None = None
    impossible: tuple[tuple[int, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Because:
    """One fact that led to a decision: a code with a sentence in both languages, and its data."""

    code: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Passed:
    """A stage that is passed over, and why: `conditions`, `below_minimum`, `jumped`, or the refusals of its actions."""

    stage_index: int
    reason: str
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advance:
    """Enter this stage now; `passed` stages before it are passed over. With `restarts` the running episode ends first."""

    stage_index: int
    passed: tuple[Passed, ...]
    next_review_on: dt.date | None
    because: tuple[Because, ...]
    opens: bool
    restarts: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """Nothing happens today. `opens` is true when the episode starts without a stage being due yet.

    `blocked` are stages that are due and of which no action can happen now; they still may until a later one is entered.
    """

    next_review_on: dt.date | None
    because: tuple[Because, ...]
    opens: bool = False
    restarts: bool = False
    blocked: tuple[Passed, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold keeps the episode where it is, or from opening."""

    next_review_on: dt.date | None
    because: tuple[Because, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """The episode closes (or never opens, when there was none)."""

    because: tuple[Because, ...]


Decision = Advance | Stay | Hold | Leave


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
    holds: tuple[HoldFacts, ...] = ()
    item_id: int = 0


@dataclass(frozen=True, slots=True)
class PlanStep:
    """A day of the dated plan of a debt: the stage that would be entered, with its actions and what stands in their way.

    `refusals` is beside `actions`, empty text where nothing does. A step without stage is a hold or the exit.
    """

    on: dt.date
    item_number: str
    currency: str
    scenario: str
    stage: str
    overdue_minor: int
    actions: tuple[ActionSpec, ...]
    refusals: tuple[str, ...]
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
