"""The list of accounts: search as one types, filters, order, pages, export."""

from collections.abc import Iterator

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from relance.customers import queries as customers
from relance.dunning import queries as dunning
from relance.faces.desk.access import StaffRequest, needs
from relance.faces.desk.account_rows import AccountRow, AccountSearch, account_rows, every_account_row
from relance.faces.desk.csv_export import csv_download
from relance.faces.desk.day import as_of
from relance.faces.desk.labels import label
from relance.faces.desk.story import scenario_name, scenario_names
from relance.faces.desk.templatetags.desk import language
from relance.kit.money import format_amount
from relance.staff.facts import Permission
from relance.staff.services import record_audit


@needs(Permission.SEE_ACCOUNTS)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """The list, or only its lines when the page asks for them; a full number typed into the menu opens its account."""
    search = AccountSearch.read(request.GET)
    if request.GET.get("go") and search.text and (exact := customers.account_by_number(search.text)):
        return redirect("desk:account", exact.id)
    today = as_of()
    context = {
        "search": search,
        "listing": account_rows(search, today),
        "as_of": today,
        "names": scenario_names(),
        "pager_target": "#results",
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "desk/accounts_results.html", context)
    scenarios = dunning.scenarios()
    context["criteria"] = customers.criteria()
    context["stage_choices"] = [
        (
            scenario_name(scenario.name, scenario.code),
            [(f"{scenario.code}/{stage.code}", label("stage", stage.code)) for stage in scenario.stages],
        )
        for scenario in scenarios
    ]
    return render(request, "desk/accounts.html", context)


@needs(Permission.EXPORT)
@require_safe
def export(request: StaffRequest) -> HttpResponseBase:
    """All accounts of the current search as CSV, streamed."""
    search = AccountSearch.read(request.GET)
    today = as_of()
    record_audit(request.user, "accounts_exported", "accounts", {"search": request.GET.urlencode()[:500]})
    return csv_download(_export_rows(search, language()), f"accounts-{today}.csv")


def _export_rows(search: AccountSearch, reader_language: str) -> Iterator[list[str]]:
    """The header and one line per account and currency. The language is set here: this runs after the middleware."""
    with translation.override(reader_language):
        head = [
            _("Number"), _("Name"), _("Kind"), _("Segment"), _("Credit class"), _("City"), _("Currency"), _("Balance"),
            _("Overdue"), _("Unallocated"), _("Days past due"), _("Stage"),
        ]  # fmt: skip
        words = {code: label("kind", code) for code in ("consumer", "business", "public")}
    yield head
    for row in every_account_row(search, as_of()):
        yield from _export_lines(row, words)


def _export_lines(row: AccountRow, words: dict[str, str]) -> Iterator[list[str]]:
    account = row.account
    start = [
        account.number, account.name, words.get(account.kind, account.kind), account.segment, account.credit_class,
        account.city,
    ]  # fmt: skip
    end = [
        "" if row.days_past_due is None else str(row.days_past_due),
        " ".join(f"{position.scenario}/{position.stage}" for position in row.stages),
    ]
    if not row.balances:
        yield [*start, "", "", "", "", *end]
    for balance in row.balances:
        amounts = (balance.total_minor, balance.overdue_minor, balance.unallocated_minor)
        yield [*start, balance.currency, *(format_amount(minor, balance.currency) for minor in amounts), *end]
