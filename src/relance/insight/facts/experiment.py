"""Shapes of the report on an experiment: a champion scenario beside its challenger."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from relance.insight.facts.figures import Cell, Sheet
from relance.kit.money import format_amount


class Verdict(StrEnum):
    """What the interval of a difference allows to say of the challenger."""

    BETTER = "better"
    WORSE = "worse"
    TOO_EARLY = "too_early"


@dataclass(frozen=True, slots=True)
class Gap:
    """By how many points of percent the challenger's share is above the champion's, and between which bounds (95 %)."""

    points: Decimal
    low: Decimal
    high: Decimal
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """One arm of an experiment in one currency.

    `opened_count` episodes began in the period; those whose `days` have passed are judged, and of these `paid_count` were
    settled within them. Amounts are what was owed when the judged episodes opened. Contacts and cost (in the currency's
    unit) are those of the judged episodes.
    """

    scenario: str
    opened_count: int
    judged_count: int
    paid_count: int
    paid_percent: Decimal | None
    owed_minor: int
    paid_minor: int
    paid_amount_percent: Decimal | None
    contacts_per_episode: Decimal | None
    cost: Decimal
    cost_per_episode: Decimal | None


@dataclass(frozen=True, slots=True)
class ExperimentGroup:
    """An experiment's outcome in one currency; the gaps are None while an arm has no judged episode."""

    currency: str
    champion: ArmFigures
    challenger: ArmFigures
    episode_gap: Gap | None
    amount_gap: Gap | None


@dataclass(frozen=True, slots=True)
class ExperimentReport:
    """What came of an experiment by `as_of`, per currency; an episode is judged `days` after it opened."""

    code: str
    from_on: dt.date
    last_on: dt.date
    as_of: dt.date
    days: int
    groups: tuple[ExperimentGroup, ...]

    def as_sheet(self) -> Sheet:
        """One row per currency and arm; the gaps stand on the challenger's row."""
        rows: list[tuple[Cell, ...]] = []
        for group in self.groups:
            for arm, figures in (("champion", group.champion), ("challenger", group.challenger)):
                is_challenger = arm == "challenger"
                rows.append(
                    (
                        self.code, self.as_of.isoformat(), group.currency, arm, figures.scenario,
                        figures.opened_count, figures.judged_count, figures.paid_count, figures.paid_percent,
                        format_amount(figures.owed_minor, group.currency),
                        format_amount(figures.paid_minor, group.currency), figures.paid_amount_percent,
                        figures.contacts_per_episode, figures.cost, figures.cost_per_episode,
                        *_gap_cells(group.episode_gap if is_challenger else None),
                        *_gap_cells(group.amount_gap if is_challenger else None),
                    )
                )  # fmt: skip
        return Sheet(
            (
                "experiment", "as_of", "currency", "arm", "scenario", "opened", "judged", "paid", "paid_percent",
                "owed_amount", "paid_amount", "paid_amount_percent", "contacts_per_episode", "cost",
                "cost_per_episode", "gap_points", "gap_low", "gap_high", "gap_verdict", "amount_gap_points",
                "amount_gap_low", "amount_gap_high", "amount_gap_verdict",
            ),
            rows,
        )  # fmt: skip


def _gap_cells(gap: Gap | None) -> tuple[Cell, ...]:
    return (gap.points, gap.low, gap.high, gap.verdict.value) if gap else ("", "", "", "")
