"""Acts that end other acts, and one that rests on a letter: credit notes, write-offs and splits taken back, and the
receipt of a formal notice.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from relance.faces.desk.access import StaffRequest, needs, posted_data, whole_number
from relance.faces.desk.account_page import found_account
from relance.faces.desk.act_forms import FormalNoticeForm, ReasonForm
from relance.faces.desk.act_pages import ActPage, Effect, answer_act, answer_item_act, found_credit, found_item
from relance.faces.desk.amount_words import named_items
from relance.faces.desk.day import as_of
from relance.faces.desk.templatetags.desk import day, money
from relance.kit.money import format_amount
from relance.ledger import queries as ledger
from relance.ledger import services
from relance.ledger.facts import Act, Posted
from relance.staff.facts import Permission


@needs(Permission.CORRECT)
@require_http_methods(["GET", "POST"])
def credit(request: StaffRequest, account_id: int, credit_id: int) -> HttpResponse:
    """Take a mistaken credit note or write-off back whole."""
    account, found = found_account(account_id), found_credit(account_id, credit_id)
    if found.kind not in {"credit_note", "write_off"}:
        raise Http404
    is_note = found.kind == "credit_note"
    amount = money(found.amount_minor, found.currency)
    words = {"number": found.number, "amount": amount}
    page = ActPage(
        title=_("Take the credit note back") if is_note else _("Take the write-off back"),
        text=_("For one that was a mistake. Its entries are booked the other way round, VAT included; days that are past "
               "stay what they were."),
        button=_("Take back %(amount)s") % words,
        done=_("%(number)s is taken back.") % words,
        verb=f"{found.kind}_taken_back",
        danger=True,
        effect=lambda _data: Effect(
            [], [_("%(number)s of %(amount)s is taken back whole: what it settled is owed again, and chased where it is "
                   "overdue.") % words]
        ),
    )  # fmt: skip
    take_back = services.take_back_credit_note if is_note else services.take_back_write_off
    return answer_act(
        request, account, page, ReasonForm(posted_data(request)),
        lambda act, _data: take_back(act, found.id),
        lambda _data: {"number": found.number, "amount": format_amount(found.amount_minor, found.currency)},
        credit=found,
    )  # fmt: skip


@needs(Permission.CORRECT)
@require_http_methods(["GET", "POST"])
def split(request: StaffRequest, account_id: int, item_id: int) -> HttpResponse:
    """Take the last split of an item back: it is owed as one again."""
    item = found_item(account_id, item_id)
    words = {"number": item.number}
    page = ActPage(
        title=_("Take the split of %(number)s back") % words,
        text=_("Only while nothing was set against its instalments: what was settled is undone first."),
        button=_("Take the split back"),
        done=_("%(number)s is owed as one again.") % words,
        verb="split_taken_back",
        danger=True,
        effect=lambda _data: Effect(
            [], [_("The instalments of %(number)s end; it is owed as one again, on its own due date: %(on)s.")
                 % (words | {"on": day(item.due_on)})]
        ),
    )  # fmt: skip
    return answer_item_act(
        request, item, page, ReasonForm(posted_data(request)),
        lambda act, _data: services.take_back_split(act, item.id),
    )  # fmt: skip


@needs(Permission.CHANGE_TERMS)
@require_http_methods(["GET", "POST"])
def formal_notice(request: StaffRequest, account_id: int) -> HttpResponse:
    """Record that the customer received a formal notice for some items, and how that is proven."""
    account, today = found_account(account_id), as_of()
    items = [
        item for item in ledger.open_items(account_id, today)
        if item.kind != "refund" and item.is_overdue(today) and not item.expired_minor
    ]  # fmt: skip
    numbers = {item.id: item.number for item in items}
    asked = whole_number(request.GET.get("item", ""))
    chosen = [asked] if asked in numbers else list(numbers)
    form = FormalNoticeForm(
        posted_data(request), initial={"items": chosen, "received_on": today}, items=named_items(items), today=today
    )

    def do(act: Act, data: Mapping[str, Any]) -> Posted:
        return services.record_formal_notice(replace(act, on=data["received_on"]), data["items"])

    page = ActPage(
        title=_("Record a formal notice"),
        text=_("A letter that the customer received and that demands payment of these items. From the day after, a "
               "consumer owes the legal interest on them; the first notice of an item counts. It does not start the "
               "limitation period anew."),
        button=_("Record"),
        done=_("The formal notice is recorded."),
        verb="formal_notice_recorded",
        template="desk/acts/choice_fields.html",
        more={"choice_name": "items", "nothing": "" if items else _("Nothing is overdue.")},
    )  # fmt: skip
    return answer_act(
        request, account, page, form, do,
        lambda data: {
            "items": [numbers[item_id] for item_id in data["items"]], "received_on": data["received_on"].isoformat()
        },
    )  # fmt: skip
