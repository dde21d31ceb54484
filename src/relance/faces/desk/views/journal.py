"""The journal of a creditor: its entries by day, the seals on them, and their files."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from relance.faces.desk.access import StaffRequest, needs, plain, posted_data
from relance.faces.desk.books import Books, account_names, chosen_books, day_of
from relance.faces.desk.csv_export import csv_download, download
from relance.faces.desk.day import as_of
from relance.faces.desk.journal_forms import SealForm
from relance.faces.desk.templatetags.desk import day, language
from relance.kit.refusal import Refusal
from relance.ledger import queries as ledger
from relance.ledger.journal import CSV_COLUMNS, FEC_COLUMNS, JournalRow, SealFacts, csv_rows, fec_rows
from relance.ledger.services import JournalBusy, refuse_long_span, seal_through
from relance.staff.facts import Permission
from relance.staff.services import record_audit


@dataclass(frozen=True, slots=True)
class JournalDay:
    """The rows of one day that a page shows, and the day's seal if it has one."""

    on: dt.date
    rows: Sequence[JournalRow]
    seal: SealFacts | None


@needs(Permission.SEE_JOURNAL)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """Entries by day, oldest first, of one creditor and period; by ledger account and document when asked for."""
    books = _books(request)
    if books is None:
        return render(request, "desk/journal_empty.html")
    code, document = plain(request.GET.get("account", ""))[:20], plain(request.GET.get("document", ""))[:80]
    after = _cursor(request.GET.get("after", ""))
    listing = ledger.journal_page(books.creditor.id, books.from_on, books.to_on, code, after, document=document)
    names = account_names(books.creditor.id, books.to_on)
    context = {
        "books": books,
        "listing": listing,
        "days": _days(books.creditor.id, listing.rows),
        "names": names,
        "codes": sorted(names),
        "code": code,
        "document": document,
        "sealed_through": ledger.sealed_through(books.creditor.id),
        "as_of": as_of(),
        "period": books.query,
    }
    return render(request, "desk/journal.html", context)


@needs(Permission.MANAGE_JOURNAL)
@require_http_methods(["GET", "POST"])
def seal(request: StaffRequest) -> HttpResponse:
    """Choose the last day to seal, see what that closes, and seal."""
    today = as_of()
    sent = posted_data(request)
    books = chosen_books(request.session, request.GET if sent is None else sent, today, today)
    if books is None:
        return render(request, "desk/journal_empty.html")
    last = ledger.sealed_through(books.creditor.id)
    form = SealForm(
        request.GET if sent is None and "through" in request.GET else sent,
        initial={"through": today - dt.timedelta(days=1), "creditor": books.creditor.code},
        today=today,
        sealed_through=last,
        creditors=books.creditors,
    )
    asked = form.is_bound and form.is_valid()
    through: dt.date = form.cleaned_data["through"] if asked else today
    if asked and request.method == "POST":
        try:
            # Sealing takes months one by one, each for good: a row of the audit trail cannot wait to undo them.
            day_count = seal_through(books.creditor.id, through, request.user.username, today)
        except JournalBusy as busy:
            _audit_seals(request, books, through, busy.day_count)
            form.add_error(None, str(busy))
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            _audit_seals(request, books, through, day_count)
            told = ngettext(
                "%(count)s day is sealed, through %(on)s.", "%(count)s days are sealed, through %(on)s.", day_count
            )
            messages.success(request, told % {"count": day_count, "on": day(through)})
            return redirect(reverse("desk:journal") + "?" + urlencode({"creditor": books.creditor.code}))
    elif asked:
        try:
            refuse_long_span(books.creditor.id, through)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    effect = _seal_effect(books.creditor.id, last, through) if asked and form.is_valid() else None
    context = {"form": form, "books": books, "sealed_through": last, "effect": effect}
    refused = request.method == "POST" and bool(form.errors)
    return render(request, "desk/journal_seal.html", context, status=422 if refused else 200)


def _audit_seals(request: StaffRequest, books: Books, asked: dt.date, day_count: int) -> None:
    """Write down what was sealed, which after a refusal is less than was asked for; nothing, no row."""
    if day_count:
        reached = ledger.sealed_through(books.creditor.id) or asked
        details = {"through": min(asked, reached).isoformat(), "days": day_count}
        record_audit(request.user, "journal_sealed", books.creditor.code, details)


