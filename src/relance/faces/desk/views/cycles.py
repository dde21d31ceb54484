"""The journal of the daily cycle."""

import datetime as dt

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from relance.cycle import queries
from relance.faces.desk.access import StaffRequest, needs
from relance.faces.desk.story import scenario_names
from relance.staff.facts import Permission

PAGE = 60


@needs(Permission.SEE_CYCLES)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """Business dates, newest first."""
    before = None
    try:
        before = dt.date.fromisoformat(request.GET.get("before", ""))
    except ValueError:
        before = None
    found = queries.cycles(limit=PAGE + 1, before=before)
    shown = found[:PAGE]
    context = {
        "cycles": shown,
        "before": before,
        "next_before": shown[-1].business_date if len(found) > PAGE else None,
        "slowest": max((entry.figures.seconds for entry in shown), default=0),
    }
    return render(request, "desk/cycles.html", context)


@needs(Permission.SEE_CYCLES)
@require_safe
def one(request: StaffRequest, business_date: dt.date) -> HttpResponse:
    """One business date: its steps, their seconds, and its figures."""
    found = queries.cycle(business_date)
    if found is None:
        raise Http404
    names = scenario_names()
    stages = [
        (names.get(key.partition("/")[0], key.partition("/")[0]), key.partition("/")[2], figure)
        for key, figure in sorted(found.figures.stages_entered.items())
    ]
    context = {
        "cycle": found,
        "stages": stages,
        "most": max((figure for *_names, figure in stages), default=0),
        "slowest": max((step.seconds for step in found.figures.steps), default=0),
    }
    return render(request, "desk/cycle.html", context)
