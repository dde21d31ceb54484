"""The first page: what is overdue, what came in, who stands where, and whether last night went well."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from relance.cycle import queries as cycle
from relance.dunning import queries as dunning
from relance.dunning.facts import StageCount
from relance.faces.desk.access import StaffRequest, needs
from relance.faces.desk.day import as_of
from relance.faces.desk.story import scenario_names
from relance.insight.facts import AgeingGroup
from relance.insight.reports.ageing import REPORT as AGEING
from relance.ledger import queries as ledger
from relance.outbound import queries as outbound
from relance.staff.facts import Permission

_WAITING = ("prepared", "released", "sending")
_TROUBLED = ("failed", "unknown")


@dataclass(frozen=True, slots=True)
class AgeingBars:
    """One currency's ageing. Bars of overdue bands are drawn to the largest of them: beside what is not yet due, which
    is nearly everything, they would all be hairlines.
    """

    group: AgeingGroup

    @property
    def largest_minor(self) -> int:
        """The largest overdue band."""
        return max((bucket.amount_minor for bucket in self.group.buckets[1:]), default=0)

    @property
    def open_minor(self) -> int:
        """Everything open, due or not, dated or not."""
        return sum(bucket.amount_minor for bucket in self.group.buckets) + self.group.not_dated.amount_minor

    @property
    def parts(self) -> list[tuple[int, str]]:
        """Amount and colour of each band, for the one bar of all."""
        return [(amount, tone) for _label, _items, amount, tone in self.bars]

    @property
    def bars(self) -> list[tuple[str, int, int, str]]:
        """Label, items, amount and colour of each band."""
        return [
            (bucket.label, bucket.item_count, bucket.amount_minor, f"age-{min(place, 4)}")
            for place, bucket in enumerate(self.group.buckets)
        ]


@dataclass(frozen=True, slots=True)
class Ladder:
    """The open episodes of one scenario in one currency, stage by stage."""

    code: str
    name: str
    currency: str
    stages: Sequence[StageCount]

    @property
    def largest(self) -> int:
        """The most episodes at one stage."""
        return max(stage.episodes for stage in self.stages)

    @property
    def episodes(self) -> int:
        """Open episodes in all."""
        return sum(stage.episodes for stage in self.stages)

    @property
    def overdue_minor(self) -> int:
        """What they owe in all."""
        return sum(stage.overdue_minor for stage in self.stages)


@needs(Permission.SEE_ACCOUNTS)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """The page, whose heavier panels follow by themselves."""
    today = as_of()
    month_start = today.replace(day=1)
    states = outbound.state_counts() if request.user.may(Permission.SEE_MESSAGES) else {}
    cycles = cycle.cycles(limit=30) if request.user.may(Permission.SEE_CYCLES) else []
    by_night: dict[dt.date, int] = {}
    for entry in reversed(cycles):
        by_night[entry.business_date] = by_night.get(entry.business_date, 0) + sum(entry.figures.messages.values())
    context = {
        "as_of": today,
        "month_start": month_start,
        "received": _received(today, month_start),
        "waiting": sum(states.get(state, 0) for state in _WAITING),
        "troubled": sum(states.get(state, 0) for state in _TROUBLED),
        "sent": states.get("sent", 0),
        "last_cycle": next(iter(cycles), None),
        "first_shown": cycles[-1].business_date if cycles else None,
        "messages_by_night": list(by_night.values()),
    }
    return render(request, "desk/home.html", context)


@needs(Permission.SEE_ACCOUNTS)
@require_safe
def ageing_panel(request: StaffRequest) -> HttpResponse:
    """What is owed by age, per currency: reads every open item, so it comes after the page."""
    report = AGEING.query(as_of(), by="all")
    ages = [AgeingBars(group) for group in report.groups]
    return render(request, "desk/home_ageing.html", {"ages": ages, "as_of": report.as_of})


@needs(Permission.SEE_ACCOUNTS)
@require_safe
def limitation_tile(request: StaffRequest) -> HttpResponse:
    """A tile per currency with what becomes time-barred soon, the nearest alert that counts; nothing when none does."""
    soon: dict[str, tuple[int, int, int]] = {}
    for days, found in sorted(ledger.expiring_counts(as_of()).items()):
        for currency, (count, minor) in found.items():
            soon.setdefault(currency, (days, count, minor))
    return render(request, "desk/home_limitation.html", {"soon": sorted(soon.items())})


@needs(Permission.SEE_ACCOUNTS)
@require_safe
def stages_panel(request: StaffRequest) -> HttpResponse:
    """Open episodes by stage, per scenario and currency."""
    names = scenario_names()
    found: dict[tuple[str, str], list[StageCount]] = {}
    for row in dunning.stage_counts():
        found.setdefault((row.scenario, row.currency), []).append(row)
    ladders = [
        Ladder(code, names.get(code, code), currency, sorted(rows, key=lambda row: row.stage_order))
        for (code, currency), rows in found.items()
    ]
    return render(request, "desk/home_stages.html", {"ladders": ladders})


def _received(today: dt.date, month_start: dt.date) -> list[tuple[str, tuple[int, int], tuple[int, int]]]:
    """Per currency: count and amount of today, then of the month so far."""
    of_month, of_today = ledger.received(month_start, today), ledger.received(today, today)
    return [(currency, of_today.get(currency, (0, 0)), figures) for currency, figures in sorted(of_month.items())]
