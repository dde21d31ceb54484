"""Message texts: which are standard and which the house has edited, and the editor with its preview."""

import re
from base64 import b64encode
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relance.customers import queries as customers
from relance.faces.desk.access import StaffRequest, needs, plain, whole_number
from relance.faces.desk.day import as_of
from relance.faces.desk.text_words import FIELDS, PARTS, problem_words
from relance.faces.desk.views.messages import BODY_POLICY
from relance.kit.refusal import Refusal
from relance.outbound import queries, services
from relance.outbound.facts import Form, PartProblem, TextPreview, TextVersionFacts
from relance.staff.facts import Permission
from relance.staff.services import record_audit

_LONGEST_POSTED = 20_000
_VIEWS = {"mail": Form.MAIL, "short": Form.SHORT, "letter": Form.LETTER}


@needs(Permission.SEE_MESSAGES)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """Every text in every language, for one creditor or for all, and which of them the house has edited."""
    creditors, creditor_id = customers.creditors(), _creditor(request)
    edited: dict[tuple[str, str], list[TextVersionFacts]] = {}
    for version in queries.edited_texts(creditor_id):
        edited.setdefault((version.code, version.language), []).append(version)
    languages = queries.text_languages()
    context = {
        "creditors": creditors,
        "creditor_id": creditor_id,
        "languages": languages,
        "rows": [
            (code, [(language, edited.get((code, language), [])) for language in languages])
            for code in queries.text_codes()
        ],
    }
    return render(request, "desk/texts.html", context)


@needs(Permission.SEE_MESSAGES)
@require_http_methods(["GET", "POST"])
def one(request: StaffRequest, code: str, written_in: str) -> HttpResponse:
    """A text with its parts to edit; saving puts a new version in force."""
    place = _Place(request, code, written_in)
    parts, problems, refusal = dict(place.shown), [], ""
    if request.method == "POST":
        if not request.user.may(Permission.EDIT_TEXTS):
            return HttpResponse(status=403)
        parts = _parts(request, place)
        problems = queries.text_problems(code, written_in, parts, as_of())
        if not problems:
            try:
                number = _save(request, place, parts)
            except Refusal as trouble:
                refusal = str(trouble)
            else:
                told = (
                    _("Version %(number)d is in force.") % {"number": number} if number else _("Nothing has changed.")
                )
                messages.success(request, told)
                return redirect(place.address)
    context = {
        "place": place,
        "parts": _shown_parts(place, parts, problems),
        "fields": FIELDS,
        "refusal": refusal,
        "wrong_as_a_whole": [problem_words(problem) for problem in problems if not problem.part],
        "versions": queries.text_versions(place.creditor_id, code, written_in, place.channel),
        "creditors": customers.creditors(),
        "channels": queries.channel_codes(),
        "note": plain(request.POST.get("note", ""))[:300],
        "number": plain(request.POST.get("account", "")),
    }
    return render(request, "desk/text.html", context, status=422 if problems or refusal else 200)


class _Place:
    """The text that an address names: for which creditor and channel, what is in force there, and what is shown."""

    def __init__(self, request: StaffRequest, code: str, written_in: str) -> None:
        try:
            self.standard = queries.standard_text(code, written_in)
        except LookupError:
            raise Http404 from None
        if code not in queries.text_codes():
            raise Http404
        self.code, self.language = code, written_in
        self.creditor_id = _creditor(request)
        self.channel = request.GET.get("channel", "")
        self.channel = self.channel if self.channel in queries.channel_codes() else ""
        versions = queries.text_versions(self.creditor_id, code, written_in, self.channel)
        self.current = next((version for version in versions if version.ended_at is None), None)
        asked = whole_number(request.GET.get("version", ""))
        self.earlier = next((version for version in versions if version.id == asked), None)
        chosen = self.earlier or self.current
        self.shown = {**self.standard, **(chosen.parts if chosen else self._nearest())}

    def _nearest(self) -> dict[str, str]:
        """The words that are written with as long as there are none of this very creditor and channel."""
        _version, edits = queries.texts_in_force().of(self.creditor_id, self.code, self.language, self.channel)
        return dict(edits)

    @property
    def current_id(self) -> int:
        """The version in force, 0 for the standard text."""
        return self.current.id if self.current else 0

    @property
    def query(self) -> str:
        """Which creditor and channel, for addresses of the same text."""
        chosen: dict[str, str | int] = {"creditor": self.creditor_id, "channel": self.channel}
        return urlencode({name: value for name, value in chosen.items() if value})

    @property
    def address(self) -> str:
        """The page of this text for this creditor and channel."""
        return f"{reverse('desk:text', args=[self.code, self.language])}?{self.query}"


