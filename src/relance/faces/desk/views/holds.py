"""The list of holds: which debts are not pursued, why and until when; search, filters, order, pages, export."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from relance.arrangements import queries
from relance.arrangements.facts import HoldRow, HoldState
from relance.faces.desk.access import StaffRequest, needs, page_asked, plain
from relance.faces.desk.csv_export import csv_download
from relance.faces.desk.day import as_of
from relance.faces.desk.hold_words import HoldLine, hold_line
from relance.faces.desk.labels import LABELS, label
from relance.faces.desk.templatetags.desk import instant, language
from relance.kit.pages import Page, each_page
from relance.ledger import queries as ledger
from relance.staff.facts import Permission
from relance.staff.services import record_audit

EXPORT_PART = 1_000


@dataclass(frozen=True, slots=True)
class HoldSearch:
    """What the address asks the list for; what cannot be read is left out."""

    text: str
    kind: str
    state: str
    sort: str

    @classmethod
    def read(cls, asked: Mapping[str, Any]) -> "HoldSearch":
        """From the parameters of an address. Without a state asked for, the holds in force."""
        kind, sort = str(asked.get("kind", "")), str(asked.get("sort", ""))
        state = str(asked.get("state", HoldState.ACTIVE.value))
        return cls(
            plain(str(asked.get("text", "")))[:100],
            kind if kind in LABELS["hold"] else "",
            state if state in (*LABELS["hold_state"], "any") else HoldState.ACTIVE.value,
            sort if sort in queries.SORTS else "-from",
        )

    def page(self, today: dt.date, after: str | None, limit: int = 50) -> Page[HoldRow]:
        """A page of what was asked for."""
        state = "" if self.state == "any" else self.state
        return queries.holds_page(today, self.kind, state, self.text, self.sort, after, limit)


@needs(Permission.SEE_ACCOUNTS)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """The list, or only its lines when the page asks for them."""
    search, today = HoldSearch.read(request.GET), as_of()
    listing = page_asked(request, lambda after: search.page(today, after))
    context = {
        "search": search,
        "listing": listing,
        "rows": list(zip(listing.rows, _lines(listing.rows, today), strict=True)),
        "as_of": today,
        "is_filtered": bool(search.text or search.kind),
        "pager_target": "#results",
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "desk/holds_results.html", context)
    context |= {"kinds": list(LABELS["hold"]), "states": [*LABELS["hold_state"], "any"]}
    return render(request, "desk/holds.html", context)


@needs(Permission.EXPORT)
@require_safe
def export(request: StaffRequest) -> HttpResponseBase:
    """The same list as CSV, whole."""
    search = HoldSearch.read(request.GET)
    record_audit(request.user, "holds_exported", "holds", {"search": request.GET.urlencode()[:500]})
    return csv_download(_export_rows(search, language()), f"holds-{as_of()}.csv")


def _lines(rows: Sequence[HoldRow], today: dt.date) -> list[HoldLine]:
    held = [(row.hold.account_id, row.hold.item_id) for row in rows if row.hold.item_id]
    numbers = (
        ledger.item_numbers([account for account, _item in held], [item for _account, item in held]) if held else {}
    )
    return [hold_line(row.hold, numbers.get(row.hold.item_id, ""), today) for row in rows]


def _export_rows(search: HoldSearch, reader: str) -> Iterator[list[str]]:
    today = as_of()
    with translation.override(reader):
        head = [
            _("Account"), _("Name"), _("Kind of hold"), _("State"), _("Covers"), _("First day held"),
            _("First free day"), _("Reason"), _("File or ticket"), _("Placed by"), _("Placed at"),
        ]  # fmt: skip
    yield head
    for part in each_page(lambda after: search.page(today, after, EXPORT_PART)):
        with translation.override(reader):
            lines = [_export_line(row, line) for row, line in zip(part.rows, _lines(part.rows, today), strict=True)]
        yield from lines


def _export_line(row: HoldRow, line: HoldLine) -> list[str]:
    periods = row.hold.periods
    return [
        row.account_number, row.account_name, label("hold", row.hold.kind), label("hold_state", row.state), line.covers,
        periods[0][0].isoformat() if periods else "",
        periods[-1][1].isoformat() if periods and periods[-1][1] else "",
        row.hold.reason, row.hold.reference, row.hold.placed_by, instant(row.placed_at),
    ]  # fmt: skip
