"""The trial balance: what every ledger account held before a period, moved within it, and holds at its end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from relance.faces.desk.access import StaffRequest, needs
from relance.faces.desk.books import Books, chosen_books
from relance.faces.desk.csv_export import csv_download
from relance.faces.desk.day import as_of
from relance.faces.desk.templatetags.desk import language
from relance.kit.money import format_amount
from relance.ledger import queries as ledger
from relance.ledger.journal import TrialBalanceRow
from relance.staff.facts import Permission
from relance.staff.services import record_audit


@dataclass(frozen=True, slots=True)
class CurrencyBalance:
    """The trial balance in one currency; `totals` are the six columns: opening, movement, closing, debit then credit."""

    currency: str
    rows: Sequence[tuple[TrialBalanceRow, str]]
    totals: Sequence[int]

    @property
    def titled_totals(self) -> list[tuple[str, int]]:
        """The totals with the titles of their columns."""
        return list(zip(_titles(), self.totals, strict=True))

    @property
    def ties(self) -> bool:
        """Whether debits equal credits in every pair of columns."""
        return all(debit == credit for debit, credit in zip(self.totals[::2], self.totals[1::2], strict=True))


@needs(Permission.SEE_JOURNAL)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """The trial balance of a creditor and period, per currency."""
    books = _books(request)
    if books is None:
        return render(request, "desk/journal_empty.html")
    reader = language()
    balances = [
        CurrencyBalance(
            currency,
            [(row, row.name(reader)) for row in rows],
            [sum(column) for column in zip(*(_columns(row) for row in rows), strict=True)],
        )
        for currency, found in groupby(_rows(books), key=lambda row: row.currency)
        if (rows := list(found))
    ]
    context = {"books": books, "balances": balances, "period": books.query}
    return render(request, "desk/trial_balance.html", context)


@needs(Permission.SEE_JOURNAL)
@require_safe
def export(request: StaffRequest) -> HttpResponseBase:
    """The same as CSV."""
    books = _books(request)
    if books is None:
        raise Http404
    record_audit(request.user, "trial_balance_exported", books.creditor.code, books.period)
    name = f"trial-balance-{books.creditor.code}-{books.from_on}-{books.to_on}.csv"
    return csv_download(_export_rows(books, language()), name)


def _books(request: StaffRequest) -> Books | None:
    today = as_of()
    return chosen_books(request.session, request.GET, today.replace(month=1, day=1), today)


def _rows(books: Books) -> list[TrialBalanceRow]:
    return ledger.trial_balance(books.creditor.id, books.from_on, books.to_on)


def _titles() -> list[str]:
    return [
        _("Opening debit"), _("Opening credit"), _("Movement debit"), _("Movement credit"), _("Closing debit"),
        _("Closing credit"),
    ]  # fmt: skip


def _columns(row: TrialBalanceRow) -> tuple[int, ...]:
    return (
        row.opening_debit_minor, row.opening_credit_minor, row.movement_debit_minor, row.movement_credit_minor,
        row.closing_debit_minor, row.closing_credit_minor,
    )  # fmt: skip


def _export_rows(books: Books, reader: str) -> Iterator[list[str]]:
    with translation.override(reader):
        head = [_("Account"), _("Name"), _("Currency"), *_titles()]
    yield head
    for row in _rows(books):
        amounts = (format_amount(minor, row.currency) for minor in _columns(row))
        yield [row.code, row.name(reader), row.currency, *amounts]
