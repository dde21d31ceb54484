"""The account ledger with its running balance, and the statement of account; both as pages and CSV."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from relance.customers import queries as customers
from relance.customers.facts import AccountFacts
from relance.faces.desk.access import StaffRequest, needs, page_asked
from relance.faces.desk.account_page import found_account
from relance.faces.desk.csv_export import csv_download
from relance.faces.desk.day import as_of
from relance.faces.desk.labels import LABELS, label
from relance.faces.desk.templatetags.desk import language
from relance.insight.facts import Statement
from relance.insight.reports.statement import REPORT as STATEMENT
from relance.insight.reports.statement import statement_shown
from relance.kit.money import format_amount
from relance.kit.pages import each_page
from relance.ledger import queries as ledger
from relance.ledger.facts import LedgerLine
from relance.staff.facts import Permission
from relance.staff.services import record_audit

BEGINNING = dt.date(1970, 1, 1)
STATEMENT_LINES = 500
"""Lines, and open items, of a currency that the statement's page shows; the CSV has all."""


@dataclass(frozen=True, slots=True)
class Period:
    """What the address asks for; `chosen_from` is None for "from the beginning"."""

    from_on: dt.date
    to_on: dt.date
    chosen_from: dt.date | None

    @classmethod
    def read(cls, query: Mapping[str, str], today: dt.date, default: dt.date | None = None) -> "Period":
        """From an address; days that cannot be read, or in the wrong order, are left at their defaults."""
        start, end = _day(query.get("from", "")) or default, _day(query.get("to", "")) or today
        if start is not None and start > end:
            start = default if default is not None and default <= end else None
        return cls(start or BEGINNING, end, start)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


@needs(Permission.SEE_ACCOUNTS)
@require_safe
def page(request: StaffRequest, account_id: int) -> HttpResponse:
    """The ledger of an account in one currency, newest line first."""
    account, today = found_account(account_id), as_of()
    period = Period.read(request.GET, today)
    currencies = ledger.currencies_of(account_id, today)
    currency = _currency(request, account, currencies)
    listing = page_asked(request, lambda after: ledger.account_ledger_page(
        account_id, currency, period.from_on, period.to_on, today, after))  # fmt: skip
    context = {
        "account": account,
        "as_of": today,
        "period": period,
        "currency": currency,
        "currencies": currencies,
        "listing": listing,
        "lines": [(line, _address(account_id, line)) for line in listing.rows],
        "pager_target": "#results",
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "desk/account_ledger_results.html", context)
    return render(request, "desk/account_ledger.html", context)


def _currency(request: StaffRequest, account: AccountFacts, currencies: list[str]) -> str:
    asked = request.GET.get("currency", "")
    if asked in currencies:
        return asked
    own = customers.creditor(account.creditor_id).currency
    return own if own in currencies or not currencies else currencies[0]


def _address(account_id: int, line: LedgerLine) -> str:
    """Where a line leads: an item, or a payment; a reversal and credits made by other acts lead nowhere."""
    if line.debit_minor and line.kind != "reversal":
        return reverse("desk:item", args=[account_id, line.id])
    return reverse("desk:credit", args=[account_id, line.id]) if line.credit_minor else ""


@needs(Permission.EXPORT)
@require_safe
def export(request: StaffRequest, account_id: int) -> HttpResponseBase:
    """All lines of the period in one currency as CSV, oldest first, part by part."""
    account, today = found_account(account_id), as_of()
    period = Period.read(request.GET, today)
    currency = _currency(request, account, ledger.currencies_of(account_id, today))
    record_audit(request.user, "ledger_exported", account.number, {"currency": currency})
    rows = _ledger_rows(account_id, currency, period, today, language())
    return csv_download(rows, f"ledger-{account.number}-{today}.csv")


def _ledger_rows(
    account_id: int, currency: str, period: Period, today: dt.date, reader_language: str
) -> Iterator[list[str]]:
    """The language is set here: this runs after the middleware. Newest first, as the pages are."""
    with translation.override(reader_language):
        kinds = {code: str(word) for code, word in LABELS["document"].items()}
        head = [_("Day"), _("Kind"), _("Number"), _("Note"), _("Due"), _("Currency"), _("Debit"), _("Credit"),
                _("Balance")]  # fmt: skip
    yield head
    span = (period.from_on, period.to_on)
    for found in each_page(
        lambda after: ledger.account_ledger_page(account_id, currency, *span, today, after, limit=2_000)
    ):
        for line in found.rows:
            yield _cells(line, kinds)


def _cells(line: LedgerLine, kinds: Mapping[str, str]) -> list[str]:
    amounts = [format_amount(minor, line.currency) if minor else "" for minor in (line.debit_minor, line.credit_minor)]
    return [
        line.on.isoformat(), kinds.get(line.kind, line.kind), line.number, line.note,
        line.due_on.isoformat() if line.due_on else "", line.currency, *amounts,
        format_amount(line.balance_minor, line.currency),
    ]  # fmt: skip


@needs(Permission.SEE_ACCOUNTS)
@require_safe
def statement(request: StaffRequest, account_id: int) -> HttpResponse:
    """The statement of account as a page to print and send; the last three months unless a period is chosen."""
    account = found_account(account_id)
    period = _statement_period(request)
    told = statement_shown(account_id, period.from_on, period.to_on, STATEMENT_LINES)
    context = {
        "account": account,
        "creditor": customers.creditor(account.creditor_id),
        "period": period,
        "statement": told,
        "as_of": as_of(),
    }
    return render(request, "desk/statement.html", context)


def _statement_period(request: StaffRequest) -> Period:
    today = as_of()
    read = Period.read(request.GET, today, default=today - dt.timedelta(days=91))
    end = min(read.to_on, today)
    return Period(min(read.from_on, end), end, read.chosen_from)


@needs(Permission.EXPORT)
@require_safe
def statement_export(request: StaffRequest, account_id: int) -> HttpResponseBase:
    """The statement's lines and balances as CSV."""
    account = found_account(account_id)
    period = _statement_period(request)
    record_audit(request.user, "statement_exported", account.number, {"to": period.to_on.isoformat()})
    told = STATEMENT.query(account_id, period.from_on, period.to_on, period.to_on)
    return csv_download(list(_statement_rows(told)), f"statement-{account.number}-{period.to_on}.csv")


def _statement_rows(told: Statement) -> Iterator[list[str]]:
    yield [_("Day"), _("Kind"), _("Number"), _("Due"), _("Currency"), _("Debit"), _("Credit"), _("Balance")]
    for part in told.parts:
        currency = part.currency
        yield [told.from_on.isoformat(), _("Opening balance"), "", "", currency, "", "",
               format_amount(part.opening_minor, currency)]  # fmt: skip
        for line in part.lines:
            cells = _cells(line, {})
            yield [cells[0], label("document", line.kind), cells[2], *cells[4:]]
        yield [told.to_on.isoformat(), _("Closing balance"), "", "", currency, "", "",
               format_amount(part.closing_minor, currency)]  # fmt: skip
