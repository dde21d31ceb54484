"""Actions that wait for approval in words, for the queue and for the page of an account."""

from collections.abc import Sequence
from dataclasses import dataclass

from relance.dunning import queries as dunning
from relance.dunning.facts import WaitingActionFacts
from relance.faces.desk.scenario_words import action_words


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """An action that waits, and what it would do in words."""

    action: WaitingActionFacts
    words: str


def waiting_rows(waiting: Sequence[WaitingActionFacts]) -> list[WaitingRow]:
    """These actions in words."""
    return [
        WaitingRow(action, action_words(dunning.action_spec(action.version_id, action.stage_index, action.ordinal)))
        for action in waiting
    ]
