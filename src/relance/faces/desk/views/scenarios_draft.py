"""The draft of a scenario's next version: edited in the page or as a file, submitted, and published by another person."""

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from relance.dunning import queries, services
from relance.dunning.facts import DraftFacts, DraftState, Problem, ScenarioFacts
from relance.faces.desk.access import StaffRequest, needs, whole_number
from relance.faces.desk.csv_export import download
from relance.faces.desk.day import as_of
from relance.faces.desk.scenario_forms import DraftRefusalForm, editor_choices, editor_words
from relance.faces.desk.scenario_words import live_of, rungs_of, who_for
from relance.faces.desk.second_person import refuse_dependent
from relance.faces.desk.story import scenario_name
from relance.faces.desk.templatetags.desk import clock_time, language
from relance.faces.desk.views.messages import BODY_POLICY
from relance.faces.desk.views.scenarios import YAML, file_lines
from relance.kit.refusal import Refusal
from relance.outbound.queries import sample_message
from relance.staff.facts import Permission
from relance.staff.services import record_audit


@needs(Permission.SEE_SCENARIOS)
def one(request: StaffRequest, code: str) -> HttpResponse:
    """The editor while the draft is being written; once it is submitted, or for those who may not write, what it would
    change. The file alone is kept by a plain form, for a browser without script.
    """
    draft = _found(code)
    writes = request.user.may(Permission.CHANGE_SCENARIO) and draft.state is DraftState.EDITING
    if request.method != "POST":
        return _editor(request, draft) if writes else _review(request, draft)
    if not writes:
        return redirect("desk:scenario_draft", code)
    text = request.POST.get("yaml", "")
    try:
        content = queries.scenario_content(text)
        services.save_draft(code, content, request.user.username, _revision(request), draft.note)
    except Refusal as refusal:
        return _editor(request, draft, text, [Problem("", str(refusal))], status=422)
    messages.success(request, _("The draft is saved."))
    return redirect("desk:scenario_draft", code)


@needs(Permission.CHANGE_SCENARIO)
@require_POST
def save(request: StaffRequest, code: str) -> HttpResponse:
    """Keep what the editor holds; answers with what is wrong in it and its file. 409 when somebody else was faster."""
    sent = _sent(request)
    content, revision = sent.get("content"), sent.get("revision")
    if not isinstance(content, dict) or type(revision) is not int:
        return JsonResponse({"message": _("This is no draft.")}, status=400)
    before = queries.draft(code)
    try:
        draft = services.save_draft(code, content, request.user.username, revision, before.note if before else "")
    except Refusal as refusal:
        now = queries.draft(code)
        if now is None or now.revision != revision or now.state is not DraftState.EDITING:
            return JsonResponse({"message": str(refusal), "revision": now.revision if now else None}, status=409)
        return JsonResponse({"message": str(refusal)}, status=422)
    saved = _("Saved %(time)s") % {"time": clock_time(draft.updated_at)}
    return JsonResponse({"revision": draft.revision, "saved": saved, **_reading(draft.content)})


@needs(Permission.CHANGE_SCENARIO)
@require_POST
def read(request: StaffRequest, code: str) -> HttpResponse:
    """The content that typed YAML says, with what is wrong in it; nothing is kept."""
    try:
        content = queries.scenario_content(str(_sent(request).get("yaml", "")))
    except Refusal as refusal:
        return JsonResponse({"message": str(refusal)})
    if content.get("code") != code:
        told = _("The code of a scenario stays what it is; write code: %(code)s") % {"code": code}
        return JsonResponse({"message": told})
    return JsonResponse({"content": content, **_reading(content)})


