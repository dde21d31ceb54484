"""The daily cycle as others see it."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from relance.customers.facts import CreditorFacts

LOOK_TASK = "cycle.look"
"""The job that starts the nights whose hour has come."""
LOOK_CRON = "*/10 * * * *"
"""When a worker looks."""
NIGHTLY_AT = dt.time(2, 0)
"""The local hour from which a creditor's night runs, where nobody chose another."""


@dataclass(frozen=True, slots=True)
class StepTime:
    """How long a step took and whether it is done."""

    name: str
    seconds: float
    state: str = "done"
    error: str = ""


@dataclass(frozen=True, slots=True)
class BrokenLaw:
    """A promise that the data does not keep: how many offenders, and the first few by name."""

    law: str
    offenders: int
    examples: Sequence[str] = ()

    def __str__(self) -> str:
        return f"{self.law}: {self.offenders}"


@dataclass(frozen=True, slots=True)
class CycleFigures:
    """One business date's outcome: the contract of `relance cycle --json`.

    `state` is `closed` or `held_open` (a law is broken), empty for a dry run. `failures` counts the accounts whose work
    failed and was set apart. `left_out` says of each creditor that could not be worked why.
    """

    business_date: dt.date
    accounts_evaluated: int
    stages_entered: Mapping[str, int]
    actions: Mapping[str, int]
    messages: Mapping[str, int]
    held: int
    seconds: float
    steps: Sequence[StepTime] = field(default_factory=tuple)
    state: str = ""
    failures: int = 0
    broken_laws: Sequence[BrokenLaw] = ()
    left_out: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """The keys that other programs read."""
        return {
            "business_date": self.business_date.isoformat(),
            "accounts_evaluated": self.accounts_evaluated,
            "stages_entered": dict(self.stages_entered),
            "actions": dict(self.actions),
            "messages": dict(self.messages),
            "held": self.held,
            "failures": self.failures,
            "seconds": round(self.seconds, 3),
            "state": self.state,
            "broken_laws": [{"law": broken.law, "offenders": broken.offenders} for broken in self.broken_laws],
            "left_out": list(self.left_out),
            "steps": [{"name": step.name, "seconds": round(step.seconds, 3)} for step in self.steps],
        }


def add_up(business_date: dt.date, parts: Sequence[CycleFigures], left_out: Sequence[str] = ()) -> CycleFigures:
    """The figures of several creditors' nights of one date as one; held open when one of them is."""
    seconds: dict[str, float] = {}
    for step in (step for part in parts for step in part.steps):
        seconds[step.name] = seconds.get(step.name, 0.0) + step.seconds
    broken = {law.law: law for part in parts for law in part.broken_laws}
    states = {part.state for part in parts}
    return CycleFigures(
        business_date,
        sum(part.accounts_evaluated for part in parts),
        _summed(part.stages_entered for part in parts),
        _summed(part.actions for part in parts),
        _summed(part.messages for part in parts),
        sum(part.held for part in parts),
        sum(part.seconds for part in parts),
        tuple(StepTime(name, taken) for name, taken in seconds.items()),
        "held_open" if "held_open" in states else next(iter(states), ""),
        sum(part.failures for part in parts),
        tuple(broken.values()),
        tuple(left_out),
    )


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(total)


@dataclass(frozen=True, slots=True)
class CycleFacts:
    """A night of one creditor in the journal. `state`: running, held_open, failed, closed."""

    id: int
    business_date: dt.date
    creditor: CreditorFacts
    state: str
    started_at: dt.datetime
    closed_at: dt.datetime | None
    figures: CycleFigures


@dataclass(frozen=True, slots=True)
class StepProgress:
    """How far the step that is being worked has come; accounts per second since it was begun or taken up again."""

    step: str
    chunks_done: int
    chunks: int
    accounts_done: int
    accounts: int
    accounts_per_second: int


@dataclass(frozen=True, slots=True)
class FailureFacts:
    """An account whose work in a step failed: set apart, so that the others went on. `state`: open, solved."""

    id: int
    step: str
    account_id: int
    error: str
    attempts: int
    state: str
    first_at: dt.datetime
    last_at: dt.datetime


@dataclass(frozen=True, slots=True)
class ScheduleFacts:
    """From which local hour a creditor's night runs by itself, and whether it does."""

    creditor: CreditorFacts
    at: dt.time
    active: bool
