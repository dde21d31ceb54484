"""The list of messages to customers: search, filters, pages, export."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from relance.customers import queries as customers
from relance.customers.facts import AccountFacts
from relance.faces.desk.access import StaffRequest, needs, page_asked, plain, whole_number
from relance.faces.desk.csv_export import csv_download
from relance.faces.desk.day import as_of
from relance.faces.desk.labels import LABELS, label
from relance.faces.desk.templatetags.desk import instant, language
from relance.kit.money import format_amount
from relance.kit.pages import Page, each_page
from relance.outbound import queries
from relance.outbound.facts import MessageFacts
from relance.staff.facts import Permission
from relance.staff.services import record_audit

_EXPORT_PART = 1_000


@dataclass(frozen=True, slots=True)
class MessageSearch:
    """What the address asks the list for; what cannot be read is left out."""

    text: str
    state: str
    channel: str
    template: str
    since: dt.date | None
    until: dt.date | None

    @classmethod
    def read(cls, asked: Mapping[str, Any]) -> "MessageSearch":
        """From the parameters of an address."""
        state, channel, template = (str(asked.get(name, "")) for name in ("state", "channel", "template"))
        return cls(
            plain(str(asked.get("text", "")))[:100],
            state if state in LABELS["message_state"] else "",
            channel if channel in LABELS["channel"] else "",
            template if template in LABELS["template"] else "",
            _day(str(asked.get("since", ""))),
            _day(str(asked.get("until", ""))),
        )

    @property
    def is_narrow(self) -> bool:
        """Whether anything is asked for beside a state."""
        return bool(self.text or self.channel or self.template or self.since or self.until)

    def page(self, after: str | None, limit: int = 50) -> Page[MessageFacts]:
        """A page of what was asked for."""
        after = after if after is None or whole_number(after) is not None else None
        return queries.messages(
            None, self.state, self.text, after, limit,
            channel=self.channel, template=self.template, since=self.since, until=self.until,
        )  # fmt: skip


@needs(Permission.SEE_MESSAGES)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """The newest messages first; by state, channel, text, day, and by recipient or account."""
    search = MessageSearch.read(request.GET)
    listing = page_asked(request, search.page)
    counts = queries.state_counts()
    context = {
        "listing": listing,
        "accounts": customers.accounts([message.account_id for message in listing.rows]),
        "search": search,
        "states": [(code, counts[code]) for code in LABELS["message_state"] if counts.get(code)],
        "all_count": sum(counts.values()),
        "channels": list(LABELS["channel"]),
        "templates": list(LABELS["template"]),
        "pager_target": "#results",
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "desk/messages_results.html", context)
    return render(request, "desk/messages.html", context)


@needs(Permission.EXPORT)
@require_safe
def export(request: StaffRequest) -> HttpResponseBase:
    """The same list as CSV, whole, without the words of the messages."""
    record_audit(request.user, "messages_exported", "messages", {"search": request.GET.urlencode()[:500]})
    return csv_download(_export_rows(MessageSearch.read(request.GET), language()), f"messages-{as_of()}.csv")


def _export_rows(search: MessageSearch, reader: str) -> Iterator[list[str]]:
    with translation.override(reader):
        head = [
            _("Message"), _("Account"), _("Name"), _("Text"), _("Channel"), _("Language"), _("To"), _("State"),
            _("Reason"), _("Claimed"), _("Currency"), _("Business date"), _("Sent"),
        ]  # fmt: skip
    yield head
    for part in each_page(lambda after: search.page(after, _EXPORT_PART)):
        accounts = customers.accounts([message.account_id for message in part.rows])
        with translation.override(reader):
            lines = [_export_line(message, accounts.get(message.account_id)) for message in part.rows]
        yield from lines


def _export_line(message: MessageFacts, account: AccountFacts | None) -> list[str]:
    return [
        str(message.id),
        account.number if account else "",
        account.name if account else "",
        label("template", message.template),
        label("channel", message.channel),
        message.language,
        message.recipient,
        label("message_state", message.state),
        message.reason,
        "" if message.claimed_minor is None else format_amount(message.claimed_minor, message.currency),
        message.currency,
        message.business_date.isoformat(),
        instant(message.sent_at),
    ]


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
