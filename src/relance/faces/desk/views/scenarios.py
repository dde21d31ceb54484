"""Scenarios as they stand: for whom, stage by stage, with what stands at each, their versions, and two compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from relance.dunning import queries, services
from relance.dunning.facts import DraftState, ExperimentFacts, ScenarioFacts
from relance.faces.desk.access import StaffRequest, needs, posted_data, whole_number
from relance.faces.desk.csv_export import download
from relance.faces.desk.day import as_of
from relance.faces.desk.labels import LABELS
from relance.faces.desk.scenario_forms import NewScenarioForm
from relance.faces.desk.scenario_words import Live, live_of, rungs_of, who_for
from relance.faces.desk.story import scenario_name
from relance.kit.refusal import Refusal
from relance.staff.facts import Permission
from relance.staff.services import record_audit

YAML = "application/yaml; charset=utf-8"
_WRITTEN = 300


@dataclass(frozen=True, slots=True)
class ScenarioLine:
    """A scenario of the list, with its open episodes and the experiment that runs on it."""

    facts: ScenarioFacts
    name: str
    who: Sequence[str]
    live: Live | None
    experiment: ExperimentFacts | None

    @property
    def by(self) -> str:
        """Who answers for its current version."""
        return self.facts.publisher or self.facts.author


@needs(Permission.SEE_SCENARIOS)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """Every scenario in the order in which they are tried, and the drafts of the next versions."""
    live = live_of(queries.stage_counts())
    running = queries.experiments_running(as_of())
    lines = [
        ScenarioLine(
            facts, scenario_name(facts.name, facts.code), who_for(facts.applies_to), live.get(facts.code),
            running.get(facts.code),
        )
        for facts in queries.scenarios()
    ]  # fmt: skip
    names = {line.facts.code: line.name for line in lines}
    drafts = sorted(queries.drafts(), key=lambda draft: draft.state is not DraftState.SUBMITTED)
    waiting = [(draft, names.get(draft.code, draft.code)) for draft in drafts]
    return render(request, "desk/scenarios.html", {"lines": lines, "waiting": waiting})


@needs(Permission.SEE_SCENARIOS)
@require_safe
def one(request: StaffRequest, code: str) -> HttpResponse:
    """One scenario, its current version or an earlier one: criteria, thresholds, stages, versions, and its file."""
    versions = _versions(code)
    shown = _version(versions, request.GET.get("version", "")) if "version" in request.GET else versions[0]
    is_current = shown is versions[0]
    live = live_of(queries.stage_counts()).get(code) if is_current else None
    experiments = queries.experiments_running(as_of()).values()
    older = shown if not is_current else versions[1] if len(versions) > 1 else shown
    context = {
        "scenario": shown,
        "versions": versions,
        "is_current": is_current,
        "rungs": rungs_of(shown, live),
        "live": live,
        "who": who_for(shown.applies_to),
        "draft": queries.draft(code),
        "experiment": next((found for found in experiments if code in (found.champion, found.challenger)), None),
        "older": older.version,
        "newer": versions[0].version,
        "cost_words": LABELS["channel"],
        "yaml": queries.scenario_yaml(shown.content) if request.user.may(Permission.EXPORT) else "",
    }
    return render(request, "desk/scenario.html", context)


@needs(Permission.SEE_SCENARIOS)
@require_safe
def compare(request: StaffRequest, code: str) -> HttpResponse:
    """What one version says differently from another, in words and in the file."""
    versions = _versions(code)
    before, after = (_version(versions, request.GET.get(name, "")) for name in ("before", "after"))
    name = scenario_name(versions[0].name, code)
    context = {
        "code": code,
        "back": reverse("desk:scenario", args=[code]),
        "title": _("%(name)s: version %(before)s and version %(after)s")
        % {"name": name, "before": before.version, "after": after.version},
        "between": "",
        "changes": queries.scenario_differences(before.content, after.content),
        "file_lines": file_lines(queries.scenario_yaml(before.content), queries.scenario_yaml(after.content)),
    }
    return render(request, "desk/scenario_changes.html", context)


@needs(Permission.EXPORT)
@require_safe
def file(request: StaffRequest, code: str) -> HttpResponseBase:
    """A version as the file that imports back to the same."""
    versions = _versions(code)
    shown = _version(versions, request.GET.get("version", "")) if "version" in request.GET else versions[0]
    record_audit(request.user, "scenario_exported", code, {"version": shown.version})
    return download([queries.scenario_yaml(shown.content).encode()], YAML, f"{code}.yaml")


@needs(Permission.CHANGE_SCENARIO)
def new(request: StaffRequest) -> HttpResponse:
    """Begin a draft of a scenario that does not exist yet, from an existing one or from a plain reminder."""
    known = queries.scenarios()
    form = NewScenarioForm(posted_data(request), scenarios=known)
    if request.method == "POST" and form.is_valid():
        content = form.content()
        try:
            with transaction.atomic():
                draft = services.save_draft(content["code"], content, request.user.username)
                record_audit(request.user, "scenario_drafted", draft.code, {"version": None})
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("desk:scenario_draft", draft.code)
    return render(request, "desk/scenario_new.html", {"form": form}, status=422 if form.errors else 200)


@needs(Permission.CHANGE_SCENARIO)
@require_POST
def edit(request: StaffRequest, code: str) -> HttpResponse:
    """Open the draft of a scenario, which begins as its current version."""
    current = _versions(code)[0]
    try:
        with transaction.atomic():
            services.save_draft(code, current.content, request.user.username)
            record_audit(request.user, "scenario_drafted", code, {"version": current.version})
    except Refusal:
        # Somebody began one since the page was shown: it is opened instead.
        if queries.draft(code) is None:
            raise
    return redirect("desk:scenario_draft", code)


@needs(Permission.CHANGE_SCENARIO)
@require_POST
def roll_back(request: StaffRequest, code: str) -> HttpResponse:
    """Submit an earlier version again; a second person publishes it."""
    wanted = _version(_versions(code), request.POST.get("version", ""))
    try:
        with transaction.atomic():
            services.roll_back(code, wanted.version, request.user.username)
            record_audit(request.user, "scenario_rolled_back", code, {"version": wanted.version})
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("desk:scenario", code)
    messages.success(
        request, _("Version %(number)s is submitted; another person publishes it.") % {"number": wanted.version}
    )
    return redirect("desk:scenario_draft", code)


def file_lines(before: str, after: str) -> list[tuple[str, str]]:
    """The lines that two files do not share, each with its tone, and some that they do share around them."""
    tones = {"+": "added", "-": "removed", "@": "place"}
    lines = list(unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm=""))[2:]
    return [(tones.get(line[:1], ""), line if not line.startswith("@@") else "⋯") for line in lines[:_WRITTEN]]


def _versions(code: str) -> list[ScenarioFacts]:
    versions = queries.scenario_versions(code)
    if not versions:
        raise Http404
    return versions


def _version(versions: Sequence[ScenarioFacts], number: str) -> ScenarioFacts:
    wanted = whole_number(number)
    for version in versions:
        if version.version == wanted:
            return version
    raise Http404
