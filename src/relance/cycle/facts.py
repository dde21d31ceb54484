"""The daily cycle as others see it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StepTime:
    """How long a step took and whether it is done."""

    name: str
    seconds: float
    state: str = "done"
    error: str = ""


@dataclass(frozen=True, slots=True)
class CycleFigures:
    """One business date's outcome: the contract of `relance cycle --json`."""

    business_date: dt.date
    accounts_evaluated: int
    stages_entered: Mapping[str, int]
    actions: Mapping[str, int]
    messages: Mapping[str, int]
    held: int
    seconds: float
    steps: Sequence[StepTime] = field(default_factory=tuple)

    def as_json(self) -> dict[str, Any]:
        """The keys that other programs read."""
        return {
            "business_date": self.business_date.isoformat(),
            "accounts_evaluated": self.accounts_evaluated,
            "stages_entered": dict(self.stages_entered),
            "actions": dict(self.actions),
            "messages": dict(self.messages),
            "held": self.held,
            "seconds": round(self.seconds, 3),
            "steps": [{"name": step.name, "seconds": round(step.seconds, 3)} for step in self.steps],
        }


@dataclass(frozen=True, slots=True)
class CycleFacts:
    """A cycle in the journal."""

    business_date: dt.date
    state: str
    started_at: dt.datetime
    closed_at: dt.datetime | None
    figures: CycleFigures
