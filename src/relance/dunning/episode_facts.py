"""Shapes of episodes as screens tell them: where one stood and stands, its actions, and the actions that wait for a person.

They leave the room through `facts`, like the others.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relance.dunning.facts import Because


@dataclass(frozen=True, slots=True)
class EpisodeFacts:
    """An episode, open or closed. `item_id` is 0 and `item_number` empty when it is about the whole account.

    `stage_index` and `stage_entered_on` are the last stage entered, -1 and None before the first. `next_review_on` and
    `overdue_minor` are of its last decision, None once it is closed. `ending` is empty when the debt was settled, else
    `switched` or `restarted`. After a switch by age it began behind stage `began_index`, else that is -1.
    """

    id: int
    account_id: int
    item_id: int
    item_number: str
    currency: str
    version_id: int
    scenario: str
    version: int
    opened_on: dt.date
    opened_minor: int
    closed_on: dt.date | None
    ending: str
    began_index: int
    began_performed_on: dt.date | None
    stage: str
    stage_index: int
    stage_entered_on: dt.date | None
    next_review_on: dt.date | None
    overdue_minor: int | None


@dataclass(frozen=True, slots=True)
class EpisodeActionFacts:
    """An action of an episode; `answered_by` is who approved or declined it and `answer_reason` why, empty where nobody was
    asked or no reason was given.
    """

    id: int
    stage_index: int
    stage: str
    ordinal: int
    kind: str
    planned_on: dt.date
    state: str
    refusal: str
    because: tuple[Because, ...]
    performed_at: dt.datetime | None
    performed_on: dt.date | None
    answered_by: str
    answer_reason: str


@dataclass(frozen=True, slots=True)
class SwitchFacts:
    """A person's move of a running episode to another scenario, and the episode that follows it."""

    episode_id: int
    next_episode_id: int
    keep_place: bool
    effective_on: dt.date
    switched_by: str
    switched_at: dt.datetime


@dataclass(frozen=True, slots=True)
class WaitingActionFacts:
    """An action that waits for a person's approval; `overdue_minor` is what the episode's last decision saw."""

    id: int
    account_id: int
    episode_id: int
    item_id: int
    item_number: str
    currency: str
    version_id: int
    scenario: str
    stage_index: int
    stage: str
    ordinal: int
    kind: str
    planned_on: dt.date
    overdue_minor: int
    because: tuple[Because, ...]
