"""Experiments: a champion scenario shares its new cases with a challenger, and what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from relance.dunning import queries, services
from relance.dunning.facts import ExperimentFacts
from relance.faces.desk.access import StaffRequest, needs, posted_data
from relance.faces.desk.csv_export import csv_download
from relance.faces.desk.day import as_of
from relance.faces.desk.experiment_forms import ExperimentForm
from relance.faces.desk.story import scenario_names
from relance.faces.desk.templatetags.desk import language
from relance.insight.reports.experiment import REPORT
from relance.kit.refusal import Refusal
from relance.staff.facts import Permission
from relance.staff.services import record_audit


@dataclass(frozen=True, slots=True)
class Line:
    """An experiment with its scenarios by name, and where it stands: coming, running, or over."""

    facts: ExperimentFacts
    champion: str
    challenger: str
    state: str


@needs(Permission.SEE_SCENARIOS)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """Every experiment, the latest first."""
    return render(request, "desk/experiments.html", {"lines": _lines(queries.experiments())})


@needs(Permission.PUBLISH_SCENARIO)
def new(request: StaffRequest) -> HttpResponse:
    """Start an experiment."""
    today = as_of()
    form = ExperimentForm(posted_data(request), scenarios=queries.scenarios(), today=today)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            with transaction.atomic():
                made = services.start_experiment(
                    data["code"], data["champion"], data["challenger"], data["share_percent"], data["from_on"],
                    data["until_on"], request.user.username, today,
                )  # fmt: skip
                told = {key: str(data[key]) for key in form.fields if key != "code"}
                record_audit(request.user, "experiment_started", made.code, told)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The experiment is set up."))
            return redirect("desk:experiment", made.code)
    return render(request, "desk/experiment_new.html", {"form": form}, status=422 if form.errors else 200)


@needs(Permission.SEE_SCENARIOS)
@require_safe
def one(request: StaffRequest, code: str) -> HttpResponse:
    """One experiment: what is compared, until when, and its outcome so far, which comes after the page."""
    return render(request, "desk/experiment.html", {"line": _line(code), "help": REPORT.help[language()]})


@needs(Permission.SEE_SCENARIOS)
@require_safe
def outcome(request: StaffRequest, code: str) -> HttpResponse:
    """The outcome so far; it reads every episode of the experiment and draws them anew two thousand times."""
    groups = [
        {
            "currency": group.currency,
            "champion": group.champion,
            "challenger": group.challenger,
            "gaps": [
                (_("Difference by episodes"), group.episode_gap),
                (_("Difference by amount"), group.amount_gap),
            ],
        }
        for group in REPORT.query(_line(code).facts.code, as_of()).groups
    ]
    return render(request, "desk/experiment_outcome.html", {"groups": groups})


@needs(Permission.EXPORT)
@require_safe
def export(request: StaffRequest, code: str) -> HttpResponseBase:
    """The outcome as a CSV file."""
    line = _line(code)
    if not request.user.may(Permission.SEE_SCENARIOS):
        raise Http404
    sheet = REPORT.query(line.facts.code, as_of()).as_sheet()
    record_audit(request.user, "experiment_exported", code, {"rows": len(sheet.rows)})
    rows: Iterator[list[str]] = (["" if cell is None else str(cell) for cell in row] for row in sheet.rows)
    return csv_download([list(sheet.columns), *rows], f"experiment-{code}-{as_of().isoformat()}.csv")


@needs(Permission.PUBLISH_SCENARIO)
def stop(request: StaffRequest, code: str) -> HttpResponse:
    """Stop sharing new cases, once it was asked whether to; episodes under way keep the scenario they have."""
    line, today = _line(code), as_of()
    if request.method != "POST":
        return render(request, "desk/experiment_stop.html", {"line": line})
    with transaction.atomic():
        stopped = services.stop_experiment(code, request.user.username, today)
        if stopped != line.facts:
            record_audit(request.user, "experiment_stopped", code, {"last_on": stopped.last_on.isoformat()})
    messages.success(request, _("The experiment is stopped."))
    return redirect("desk:experiment", code)


def _line(code: str) -> Line:
    found = queries.experiment(code)
    if found is None:
        raise Http404
    (line,) = _lines([found])
    return line


def _lines(found: list[ExperimentFacts]) -> list[Line]:
    names, today = scenario_names(), as_of()
    return [
        Line(
            facts, names.get(facts.champion, facts.champion), names.get(facts.challenger, facts.challenger),
            "running" if facts.runs_on(today) else "coming" if today < facts.from_on <= facts.last_on else "over",
        )
        for facts in found
    ]  # fmt: skip
