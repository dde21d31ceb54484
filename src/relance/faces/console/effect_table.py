"""The report on effectiveness as tables for a terminal."""

from typing import TYPE_CHECKING

from relance.insight.facts import EFFECT_WINDOWS, ArmComparison, EffectGroup, EffectReport, EffectWindow, Share
from relance.kit.money import display_amount

if TYPE_CHECKING:
    from rich.table import Table

ARMS_HELP = (
    "Episodes that opened in these months, dealt to the two scenarios by lot. The interval is that of 95 %; while that of "
    "the difference holds 0, chance may have made it."
)


def contacts_table(report: EffectReport) -> "Table":
    """One row per group and one per currency: contacts, then for each window who paid and how much of what was asked."""
    from rich.table import Table
    from rich.text import Text

    table = Table(*(name.capitalize() for name in report.dimensions))
    for name in ("Contacts", "Customers", "Claimed", "New debts"):
        table.add_column(name, justify="right", no_wrap=True)
    for days in EFFECT_WINDOWS:
        table.add_column(f"{days} days", justify="right", no_wrap=True)
    last = report.groups[-1]
    for group in report.groups:
        keys = [_key(group, name) for name in report.dimensions]
        table.add_row(*map(Text, keys), *_figures(group), end_section=group is last)
    for total in report.totals:
        keys = ["total", *[""] * (len(report.dimensions) - 1)]
        table.add_row(*keys, *_figures(total))
    return table


def arms_table(comparison: ArmComparison) -> "Table":
    """Champion, challenger and their difference: one row each, one column per window."""
    from rich.table import Table
    from rich.text import Text

    table = Table("", "Scenario")
    for name in ("Episodes", "Contacted", *(f"{days} days" for days in EFFECT_WINDOWS)):
        table.add_column(name, justify="right", no_wrap=True)
    for name, arm in (("champion", comparison.champion), ("challenger", comparison.challenger)):
        counts = (f"{arm.episode_count:,}", f"{arm.contacted_count:,}")
        table.add_row(name, Text(arm.scenario), *counts, *map(_share, arm.shares))
    gaps = (f"{gap.points:+} ({gap.low:+} to {gap.high:+})" if gap else "–" for gap in comparison.differences)
    table.add_row("difference", "", "", "", *gaps)
    return table


def _key(group: EffectGroup, name: str) -> str:
    if name == "month":
        return f"{group.month:%Y-%m}" if group.month else ""
    return getattr(group, name) or "(none)"


def _figures(group: EffectGroup) -> tuple[str, ...]:
    unknown = f" (+{group.unknown_count:,} unknown)" if group.unknown_count else ""
    return (
        f"{group.contact_count:,}{unknown}",
        f"{group.customer_count:,}",
        display_amount(group.claimed_minor, group.currency, "en"),
        display_amount(group.new_debt_minor, group.currency, "en"),
        *(_window(window, group.currency) for window in group.windows),
    )


def _window(window: EffectWindow, currency: str) -> str:
    if window.is_open:
        return f"running until {window.over_on}" if window.over_on else "–"
    told = f"{window.paying_count:,} paid {display_amount(window.paid_minor, currency, 'en')} ({window.paid_percent} %)"
    running = f"\n{window.running_count:,} running" if window.running_count else ""
    return told + running


def _share(share: Share) -> str:
    return "–" if share.percent is None else f"{share.percent} % ({share.low} to {share.high})"