def _creditor(request: StaffRequest) -> int:
    asked = whole_number(request.GET.get("creditor", ""))
    return asked if asked and any(creditor.id == asked for creditor in customers.creditors()) else 0


def _parts(request: StaffRequest, place: _Place) -> dict[str, str]:
    return {
        name: request.POST.get(f"part_{name}", words).replace("\0", "")[:_LONGEST_POSTED]
        for name, words in place.standard.items()
    }


def _shown_parts(place: _Place, parts: dict[str, str], problems: list[PartProblem]) -> list[dict[str, Any]]:
    found = []
    for name, words in parts.items():
        title, where = PARTS.get(name, (name, ""))
        found.append(
            {
                "name": name,
                "title": title,
                "where": where,
                "words": words,
                "rows": max(1, min(12, sum(1 + len(line) // 60 for line in words.split("\n")))),
                "longest": queries.longest_part(name),
                "is_edited": words != place.standard[name],
                "wrong": [problem_words(problem) for problem in problems if problem.part == name],
            }
        )
    return found


def _save(request: StaffRequest, place: _Place, parts: dict[str, str]) -> int:
    seen = whole_number(request.POST.get("seen", "")) or 0
    note = plain(request.POST.get("note", ""))[:300]
    with transaction.atomic():
        number = services.save_text(
            place.creditor_id,
            place.code,
            place.language,
            place.channel,
            parts,
            seen,
            note,
            request.user.username,
            as_of(),
        )
        if number:
            told = {
                "language": place.language,
                "creditor": place.creditor_id,
                "channel": place.channel,
                "version": number,
            }
            record_audit(request.user, "text_saved", place.code, told)
    return number


@xframe_options_sameorigin
@needs(Permission.SEE_MESSAGES)
@require_POST
def preview(request: StaffRequest, code: str, written_in: str) -> HttpResponse:
    """The text as it stands in the form, as a customer would get it, for the frame beside it; nothing is kept."""
    place = _Place(request, code, written_in)
    made = _made(request, place, _VIEWS.get(request.POST.get("view", ""), Form.MAIL))
    context: dict[str, Any] = {"preview": made}
    if isinstance(made, TextPreview):
        context["pages"] = [f"data:image/png;base64,{b64encode(page).decode('ascii')}" for page in made.pages]
    else:
        context = {"problems": [(PARTS.get(each.part, (each.part, ""))[0], problem_words(each)) for each in made]}
    head: str = render_to_string("desk/text_preview.html", context, request)
    if isinstance(made, TextPreview) and made.words.html:
        head = re.sub("(<body[^>]*>)", lambda body: body[0] + head, made.words.html, count=1)
    return HttpResponse(head, headers={"Content-Security-Policy": BODY_POLICY})


def _made(request: StaffRequest, place: _Place, form: Form) -> TextPreview | list[PartProblem]:
    number = plain(request.POST.get("account", ""))[:60]
    parts = _parts(request, place)
    return queries.preview_text(place.code, place.language, parts, form, place.creditor_id, number, as_of())


@needs(Permission.EDIT_TEXTS)
@require_POST
def test(request: StaffRequest, code: str, written_in: str) -> HttpResponse:
    """Send the text as it stands in the form to oneself, by mail."""
    place = _Place(request, code, written_in)
    made = _made(request, place, Form.MAIL)
    if isinstance(made, list):
        messages.error(request, _("Mend the text first; the preview says what is wrong."))
    else:
        try:
            services.send_test(made.words, request.user.email, place.creditor_id, timezone.now())
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            record_audit(request.user, "text_test_sent", code, {"language": written_in})
            messages.success(request, _("A test has been sent to %(address)s.") % {"address": request.user.email})
    return render(request, "desk/parts/toasts.html")


@needs(Permission.EDIT_TEXTS)
@require_POST
def standard(request: StaffRequest, code: str, written_in: str) -> HttpResponse:
    """Go back to the standard text; the versions stay and can be used again."""
    place = _Place(request, code, written_in)
    seen = whole_number(request.POST.get("seen", "")) or 0
    try:
        with transaction.atomic():
            services.standard_again(place.creditor_id, code, written_in, place.channel, seen, request.user.username)
            told = {"language": written_in, "creditor": place.creditor_id, "channel": place.channel}
            record_audit(request.user, "text_standard_again", code, told)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The standard text is in force again."))
    return redirect(place.address)