@needs(Permission.SEE_SCENARIOS)
@require_safe
def changes(request: StaffRequest, code: str) -> HttpResponse:
    """What the draft says differently from what is published."""
    draft = _found(code)
    current = queries.scenario(code)
    before = current.content if current else {}
    context = {
        "code": code,
        "back": reverse("desk:scenario_draft", args=[code]),
        "title": _("%(name)s: what the draft changes") % {"name": _name(draft)},
        "between": _("against version %(number)s") % {"number": current.version}
        if current
        else _("nothing is published yet"),
        "changes": queries.scenario_differences(before, draft.content),
        "file_lines": file_lines(queries.scenario_yaml(before) if before else "", queries.scenario_yaml(draft.content)),
    }
    return render(request, f"desk/scenario_changes{'_results' if request.htmx else ''}.html", context)


@needs(Permission.SEE_SCENARIOS)
@require_safe
def file(request: StaffRequest, code: str) -> HttpResponseBase:  # noqa: ARG001
    """The draft as a file."""
    return download([queries.scenario_yaml(_found(code).content).encode()], YAML, f"{code}-draft.yaml")


@needs(Permission.CHANGE_SCENARIO)
@require_POST
def submit(request: StaffRequest, code: str) -> HttpResponse:
    """Hand the draft in for another person to publish."""
    try:
        with transaction.atomic():
            draft = services.submit_draft(code, request.user.username, _revision(request))
            record_audit(request.user, "scenario_submitted", code, {"revision": draft.revision})
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The draft is submitted; another person publishes it."))
    return redirect("desk:scenario_draft", code)


@needs(Permission.CHANGE_SCENARIO)
@require_POST
def reopen(request: StaffRequest, code: str) -> HttpResponse:
    """Take a submitted draft back to write on it."""
    draft = _found(code)
    return _written_again(request, draft, draft.note, "scenario_reopened", _("The draft can be edited again."), {})


@needs(Permission.PUBLISH_SCENARIO)
@require_POST
def refuse(request: StaffRequest, code: str) -> HttpResponse:
    """Send a submitted draft back to its author, with what should be different."""
    draft = _found(code)
    form = DraftRefusalForm(request.POST)
    if not form.is_valid():
        return _review(request, draft, form, status=422)
    reason = form.cleaned_data["reason"]
    note = _("%(who)s sent it back: %(reason)s") % {"who": request.user.username, "reason": reason}
    done = _("The draft goes back to %(author)s.") % {"author": draft.author}
    return _written_again(request, draft, note, "scenario_refused", done, {"reason": reason})


@needs(Permission.PUBLISH_SCENARIO)
@require_POST
def publish(request: StaffRequest, code: str) -> HttpResponse:
    """Make the submitted draft the version that counts for episodes from now on."""
    draft = _found(code)
    over = whole_number(request.POST.get("over", ""))
    try:
        with transaction.atomic():
            for writer in draft.writers:
                refuse_dependent(request.user.username, writer)
            version = services.publish_draft(code, request.user.username, _revision(request), over, as_of())
            told = {"version": version.version, "author": version.author}
            record_audit(request.user, "scenario_published", code, told)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect(
            "desk:scenario_draft" if queries.draft(code) else "desk:scenarios", *([code] if queries.draft(code) else [])
        )
    messages.success(request, _("Version %(number)s is published.") % {"number": version.version})
    return redirect("desk:scenario", code)


@needs(Permission.CHANGE_SCENARIO)
def discard(request: StaffRequest, code: str) -> HttpResponse:
    """Throw the draft away, once it was asked whether to."""
    draft = _found(code)
    if request.method != "POST":
        return render(request, "desk/scenario_discard.html", {"draft": draft, "name": _name(draft)})
    try:
        with transaction.atomic():
            services.discard_draft(code, request.user.username, _revision(request))
            record_audit(request.user, "scenario_draft_discarded", code, {"author": draft.author})
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("desk:scenarios")
    messages.success(request, _("The draft is discarded."))
    return redirect("desk:scenario", code) if queries.scenario(code) else redirect("desk:scenarios")


