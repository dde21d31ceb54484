"""The journal of the daily cycle: nights per creditor, their progress and failures, and when they run by themselves."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relance.customers.queries import accounts
from relance.cycle import queries, services
from relance.cycle.facts import CycleFacts, FailureFacts, ScheduleFacts
from relance.faces.desk.access import StaffRequest, needs, plain, whole_number
from relance.faces.desk.cycle_forms import ScheduleForm
from relance.faces.desk.story import scenario_names
from relance.kit.refusal import Refusal
from relance.staff.facts import Permission
from relance.staff.services import record_audit

PAGE = 60


@dataclass(frozen=True, slots=True)
class Night:
    """A cycle with the state that the page shows: one that says it is running may have been killed."""

    cycle: CycleFacts
    state: str


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A failure with the number of its account."""

    failure: FailureFacts
    number: str


@needs(Permission.SEE_CYCLES)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """Nights by business date, newest first, of every creditor or of one."""
    before = _place(request.GET.get("before", ""))
    creditor_id = whole_number(request.GET.get("creditor", ""))
    found = queries.cycles(limit=PAGE + 1, before=before, creditor_id=creditor_id)
    shown = found[:PAGE]
    creditors = sorted({cycle.creditor.id: cycle.creditor for cycle in shown}.values(), key=lambda known: known.name)
    last = shown[-1] if len(found) > PAGE else None
    context = {
        "nights": _nights(shown),
        "several": creditor_id is not None or len(creditors) > 1,
        "creditors": creditors,
        "creditor": creditor_id,
        "before": before,
        "next_before": f"{last.business_date.isoformat()}|{last.creditor.id}" if last else None,
    }
    return render(request, "desk/cycles.html", context)


@needs(Permission.SEE_CYCLES)
@require_safe
def one(request: StaffRequest, business_date: dt.date) -> HttpResponse:
    """One business date: its only night, or the nights of its creditors to choose from."""
    found = queries.cycles_of(business_date)
    if not found:
        raise Http404
    if len(found) == 1:
        return _one(request, found[0])
    return render(request, "desk/cycles.html", {"nights": _nights(found), "several": True, "day": business_date})


@needs(Permission.SEE_CYCLES)
@require_safe
def of_creditor(request: StaffRequest, business_date: dt.date, code: str) -> HttpResponse:
    """The night of one creditor: its steps, their seconds, its figures, and what failed."""
    return _one(request, _night(business_date, code))


@needs(Permission.SEE_CYCLES)
@require_safe
def progress(request: StaffRequest, business_date: dt.date, code: str) -> HttpResponse:
    """How far a running night has come, asked again every two seconds; when it has ended, the page loads anew."""
    found = _night(business_date, code)
    if not _is_running(found):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "desk/cycle_progress.html", {"cycle": found, "progress": queries.step_progress(found.id)})


@needs(Permission.MANAGE_CYCLE)
@require_POST
def retry(request: StaffRequest, failure_id: int) -> HttpResponse:
    """Try an account again that failed in a night."""
    found = queries.failure(failure_id)
    if found is None:
        raise Http404
    failed, night = found
    try:
        with transaction.atomic():
            failed = services.retry_failure(failure_id)
            record_audit(
                request.user,
                "failure_retried",
                f"{night.business_date.isoformat()} {night.creditor.code}",
                {"account": _numbers([failed])[failed.account_id], "step": failed.step, "state": failed.state},
            )
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        if failed.state == "solved":
            messages.success(request, _("This time it worked."))
        else:
            messages.error(request, _("It failed again: %(error)s") % {"error": failed.error})
    return redirect("desk:cycle_of", night.business_date, night.creditor.code)


@needs(Permission.MANAGE_CYCLE)
@require_http_methods(["GET", "POST"])
def schedule(request: StaffRequest) -> HttpResponse:
    """From which hour each creditor's night runs by itself."""
    known = queries.schedules()
    posted, status = None, 200
    if request.method == "POST":
        chosen = next((entry for entry in known if str(entry.creditor.id) == request.POST.get("creditor")), None)
        if chosen is None:
            raise Http404
        posted = _schedule_form(chosen, request)
        if posted.is_valid():
            _set_schedule(request, chosen, posted)
            return redirect("desk:cycle_hours")
        status = 422
    rows = [
        (entry, posted if posted and posted.prefix == str(entry.creditor.id) else _schedule_form(entry))
        for entry in known
    ]
    return render(request, "desk/cycle_hours.html", {"rows": rows}, status=status)


def _schedule_form(entry: ScheduleFacts, request: StaffRequest | None = None) -> ScheduleForm:
    return ScheduleForm(
        request.POST if request is not None else None,
        initial={"at": entry.at, "active": entry.active},
        prefix=str(entry.creditor.id),
    )


def _set_schedule(request: StaffRequest, chosen: ScheduleFacts, form: ScheduleForm) -> None:
    at, active = form.cleaned_data["at"], form.cleaned_data["active"]
    with transaction.atomic():
        services.set_schedule(chosen.creditor.id, at, active)
        record_audit(
            request.user,
            "schedule_changed",
            chosen.creditor.code,
            {"at": at.isoformat("minutes"), "active": active},
        )
    told = _("%(name)s: the night runs from %(at)s.") if active else _("%(name)s: the night no longer runs by itself.")
    messages.success(request, told % {"name": chosen.creditor.name, "at": at.isoformat("minutes")})


def _one(request: StaffRequest, found: CycleFacts) -> HttpResponse:
    names = scenario_names()
    stages = [
        (names.get(key.partition("/")[0], key.partition("/")[0]), key.partition("/")[2], figure)
        for key, figure in sorted(found.figures.stages_entered.items())
    ]
    failures = queries.failures(found.id)
    numbers = _numbers(failures)
    night = _nights([found])[0]
    context = {
        "cycle": found,
        "state": night.state,
        "progress": queries.step_progress(found.id) if night.state == "running" else None,
        "failures": [FailureRow(failure, numbers.get(failure.account_id, "")) for failure in failures],
        "failures_shown": queries.FAILURES_SHOWN,
        "stages": stages,
        "most": max((figure for *_names, figure in stages), default=0),
        "slowest": max((step.seconds for step in found.figures.steps), default=0),
    }
    return render(request, "desk/cycle.html", context)


def _night(business_date: dt.date, code: str) -> CycleFacts:
    for found in queries.cycles_of(business_date):
        if found.creditor.code == code:
            return found
    raise Http404


def _nights(cycles: Sequence[CycleFacts]) -> list[Night]:
    """The cycles with their states; whether one still runs is only asked when one says so."""
    at_work = queries.at_work() if any(cycle.state == "running" for cycle in cycles) else set()
    return [
        Night(cycle, "interrupted" if cycle.state == "running" and cycle.creditor.id not in at_work else cycle.state)
        for cycle in cycles
    ]


def _is_running(found: CycleFacts) -> bool:
    return found.state == "running" and found.creditor.id in queries.at_work()


def _numbers(failures: Sequence[FailureFacts]) -> dict[int, str]:
    known = accounts([failure.account_id for failure in failures]) if failures else {}
    return {account_id: account.number for account_id, account in known.items()}


def _place(text: str) -> tuple[dt.date, int] | None:
    """Where the page before ended: a date, with the creditor where it has several nights; None for anything else."""
    day, _bar, creditor = plain(text).partition("|")
    try:
        return dt.date.fromisoformat(day), whole_number(creditor) or 2**15 - 1
    except ValueError:
        return None
