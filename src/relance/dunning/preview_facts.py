"""What is known of a preview that a job makes: how far it is, and the kept report, to and from JSON."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relance.dunning.policy_facts import PreviewChange, PreviewOutcome, PreviewReport, PreviewSide


@dataclass(frozen=True, slots=True)
class PreviewWanted:
    """A preview run waits for a worker."""

    run_id: int


@dataclass(frozen=True, slots=True)
class PreviewRunFacts:
    """A run: `state` is queued, running, done, failed, or lost when its worker ended before it did.

    `digest` is of the content it tries. `waited_seconds` is how long ago it was asked for. `report` is there when done.
    """

    id: int
    code: str
    digest: str
    as_of: dt.date
    state: str
    done_count: int
    total_count: int
    error: str
    requested_by: str
    requested_at: dt.datetime
    waited_seconds: int
    report: PreviewReport | None

    @property
    def under_way(self) -> bool:
        """Whether its result is still to come."""
        return self.state in {"queued", "running"}


def written(report: PreviewReport) -> tuple[dict[str, Any], list[list[Any]]]:
    """A report as JSON for keeping: its figures, and its changes in rows of their own."""
    figures = {
        "would": _side_written(report.would),
        "today": _side_written(report.today),
        "looked_at": report.accounts_looked_at,
        "changed": report.accounts_changed,
    }
    rows = [
        [
            change.account_id, change.account_number, change.item_number, change.currency, change.overdue_minor,
            _outcome_written(change.today), _outcome_written(change.then),
        ]
        for change in report.changes
    ]  # fmt: skip
    return figures, rows


def read(code: str, as_of: dt.date, figures: Mapping[str, Any], rows: list[list[Any]]) -> PreviewReport:
    """The report that `written` wrote."""
    changes = [
        PreviewChange(account_id, number, item, currency, overdue_minor, _outcome_read(today), _outcome_read(then))
        for account_id, number, item, currency, overdue_minor, today, then in rows
    ]
    return PreviewReport(
        code, as_of, _side_read(figures["would"]), _side_read(figures["today"]), figures["looked_at"],
        figures["changed"], changes,
    )  # fmt: skip


def _side_written(side: PreviewSide) -> dict[str, Any]:
    return {
        "actions": side.actions,
        "stages": side.stages,
        "stage_actions": [[place, kind, times] for (place, kind), times in side.stage_actions.items()],
        "channels": side.channels,
        "refused": side.refused,
        "opened": side.opened,
        "left": side.left,
        "held": side.held,
        "cost_minor": side.cost_minor,
    }


def _side_read(kept: Mapping[str, Any]) -> PreviewSide:
    return PreviewSide(
        Counter(kept["actions"]),
        Counter(kept["stages"]),
        Counter({(place, kind): times for place, kind, times in kept["stage_actions"]}),
        Counter(kept["channels"]),
        Counter(kept["refused"]),
        kept["opened"],
        kept["left"],
        kept["held"],
        Counter(kept["cost_minor"]),
    )


def _outcome_written(outcome: PreviewOutcome) -> list[Any]:
    return [outcome.happens, outcome.scenario, outcome.stage, outcome.actions, outcome.withheld]


def _outcome_read(kept: list[Any]) -> PreviewOutcome:
    happens, scenario, stage, actions, withheld = kept
    return PreviewOutcome(happens, scenario, stage, tuple(actions), tuple((told, why) for told, why in withheld))
