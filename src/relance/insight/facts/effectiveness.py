"""Shapes of the report on effectiveness: contacts, what was paid after them, and those who were not contacted."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from relance.insight.facts.figures import Cell, Sheet
from relance.kit.money import exponent, format_amount

EFFECT_DIMENSIONS = ("method", "template", "stage", "month")
"""What contacts are grouped by."""

EFFECT_WINDOWS = (3, 7, 14, 30)
"""How many days after the day of a contact a payment counts, for each figure."""


@dataclass(frozen=True, slots=True)
class EffectWindow:
    """What was paid within so many days of contacts whose days are all over; the others are still running.

    Of `customer_count` contacted customers, of whom `claimed_minor` was asked, `paying_count` paid, `paid_minor` in all.
    The shares in percent are those of the customers, of the claimed amount, and of the new debts of the same months;
    this last one is None while a contact of the group is still running. `over_on` is the day on which none is any more.
    """

    days: int
    contact_count: int
    running_count: int
    customer_count: int
    claimed_minor: int
    paying_count: int
    paid_minor: int
    paying_percent: Decimal | None
    paid_percent: Decimal | None
    new_debt_percent: Decimal | None
    over_on: dt.date | None

    @property
    def is_open(self) -> bool:
        """Whether no contact's days are over, so that there is nothing to tell yet."""
        return self.contact_count == 0


@dataclass(frozen=True, slots=True)
class EffectGroup:
    """The contacts of one group in one currency; a dimension that the report is not grouped by is None.

    `stage` is `scenario/stage`, empty for what no scenario asked for. `unknown_count` messages may or may not have
    arrived, and count nowhere else. `new_debt_minor` of `new_debtor_count` accounts became overdue in the same months.
    """

    method: str | None
    template: str | None
    stage: str | None
    month: dt.date | None
    currency: str
    contact_count: int
    customer_count: int
    unknown_count: int
    claimed_minor: int
    new_debtor_count: int
    new_debt_minor: int
    windows: tuple[EffectWindow, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole in percent with the bounds of its 95 % interval; all None where the whole is nothing."""

    part: int
    whole: int
    percent: Decimal | None
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True, slots=True)
class Difference:
    """By how many points of percent one share is above another, and the bounds of the 95 % interval."""

    points: Decimal
    low: Decimal
    high: Decimal

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0, so that chance alone hardly made it."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class ArmEffect:
    """One arm of an experiment: episodes opened in the period, how many of them had any contact by the report's day, and
    for each window the share settled within so many days of their opening.
    """

    scenario: str
    episode_count: int
    contacted_count: int
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class ArmComparison:
    """The arms of an experiment in one currency; `differences` are the challenger's, None while an arm has no share."""

    experiment: str
    currency: str
    champion: ArmEffect
    challenger: ArmEffect
    differences: tuple[Difference | None, ...]


@dataclass(frozen=True, slots=True)
class EffectReport:
    """What followed the contacts of some months by `as_of`; `totals` has one group per currency.

    `by` is a dimension, or empty for a group of every method, template, stage and month.
    """

    from_on: dt.date
    to_on: dt.date
    as_of: dt.date
    by: str
    groups: tuple[EffectGroup, ...]
    totals: tuple[EffectGroup, ...]
    comparisons: tuple[ArmComparison, ...]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What the groups are told apart by."""
        return (self.by,) if self.by else EFFECT_DIMENSIONS

    def as_json(self) -> dict[str, Any]:
        """The keys that other programs read; amounts and percents are decimal strings, null where there is nothing."""
        return {
            "from": f"{self.from_on:%Y-%m}",
            "to": f"{self.to_on:%Y-%m}",
            "as_of": self.as_of.isoformat(),
            "by": self.by or None,
            "groups": [{**self._keys(group), **_group_json(group)} for group in self.groups],
            "totals": [_group_json(group) for group in self.totals],
            "experiments": [_comparison_json(comparison) for comparison in self.comparisons],
        }

    def as_sheet(self) -> Sheet:
        """One row per group; a figure of a window that no contact has behind it is left blank."""
        columns = tuple(
            f"{name}_{days}"
            for days in EFFECT_WINDOWS
            for name in (
                "running", "customers_over", "paying", "paying_percent", "paid", "paid_percent", "of_new_debts_percent",
            )
        )  # fmt: skip
        return Sheet(
            (
                "as_of", *self.dimensions, "currency", "contacts", "customers", "unknown", "claimed",
                "new_debt_customers", "new_debts", *columns,
            ),
            [
                (
                    self.as_of.isoformat(), *self._keys(group).values(), group.currency, group.contact_count,
                    group.customer_count, group.unknown_count, _decimal(group.claimed_minor, group.currency),
                    group.new_debtor_count, _decimal(group.new_debt_minor, group.currency),
                    *(cell for window in group.windows for cell in _window_cells(window, group.currency)),
                )
                for group in self.groups
            ],
        )  # fmt: skip

    def _keys(self, group: EffectGroup) -> dict[str, str]:
        found = {name: getattr(group, name) for name in self.dimensions}
        return {name: f"{key:%Y-%m}" if isinstance(key, dt.date) else key or "" for name, key in found.items()}


def _group_json(group: EffectGroup) -> dict[str, Any]:
    def amount(minor: int) -> str:
        return format_amount(minor, group.currency)

    return {
        "currency": group.currency,
        "contacts": group.contact_count,
        "customers": group.customer_count,
        "unknown": group.unknown_count,
        "claimed": amount(group.claimed_minor),
        "new_debts": {"customers": group.new_debtor_count, "amount": amount(group.new_debt_minor)},
        "windows": {
            str(window.days): {
                "over_on": window.over_on.isoformat() if window.over_on else None,
                "running": window.running_count,
                "contacts": window.contact_count,
                "customers": window.customer_count,
                "claimed": amount(window.claimed_minor),
                "paying": None if window.is_open else window.paying_count,
                "paying_percent": _text(window.paying_percent),
                "paid": None if window.is_open else amount(window.paid_minor),
                "paid_percent": _text(window.paid_percent),
                "of_new_debts_percent": _text(window.new_debt_percent),
            }
            for window in group.windows
        },
    }


def _window_cells(window: EffectWindow, currency: str) -> tuple[Cell, ...]:
    if window.is_open:
        return (window.running_count, 0, None, None, None, None, None)
    return (
        window.running_count, window.customer_count, window.paying_count, window.paying_percent,
        _decimal(window.paid_minor, currency), window.paid_percent, window.new_debt_percent,
    )  # fmt: skip


def _comparison_json(comparison: ArmComparison) -> dict[str, Any]:
    return {
        "experiment": comparison.experiment,
        "currency": comparison.currency,
        "champion": _arm_json(comparison.champion),
        "challenger": _arm_json(comparison.challenger),
        "differences": {
            str(days): {"points": f"{gap.points}", "low": f"{gap.low}", "high": f"{gap.high}"} if gap else None
            for days, gap in zip(EFFECT_WINDOWS, comparison.differences, strict=True)
        },
    }


def _arm_json(arm: ArmEffect) -> dict[str, Any]:
    return {
        "scenario": arm.scenario,
        "episodes": arm.episode_count,
        "contacted": arm.contacted_count,
        "windows": {
            str(days): {
                "episodes": share.whole,
                "settled": share.part,
                "percent": _text(share.percent),
                "low": _text(share.low),
                "high": _text(share.high),
            }
            for days, share in zip(EFFECT_WINDOWS, arm.shares, strict=True)
        },
    }


def _decimal(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-exponent(currency))


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value}"