@xframe_options_sameorigin
@needs(Permission.SEE_SCENARIOS)
@require_safe
def text(request: StaffRequest, template: str) -> HttpResponse:
    """A message text as an invented customer would get it, under a policy of its own, for the frame that shows it."""
    wanted = request.GET.get("language", "")
    try:
        sample = sample_message(template, wanted if wanted in ("fr", "en") else language(), as_of())
    except LookupError:
        raise Http404 from None
    return HttpResponse(sample.html, headers={"Content-Security-Policy": BODY_POLICY})


def _editor(
    request: StaffRequest,
    draft: DraftFacts,
    yaml: str | None = None,
    problems: list[Problem] | None = None,
    status: int = 200,
) -> HttpResponse:
    reading = _reading(draft.content)
    context = {
        "draft": draft,
        "name": _name(draft),
        "problems": problems if problems is not None else queries.scenario_problems(draft.content),
        "yaml": yaml if yaml is not None else reading["yaml"],
        "forms": editor_choices(),
        "words": editor_words(),
        "page_data": {"content": draft.content, "revision": draft.revision, **reading},
        "tabs": [
            ("stages", _("Stages")), ("settings", _("Settings")), ("yaml", _("YAML")), ("preview", _("Preview")),
            ("changes", _("Changes")),
        ],
        "as_of": as_of(),
        "reader": language(),
    }  # fmt: skip
    return render(request, "desk/scenario_draft.html", context, status=status)


def _review(
    request: StaffRequest, draft: DraftFacts, form: DraftRefusalForm | None = None, status: int = 200
) -> HttpResponse:
    current = queries.scenario(draft.code)
    facts = queries.scenario_in_the_making(draft.content)
    before = current.content if current else {}
    context = {
        "draft": draft,
        "name": _name(draft),
        "current": current,
        "rungs": rungs_of(facts),
        "who": who_for(facts.applies_to),
        "live": live_of(queries.stage_counts()).get(draft.code),
        "problems": queries.scenario_problems(draft.content),
        "changes": queries.scenario_differences(before, draft.content),
        "between": "",
        "file_lines": file_lines(queries.scenario_yaml(before) if before else "", queries.scenario_yaml(draft.content)),
        "form": form or DraftRefusalForm(),
        "is_own": request.user.username.lower() in draft.writers,
        "is_submitted": draft.state is DraftState.SUBMITTED,
        "as_of": as_of(),
    }
    return render(request, "desk/scenario_review.html", context, status=status)


def _written_again(
    request: StaffRequest, draft: DraftFacts, note: str, verb: str, done: str, told: Mapping[str, Any]
) -> HttpResponse:
    """Back from submitted to being written; its content stays, so whoever does it does not become one of its writers."""
    try:
        with transaction.atomic():
            services.save_draft(draft.code, draft.content, request.user.username, _revision(request), note)
            record_audit(request.user, verb, draft.code, {"author": draft.author, **told})
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("desk:scenario_draft", draft.code)


def _reading(content: Mapping[str, Any]) -> dict[str, Any]:
    """What is wrong with content, and its file."""
    problems = [{"place": problem.place, "message": problem.message} for problem in queries.scenario_problems(content)]
    return {"problems": problems, "yaml": queries.scenario_yaml(content)}


def _sent(request: StaffRequest) -> dict[str, Any]:
    try:
        sent = json.loads(request.body, parse_float=str)
    except (ValueError, RecursionError):
        return {}
    return sent if isinstance(sent, dict) else {}


def _revision(request: StaffRequest) -> int:
    """The revision that the page showed; 0, which no draft has, for anything else."""
    return whole_number(request.POST.get("revision", "")) or 0


def _found(code: str) -> DraftFacts:
    draft = queries.draft(code)
    if draft is None:
        raise Http404
    return draft


def _name(draft: DraftFacts) -> str:
    facts: ScenarioFacts = queries.scenario_in_the_making(draft.content)
    return scenario_name(facts.name, draft.code) or draft.code
