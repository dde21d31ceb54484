"""Shapes of policies in the making: drafts and what is wrong or new in them, experiments, and the preview of a draft.

They leave the room through `facts`, like the others. Costs are in minor units of the creditor's currency.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from relance.kit.money import format_amount


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a scenario: its place (`stages[2].actions[1].send.channel`) and what would be right there."""

    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that two scenarios say differently: its place, and a sentence in the reader's language.

    `kind` is `added`, `removed`, `moved` or `changed`.
    """

    place: str
    kind: str
    message: str


class DraftState(StrEnum):
    """A draft is written on, or waits for another person to publish it."""

    EDITING = "editing"
    SUBMITTED = "submitted"


@dataclass(frozen=True, slots=True)
class DraftFacts:
    """The draft of a scenario's next version.

    `revision` grows with every change: whoever writes hands in the one they saw. `writers` are all who wrote its content;
    none of them publishes it. `base_version` is the number of the version it began from, None for a new scenario.
    """

    code: str
    content: Mapping[str, Any]
    author: str
    writers: tuple[str, ...]
    base_version: int | None
    note: str
    state: DraftState
    revision: int
    updated_by: str
    updated_at: dt.datetime


@dataclass(frozen=True, slots=True)
class ExperimentFacts:
    """A champion scenario whose group is shared with a challenger for a fixed period, both days included.

    Of a hundred accounts `share_percent` get the challenger, chosen by a stable hash of `salt` and account number.
    """

    id: int
    code: str
    champion: str
    challenger: str
    share_percent: int
    salt: str
    from_on: dt.date
    until_on: dt.date
    created_by: str
    created_at: dt.datetime
    stopped_on: dt.date | None
    stopped_by: str

    def runs_on(self, day: dt.date) -> bool:
        """Whether new cases of that day are shared between the two."""
        return self.from_on <= day <= self.until_on and (self.stopped_on is None or day < self.stopped_on)

    @property
    def last_on(self) -> dt.date:
        """The last day it ran or will run; the day before its first when it was stopped before it began."""
        if self.stopped_on is None:
            return self.until_on
        return min(self.until_on, self.stopped_on - dt.timedelta(days=1))


@dataclass(frozen=True, slots=True)
class TrialEpisode:
    """An episode that an experiment judges: what it owed when it opened, and what it took.

    `closed_on` is the day its debt was settled, None while it runs or when it ended otherwise. `cost` is an estimate in the
    currency's unit, not rounded: a message may cost less than a cent.
    """

    arm: str
    currency: str
    opened_on: dt.date
    closed_on: dt.date | None
    opened_minor: int
    contact_count: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class PreviewOutcome:
    """What happens to a debt on the day: nothing, or `opens` (before its first stage), `enters` a stage, `leaves`.

    `actions` are those of the stage that would be done, `withheld` those that would not, each with its reason.
    """

    happens: str = ""
    scenario: str = ""
    stage: str = ""
    actions: tuple[str, ...] = ()
    withheld: tuple[tuple[str, str], ...] = ()

    @property
    def told(self) -> str:
        """In one line for a file: `residential/second: send email (second_reminder), late_fee 10.00`."""
        if self.happens != "enters":
            return self.happens
        return f"{self.scenario}/{self.stage}: {', '.join(self.actions)}".rstrip(": ")


@dataclass(frozen=True, slots=True)
class PreviewChange:
    """A debt that would be treated otherwise: what happens to it today, and what would happen under the draft."""

    account_id: int
    account_number: str
    item_number: str
    currency: str
    overdue_minor: int
    today: PreviewOutcome
    then: PreviewOutcome


@dataclass(slots=True)
class PreviewSide:
    """What one policy would do on a day: actions by kind, stages entered by `scenario/stage`, and what it costs.

    `stage_actions` counts actions by stage (`scenario/stage`) and kind, `channels` messages by channel, `refused` actions
    that could not be done by reason. `cost_minor` is an estimate by currency, from the scenarios' own costs per channel or
    action.
    """

    actions: Counter[str] = field(default_factory=Counter)
    stages: Counter[str] = field(default_factory=Counter)
    stage_actions: Counter[tuple[str, str]] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    opened: int = 0
    left: int = 0
    held: int = 0
    cost_minor: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class PreviewReport:
    """A draft tried on the portfolio of a day, beside the policies in force; nothing was changed.

    `changes` holds the first accounts that would be treated otherwise, `accounts_changed` counts them all.
    """

    code: str
    as_of: dt.date
    would: PreviewSide
    today: PreviewSide
    accounts_looked_at: int
    accounts_changed: int
    changes: Sequence[PreviewChange]

    @property
    def currencies(self) -> list[str]:
        """The currencies of the creditors whose accounts cost anything, sorted."""
        return sorted(self.would.cost_minor.keys() | self.today.cost_minor.keys())

    def as_json(self) -> dict[str, Any]:
        """The keys that other programs read; amounts are decimal strings. `cost` is null when currencies differ."""
        costs = [
            {
                "currency": currency,
                "would": format_amount(self.would.cost_minor[currency], currency),
                "today": format_amount(self.today.cost_minor[currency], currency),
            }
            for currency in self.currencies
        ]
        only = costs[0] if len(costs) == 1 else None
        return {
            "scenario": self.code,
            "date": self.as_of.isoformat(),
            "would": dict(sorted(self.would.actions.items())),
            "today": dict(sorted(self.today.actions.items())),
            "accounts_changed": self.accounts_changed,
            "accounts": self.accounts_looked_at,
            "stages": {
                "would": dict(sorted(self.would.stages.items())),
                "today": dict(sorted(self.today.stages.items())),
            },
            "refused": {
                "would": dict(sorted(self.would.refused.items())),
                "today": dict(sorted(self.today.refused.items())),
            },
            "cost": {"would": only["would"], "today": only["today"]} if only else None,
            "currency": only["currency"] if only else None,
            "costs": costs,
        }
