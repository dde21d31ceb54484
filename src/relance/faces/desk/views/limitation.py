"""Items whose limitation period runs out soon, and those that are time-barred already."""

import datetime as dt
from collections.abc import Iterator, Sequence

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from relance.customers import queries as customers
from relance.faces.desk.access import StaffRequest, needs, whole_number
from relance.faces.desk.books import day_of
from relance.faces.desk.csv_export import csv_download
from relance.faces.desk.day import as_of
from relance.faces.desk.labels import label
from relance.faces.desk.templatetags.desk import language
from relance.faces.desk.templatetags.finance import limitation_law
from relance.kit.money import format_amount
from relance.kit.pages import Page, each_page
from relance.ledger import queries as ledger
from relance.ledger.facts import LimitationFacts
from relance.staff.facts import Permission
from relance.staff.services import record_audit

WITHIN = ("30", "60", "90")
EXPIRED = "expired"
EXPORT_PART = 1_000


@needs(Permission.SEE_ACCOUNTS)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """Items whose period ends within 30, 60 or 90 days, the earliest or the largest first; or the time-barred ones."""
    today = as_of()
    view, by_amount = _view(request), _by_amount(request)
    listing = _listing(view, today, _cursor(by_amount, request.GET.get("after", "")), by_amount)
    context = {
        "view": view,
        "by_amount": by_amount,
        "within": WITHIN,
        "counts": {str(days): sorted(found.items()) for days, found in ledger.expiring_counts(today).items()},
        "listing": listing,
        "rows": [(entry, (entry.ends_on - today).days) for entry in listing.rows],
        "accounts": customers.accounts([entry.item.account_id for entry in listing.rows]),
        "as_of": today,
    }
    return render(request, "desk/limitation.html", context)


@needs(Permission.EXPORT)
@require_safe
def export(request: StaffRequest) -> HttpResponseBase:
    """The same list as CSV, whole."""
    today = as_of()
    view = _view(request)
    record_audit(request.user, "limitation_exported", view, {})
    return csv_download(_export_rows(view, _by_amount(request), today, language()), f"limitation-{view}-{today}.csv")


def _view(request: StaffRequest) -> str:
    asked = request.GET.get("within", "")
    return asked if asked in (*WITHIN, EXPIRED) else WITHIN[-1]


def _by_amount(request: StaffRequest) -> bool:
    """Whether the largest come first; time-barred items come in no other order."""
    return _view(request) == EXPIRED or request.GET.get("sort") == "amount"


def _listing(view: str, today: dt.date, after: str | None, by_amount: bool, limit: int = 50) -> Page[LimitationFacts]:
    if view == EXPIRED:
        return ledger.expired_items(today, after, limit)
    return ledger.nearly_expired(today, int(view), after, limit, largest_first=by_amount)


def _cursor(by_amount: bool, text: str) -> str | None:
    """The place of an earlier page's last row, or None for what is no such place."""
    first, *others = text.split("|")
    wanted = 1 if by_amount else 2
    is_place = whole_number(first) is not None if by_amount else day_of(first) is not None
    if not is_place or len(others) != wanted or any(whole_number(other) is None for other in others):
        return None
    return text


def _export_rows(view: str, by_amount: bool, today: dt.date, reader: str) -> Iterator[list[str]]:
    with translation.override(reader):
        head = [
            _("Account"), _("Name"), _("Item"), _("Kind"), _("Nature"), _("Due"), _("Time-barred after"),
            _("Period begins"), _("Begun by"), _("Currency"), _("Open"), _("Rule"),
        ]  # fmt: skip
    yield head
    for part in each_page(lambda after: _listing(view, today, after, by_amount, EXPORT_PART)):
        with translation.override(reader):
            lines = _lines(part.rows)
        yield from lines


def _lines(rows: Sequence[LimitationFacts]) -> list[list[str]]:
    accounts = customers.accounts([entry.item.account_id for entry in rows])
    lines = []
    for entry in rows:
        item, account = entry.item, accounts[entry.item.account_id]
        lines.append(
            [
                account.number, account.name, item.number, label("document", item.kind), label("nature", item.nature),
                item.due_on.isoformat() if item.due_on else "", entry.ends_on.isoformat(),
                (entry.restarted_on or item.due_on or entry.ends_on).isoformat(),
                label("restarted_by", entry.restarted_by or "due_date"), item.currency,
                format_amount(item.open_minor, item.currency), limitation_law(entry.rule),
            ]
        )  # fmt: skip
    return lines
