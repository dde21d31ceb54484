"""What a dialler asks for and tells: today's calls, and what came of them. Every request is signed with one secret."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from relance.faces.campaign import KIND, todays_calls
from relance.kit import clock
from relance.kit.refusal import Refusal
from relance.outbound.calls import SIGNATURE_HEADER, is_signed
from relance.worklist import queries as worklist
from relance.worklist.facts import WorkItemFacts
from relance.worklist.services import close_work

ACTOR = "dialler"
_OLDEST_SECONDS = 300
_LONGEST_BODY = 2_000_000
_MOST_OUTCOMES = 5_000

View = Callable[[HttpRequest], HttpResponse]


class _Wrong(Exception):
    """What is wrong with one outcome; nothing of its request is kept."""


def _signed(view: View) -> View:
    """Serve only who signs: the path with its query for a GET, the body for a POST, at most five minutes ago."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not settings.DIALLER_SECRET:
            return _refused(404, "no dialler is set up; set RELANCE_DIALLER_SECRET")
        if int(request.headers.get("Content-Length") or 0) > _LONGEST_BODY:
            return _refused(413, f"send at most {_LONGEST_BODY} bytes at once")
        signed = request.get_full_path().encode() if request.method == "GET" else request.read(_LONGEST_BODY + 1)
        request.signed_body = signed  # type: ignore[attr-defined]
        header, now = request.headers.get(SIGNATURE_HEADER, ""), int(timezone.now().timestamp())
        if not is_signed(settings.DIALLER_SECRET, header, signed, now, _OLDEST_SECONDS):
            return _refused(401, f"{SIGNATURE_HEADER} does not fit; sign the path for GET, the body for POST")
        return view(request)

    return guarded


@_signed
@require_GET
def calls(_request: HttpRequest) -> HttpResponse:
    """Today's calls, the most valuable first: `{"as_of", "calls": [...]}`."""
    today = clock.today()
    found = [asdict(call) for call in todays_calls(today, timezone.now())]
    return JsonResponse({"as_of": today.isoformat(), "calls": found})


@_signed
@require_POST
def outcomes(request: HttpRequest) -> HttpResponse:
    """Close calls with what came of them, all or none: `{"outcomes": [{"call", "outcome", "note"}]}`.

    Answers how many were new; told twice is told once. 422 names each outcome that cannot be taken, and then none is.
    """
    try:
        told = json.loads(request.signed_body)  # type: ignore[attr-defined]
    except ValueError:
        return _refused(400, "the body is not JSON")
    rows = told.get("outcomes") if isinstance(told, dict) else None
    if not isinstance(rows, list) or len(rows) > _MOST_OUTCOMES:
        return _refused(400, f'send {{"outcomes": [...]}} with at most {_MOST_OUTCOMES} of them')
    errors: list[dict[str, Any]] = []
    new_count = 0
    with translation.override("en"), transaction.atomic():
        for number, row in enumerate(rows, start=1):
            try:
                new_count += _take(row)
            except (_Wrong, Refusal) as trouble:
                errors.append({"row": number, "message": str(trouble)})
        if errors:
            transaction.set_rollback(True)
    if errors:
        return JsonResponse({"taken": 0, "errors": errors}, status=422)
    return JsonResponse({"taken": new_count, "errors": []})


def _take(row: object) -> bool:
    """Close one call; whether that was new."""
    if not isinstance(row, Mapping):
        raise _Wrong("an outcome is an object with call, outcome and note")
    number, outcome, note = row.get("call"), row.get("outcome"), row.get("note") or ""
    work = _call(number)
    allowed = [each.code for each in worklist.kind(KIND).outcomes]
    if outcome not in allowed:
        raise _Wrong(f"outcome {outcome!r} should be one of {', '.join(allowed)}")
    if not isinstance(note, str):
        raise _Wrong("note should be text")
    note = "".join(mark if mark.isprintable() else " " for mark in note)
    return close_work(work.id, outcome, note, ACTOR, clock.today())


def _call(number: object) -> WorkItemFacts:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 2**63:
        raise _Wrong("call should be the number that today's calls gave")
    work = worklist.work_item(number)
    if work is None or work.kind != KIND:
        raise _Wrong(f"there is no call {number}")
    return work


def _refused(status: int, words: str) -> HttpResponse:
    return JsonResponse({"error": words}, status=status)