@dataclass(frozen=True, slots=True)
class SealEffect:
    """What a seal closes: its days, how many rows they hold, and their sum per currency."""

    first_on: dt.date | None
    through: dt.date
    row_count: int
    is_exact: bool
    totals: Sequence[tuple[str, int]]

    @property
    def day_count(self) -> int:
        """How many days are sealed."""
        return 0 if self.first_on is None else (self.through - self.first_on).days + 1


def _seal_effect(creditor_id: int, last: dt.date | None, through: dt.date) -> SealEffect:
    first = last + dt.timedelta(days=1) if last else dt.date(1900, 1, 1)
    listing = ledger.journal_page(creditor_id, first, through, limit=1)
    # The first seal begins with the first entry, whatever came before it.
    first_on = first if last else next((row.booked_on for row in listing.rows), None)
    totals: dict[str, int] = {}
    for row in ledger.trial_balance(creditor_id, first, through):
        totals[row.currency] = totals.get(row.currency, 0) + row.movement_debit_minor
    return SealEffect(first_on, through, listing.total, listing.total_is_exact, sorted(totals.items()))


@needs(Permission.SEE_JOURNAL)
@require_safe
def export(request: StaffRequest) -> HttpResponseBase:
    """The entries of the period as CSV, streamed."""
    books = _found_books(request)
    record_audit(request.user, "journal_exported", books.creditor.code, books.period | {"format": "csv"})
    name = f"journal-{books.creditor.code}-{books.from_on}-{books.to_on}.csv"
    return csv_download(_csv(books, language()), name)


@needs(Permission.SEE_JOURNAL)
@require_safe
def export_fec(request: StaffRequest) -> HttpResponseBase:
    """The entries of the period in the layout of the French tax administration; other currencies are left out."""
    books = _found_books(request)
    siren = "".join(character for character in books.creditor.siren if character.isdigit())
    if not siren:
        messages.error(request, _("The file is named by the creditor's SIREN; import it with the creditor first."))
        return redirect(reverse("desk:journal") + "?" + books.query)
    record_audit(request.user, "journal_exported", books.creditor.code, books.period | {"format": "fec"})
    return download(_fec(books), "text/plain; charset=utf-8", f"{siren}FEC{books.to_on:%Y%m%d}.txt")


def _csv(books: Books, reader: str) -> Iterator[Sequence[str]]:
    yield CSV_COLUMNS
    for entry in ledger.journal_entries(books.creditor.id, books.from_on, books.to_on):
        yield from csv_rows(books.creditor.code, entry, reader)


def _fec(books: Books) -> Iterator[bytes]:
    yield ("\t".join(FEC_COLUMNS) + "\r\n").encode()
    currency = ledger.numbered_currency(books.creditor.id)
    for entry in ledger.journal_entries(books.creditor.id, books.from_on, books.to_on, currency):
        for row in fec_rows(entry):
            yield ("\t".join(row) + "\r\n").encode()


def _books(request: StaffRequest) -> Books | None:
    today = as_of()
    return chosen_books(request.session, request.GET, today.replace(day=1), today)


def _found_books(request: StaffRequest) -> Books:
    books = _books(request)
    if books is None:
        raise Http404
    return books


def _cursor(text: str) -> str | None:
    """The place of an earlier page's last row, or None for what is no such place."""
    on, _bar, number = text.partition("|")
    if day_of(on) is None or not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return text


def _days(creditor_id: int, rows: Sequence[JournalRow]) -> list[JournalDay]:
    if not rows:
        return []
    first, last = rows[0].booked_on, rows[-1].booked_on
    seals: dict[dt.date, SealFacts] = {}
    if rows[0].is_sealed:
        following = (last + dt.timedelta(days=1)).isoformat()
        seals = {seal.day: seal for seal in ledger.seals(creditor_id, following, (last - first).days + 1).rows}
    return [JournalDay(on, list(found), seals.get(on)) for on, found in groupby(rows, key=lambda row: row.booked_on)]
