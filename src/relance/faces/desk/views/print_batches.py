"""Print batches: the letters that wait, sealing them for the print house, and what was sealed to fetch and to post."""

import datetime as dt
from collections.abc import Iterator

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from relance.customers import queries as customers
from relance.faces.desk.access import StaffRequest, needs, page_asked, whole_number
from relance.faces.desk.csv_export import csv_download
from relance.faces.desk.day import as_of
from relance.kit.refusal import Refusal
from relance.outbound import queries, services
from relance.outbound.facts import PrintBatchFacts, PrintedFacts
from relance.staff.facts import Permission
from relance.staff.services import record_audit

_LETTERS_SHOWN = 200
_LARGEST_REPORT = 20_000_000
_INDEX_HEAD = (
    "sequence", "account", "first_page", "pages", "weight_class", "registered", "tracking_number",
    "line1", "line2", "line3", "line4", "line5", "line6",
)  # fmt: skip


@needs(Permission.SEE_MESSAGES)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """What waits for a batch, by creditor and channel, and the batches, newest first."""
    context = {
        "waiting": queries.letters_waiting(),
        "listing": page_asked(request, queries.print_batches),
        "creditors": {creditor.id: creditor for creditor in customers.creditors()},
    }
    return render(request, "desk/print_batches.html", context)


@needs(Permission.SEE_MESSAGES)
@require_safe
def one(request: StaffRequest, batch_id: int) -> HttpResponse:
    """One batch with its letters."""
    batch = _found(batch_id)
    after = whole_number(request.GET.get("after", "")) or 0
    letters = queries.printed_letters(batch_id, after, _LETTERS_SHOWN)
    context = {
        "batch": batch,
        "creditor": next((found for found in customers.creditors() if found.id == batch.creditor_id), None),
        "letters": letters,
        "accounts": customers.accounts([letter.account_id for letter in letters]),
        "next_after": letters[-1].sequence if len(letters) == _LETTERS_SHOWN else None,
        "today": as_of(),
    }
    return render(request, "desk/print_batch.html", context)


@needs(Permission.PRINT_LETTERS)
@require_POST
def seal(request: StaffRequest) -> HttpResponse:
    """Have the waiting letters of one creditor and channel sealed by a worker."""
    creditor_id, channel = whole_number(request.POST.get("creditor", "")), request.POST.get("channel", "")
    if creditor_id is None or channel not in queries.printed_channels():
        raise Http404
    with transaction.atomic():
        services.ask_to_seal(creditor_id, channel, as_of(), request.user.username)
        record_audit(request.user, "letters_sealed", channel, {"creditor": creditor_id})
    messages.success(request, _("The letters are being sealed; the batch appears here in a moment."))
    return redirect("desk:print_batches")


@needs(Permission.PRINT_LETTERS)
@require_safe
def pdf(request: StaffRequest, batch_id: int) -> HttpResponse:
    """The whole batch for the print house."""
    batch = _sealed(batch_id)
    record_audit(request.user, "print_batch_fetched", str(batch_id), {"letters": batch.letter_count})
    return _pdf(queries.batch_pdf(batch_id), f"letters-{batch_id}.pdf", keep=True)


@needs(Permission.PRINT_LETTERS)
@require_safe
def index(request: StaffRequest, batch_id: int) -> HttpResponseBase:
    """The index for the mailing house: page ranges, addresses, weight class, registered or not; CSV, or JSON if asked."""
    batch = _sealed(batch_id)
    registered = batch.channel == "registered_letter"
    letters = queries.printed_letters(batch_id)
    record_audit(request.user, "print_index_fetched", str(batch_id), {"letters": batch.letter_count})
    if request.GET.get("format") == "json":
        told = {"batch": batch_id, "channel": batch.channel, "letters": [_as_json(one, registered) for one in letters]}
        answer = JsonResponse(told, json_dumps_params={"ensure_ascii": False})
        answer.headers["Content-Disposition"] = f'attachment; filename="letters-{batch_id}.json"'
        return answer
    return csv_download(_index_rows(letters, registered), f"letters-{batch_id}.csv")


def _index_rows(letters: list[PrintedFacts], registered: bool) -> Iterator[list[str]]:
    yield list(_INDEX_HEAD)
    for letter in letters:
        lines = [*letter.address, *[""] * (6 - len(letter.address))]
        yield [
            str(letter.sequence), letter.account_number, str(letter.first_page), str(letter.page_count),
            str(letter.weight), "yes" if registered else "no", letter.tracking_number, *lines,
        ]  # fmt: skip


def _as_json(letter: PrintedFacts, registered: bool) -> dict[str, object]:
    return {
        "sequence": letter.sequence,
        "account": letter.account_number,
        "first_page": letter.first_page,
        "pages": letter.page_count,
        "weight_class": letter.weight,
        "registered": registered,
        "tracking_number": letter.tracking_number,
        "address": list(letter.address),
    }


@needs(Permission.PRINT_LETTERS)
@require_POST
def posted(request: StaffRequest, batch_id: int) -> HttpResponse:
    """Note on which day the print house has put the batch in the post."""
    try:
        day = dt.date.fromisoformat(request.POST.get("posted_on", ""))
    except ValueError:
        messages.error(request, _("Give the day of posting as a date."))
        return redirect("desk:print_batch", batch_id)
    try:
        with transaction.atomic():
            count = services.mark_posted(batch_id, day, request.user.username)
            record_audit(
                request.user, "letters_posted", str(batch_id), {"posted_on": day.isoformat(), "letters": count}
            )
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(count)s letters are noted as posted.") % {"count": count})
    return redirect("desk:print_batch", batch_id)


@needs(Permission.PRINT_LETTERS)
@require_POST
def report(request: StaffRequest, batch_id: int) -> HttpResponse:
    """Take the print house's file about a posted batch, whole or not at all."""
    _found(batch_id)
    file = request.FILES.get("file")
    if file is None or (file.size or 0) > _LARGEST_REPORT:
        messages.error(request, _("Choose the print house’s CSV file, of at most 20 MB."))
        return redirect("desk:print_batch", batch_id)
    try:
        with transaction.atomic():
            count = services.take_print_report(batch_id, file.read(), as_of())
            record_audit(request.user, "print_report_taken", str(batch_id), {"new": count})
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(count)s new reports are taken.") % {"count": count})
    return redirect("desk:print_batch", batch_id)


@needs(Permission.SEE_MESSAGES)
@require_safe
def letter(request: StaffRequest, message_id: int) -> HttpResponse:  # noqa: ARG001
    """The pages of one letter exactly as they were sealed."""
    message = queries.message(message_id)
    pages = queries.letter_pdf(message.account_id, message.id) if message else None
    if pages is None:
        raise Http404
    return _pdf(pages, f"letter-{message_id}.pdf", keep=False)


def _found(batch_id: int) -> PrintBatchFacts:
    batch = queries.print_batch(batch_id)
    if batch is None:
        raise Http404
    return batch


def _sealed(batch_id: int) -> PrintBatchFacts:
    batch = _found(batch_id)
    if batch.state == "sealing":
        raise Http404
    return batch


def _pdf(content: bytes, name: str, *, keep: bool) -> HttpResponse:
    way = "attachment" if keep else "inline"
    return HttpResponse(content, "application/pdf", headers={"Content-Disposition": f'{way}; filename="{name}"'})
