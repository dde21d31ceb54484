"""Acts on one item of an account: credit note, correction, terms, disputes, doubt, limitation and charges."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from relance.faces.desk.access import StaffRequest, needs, posted_data
from relance.faces.desk.account_page import found_account
from relance.faces.desk.act_forms import (
    AmountForm,
    CreditNoteForm,
    DisputeForm,
    InterruptionForm,
    PostponeForm,
    ReasonForm,
    SplitForm,
    drawn_number,
)
from relance.faces.desk.act_pages import ActPage, Effect, answer_item_act, found_item
from relance.faces.desk.amount_words import amount_text, credit_note_effect, equal_parts, is_far, split_effect
from relance.faces.desk.day import as_of
from relance.faces.desk.templatetags.desk import day, money
from relance.kit.money import format_amount
from relance.ledger import queries as ledger
from relance.ledger import services
from relance.ledger.facts import Act, CreditNoteOrder, ExclusionKind, OpenItemFacts, Posted
from relance.staff.facts import Permission


@needs(Permission.CREDIT_NOTE)
@require_http_methods(["GET", "POST"])
def credit_note(request: StaffRequest, account_id: int, item_id: int) -> HttpResponse:
    """A credit note on an item; a larger one than the item says what becomes of the rest before it is confirmed."""
    item = found_item(account_id, item_id)
    initial = {"number": drawn_number("AV", as_of())}
    if item.open_minor:
        initial["amount"] = amount_text(item.open_minor, item.currency)
    form = CreditNoteForm(posted_data(request), initial=initial, items=None, currencies=[item.currency],
                          find=lambda _number: None)  # fmt: skip

    def do(act: Act, data: Mapping[str, Any]) -> Posted:
        order = CreditNoteOrder(data["number"], item.currency, data["amount_minor"], item.number)
        return services.post_credit_note(act, order)

    page = ActPage(
        title=_("Credit note on %(number)s") % {"number": item.number},
        text=_("Part or all of this is no longer owed. Its tax is taken back in proportion."),
        button=_("Post the credit note"),
        done=_("The credit note is posted."),
        verb="credit_note_posted",
        effect=lambda data: credit_note_effect(item, data.get("amount_minor"), item.currency),
    )
    return answer_item_act(
        request, item, page, form, do,
        lambda data: {
            "number": data["number"], "currency": item.currency,
            "amount": format_amount(data["amount_minor"], item.currency),
        },
    )  # fmt: skip


@needs(Permission.CORRECT)
@require_http_methods(["GET", "POST"])
def correct(request: StaffRequest, account_id: int, item_id: int) -> HttpResponse:
    """Take an item back whole that should never have been posted."""
    item = found_item(account_id, item_id)
    amount, paid = money(item.amount_minor, item.currency), item.amount_minor - item.open_minor
    warnings = [_("%(number)s of %(amount)s is taken back whole; this cannot be undone.")
                % {"number": item.number, "amount": amount}]  # fmt: skip
    told = []
    if paid:
        told.append(
            _("%(amount)s that had settled it is set free and goes on to what else is open.")
            % {"amount": money(paid, item.currency)}
        )
    page = ActPage(
        title=_("Correct a mistaken posting"),
        text=_("For an item that should never have been posted. Its entries are booked the other way round; days that "
               "are past stay what they were."),
        button=_("Take back %(amount)s") % {"amount": amount},
        done=_("%(number)s is taken back.") % {"number": item.number},
        verb="item_corrected",
        danger=True,
        effect=lambda _data: Effect(told, warnings),
    )  # fmt: skip
    return answer_item_act(
        request, item, page, ReasonForm(posted_data(request)),
        lambda act, _data: services.correct_item(act, item.id),
        lambda _data: {"amount": format_amount(item.amount_minor, item.currency)},
    )  # fmt: skip


@needs(Permission.CHANGE_TERMS)
@require_http_methods(["GET", "POST"])
def postpone(request: StaffRequest, account_id: int, item_id: int) -> HttpResponse:
    """Give an item another due date; the document keeps its own."""
    item = found_item(account_id, item_id)
    form = PostponeForm(posted_data(request), today=as_of())

    def effect(data: Mapping[str, Any]) -> Effect:
        due_on: dt.date | None = data.get("due_on")
        if due_on is None:
            return Effect()
        words = {"number": item.number, "on": day(due_on)}
        far = [_("%(on)s is more than twelve months from now: %(number)s is not chased until then.") % words]
        told = _("%(number)s is due on %(on)s; until then nobody is reminded of it.") % words
        return Effect([], far) if is_far(due_on, as_of()) else Effect([told])

    page = ActPage(
        title=_("Postpone %(number)s") % {"number": item.number},
        text=_("The document keeps its own date; dunning and interest count from the new one."),
        button=_("Postpone"),
        done=_("%(number)s is postponed.") % {"number": item.number},
        verb="item_postponed",
        effect=effect,
    )
    return answer_item_act(
        request, item, page, form,
        lambda act, data: services.postpone(act, item.id, data["due_on"]),
        lambda data: {"due_on": data["due_on"].isoformat()},
    )  # fmt: skip


@needs(Permission.CHANGE_TERMS)
@require_http_methods(["GET", "POST"])
def split(request: StaffRequest, account_id: int, item_id: int) -> HttpResponse:
    """Replace an item by instalments: equal monthly ones filled in, or dates and amounts typed."""
    item = found_item(account_id, item_id)
    first_on = as_of() + dt.timedelta(days=30)
    if "fill" in request.POST:
        return _fill(request, item)
    form = SplitForm(posted_data(request), initial={"count": 3, "first_on": first_on}, currency=item.currency)
    rows = form.rows or equal_parts(item.open_minor, item.currency, 3, first_on)
    page = ActPage(
        title=_("Split %(number)s into instalments") % {"number": item.number},
        text=_("What is open is owed in parts, each with a date of its own. The same is owed in all."),
        button=_("Split"),
        done=_("%(number)s is split into instalments.") % {"number": item.number},
        verb="item_split",
        effect=lambda data: split_effect(item, data.get("parts"), as_of()),
        template="desk/acts/split_fields.html",
        more={"rows": [*rows, ("", ""), ("", "")]},
    )
    return answer_item_act(
        request, item, page, form,
        lambda act, data: services.split(act, item.id, data["parts"]),
        lambda data: {
            "parts": [[on.isoformat(), format_amount(minor, item.currency)] for on, minor in data["parts"]],
        },
    )  # fmt: skip


def _fill(request: StaffRequest, item: OpenItemFacts) -> HttpResponse:
    """The page, or only its rows, with equal monthly parts filled in; nothing is posted."""
    form = SplitForm(request.POST, currency=item.currency)
    form.is_valid()
    count = form.cleaned_data.get("count") or 3
    first_on = form.cleaned_data.get("first_on") or as_of() + dt.timedelta(days=30)
    rows = equal_parts(item.open_minor, item.currency, count, first_on)
    filled = request.POST.copy()
    filled.setlist("part_on", [on for on, _amount in rows])
    filled.setlist("part_amount", [amount for _on, amount in rows])
    context: dict[str, Any] = {
        "rows": [*rows, ("", ""), ("", "")],
        "item": item,
        "account": found_account(item.account_id),
    }
    if request.htmx:
        response = render(request, "desk/acts/split_rows.html", context)
        response.headers["HX-Trigger-After-Swap"] = "refresh"
        return response
    shown = SplitForm(initial=filled.dict(), currency=item.currency)
    page = ActPage(
        title=_("Split %(number)s into instalments") % {"number": item.number}, text="", button=_("Split"),
        done="", verb="", template="desk/acts/split_fields.html", more={"rows": context["rows"]},
    )  # fmt: skip
    return render(request, "desk/acts/page.html", context | {"page": page, "form": shown, "effect": Effect()})


@needs(Permission.CHANGE_TERMS)
@require_http_methods(["GET", "POST"])
def dispute(request: StaffRequest, account_id: int, item_id: int) -> HttpResponse:
    """Leave a disputed part of an item out of what is chased."""
    item = found_item(account_id, item_id)
    form = DisputeForm(posted_data(request), currency=item.currency)

    def effect(data: Mapping[str, Any]) -> Effect:
        left = item.open_minor - item.disputed_minor
        disputed = data.get("amount_minor") or left
        words = {"part": money(disputed, item.currency), "rest": money(max(0, left - disputed), item.currency)}
        return Effect([_("%(part)s is shown as owed and not chased; %(rest)s of it goes on being chased.") % words])

    page = ActPage(
        title=_("Dispute about %(number)s") % {"number": item.number},
        text=_("The disputed part stays owed, and nobody is reminded of it until the dispute is answered."),
        button=_("Record the dispute"),
        done=_("The dispute about %(number)s is recorded.") % {"number": item.number},
        verb="item_disputed",
        effect=effect,
    )
    return answer_item_act(
        request, item, page, form,
        lambda act, data: services.exclude(
            act, item.id, ExclusionKind.DISPUTED, data.get("amount_minor"), data["reference"] or f"desk:{data['key']}"
        ),
        lambda data: {"amount": data["amount"], "reference": data["reference"]},
    )  # fmt: skip


@needs(Permission.CHANGE_TERMS)
@require_http_methods(["GET", "POST"])
def lift(request: StaffRequest, account_id: int, exclusion_id: int) -> HttpResponse:
    """Answer a dispute: what it left out is chased again."""
    found = next((one for one in ledger.exclusions_of(account_id, as_of()) if one.id == exclusion_id), None)
    if found is None or found.kind is ExclusionKind.EXPIRED:
        raise Http404
    item = found_item(account_id, found.item_id)
    amount = money(found.amount_minor, item.currency)
    page = ActPage(
        title=_("Lift the dispute about %(number)s") % {"number": item.number},
        text=_("The dispute is answered and this is owed after all; if it is not, write a credit note."),
        button=_("Chase it again"),
        done=_("%(amount)s of %(number)s is chased again.") % {"amount": amount, "number": item.number},
        verb="exclusion_lifted",
        effect=lambda _data: Effect([_("%(amount)s is chased again from today on.") % {"amount": amount}]),
    )
    return answer_item_act(
        request, item, page, ReasonForm(posted_data(request)),
        lambda act, _data: services.lift_exclusion(act, exclusion_id),
        lambda _data: {"amount": format_amount(found.amount_minor, item.currency)},
    )  # fmt: skip


@needs(Permission.CORRECT)
@require_http_methods(["GET", "POST"])
def doubtful(request: StaffRequest, account_id: int, item_id: int) -> HttpResponse:
    """Put an item among the doubtful debts of the balance sheet."""
    item = found_item(account_id, item_id)
    page = ActPage(
        title=_("Mark %(number)s as doubtful") % {"number": item.number},
        text=_("Its open amount moves from account 411 to 416. It is owed and chased as before."),
        button=_("Mark as doubtful"),
        done=_("%(number)s is marked as doubtful.") % {"number": item.number},
        verb="marked_doubtful",
    )
    return answer_item_act(
        request, item, page, ReasonForm(posted_data(request)),
        lambda act, _data: services.mark_doubtful(act, [item.id]),
    )  # fmt: skip


@needs(Permission.CORRECT)
@require_http_methods(["GET", "POST"])
def not_doubtful(request: StaffRequest, account_id: int, item_id: int) -> HttpResponse:
    """Take an item out of the doubtful debts."""
    item = found_item(account_id, item_id)
    page = ActPage(
        title=_("%(number)s is no longer doubtful") % {"number": item.number},
        text=_("What is open of it moves back from account 416 to 411."),
        button=_("Take the mark away"),
        done=_("%(number)s is an ordinary debt again.") % {"number": item.number},
        verb="unmarked_doubtful",
    )
    return answer_item_act(
        request, item, page, ReasonForm(posted_data(request)),
        lambda act, _data: services.unmark_doubtful(act, [item.id]),
    )  # fmt: skip


@needs(Permission.CHANGE_TERMS)
@require_http_methods(["GET", "POST"])
def interruption(request: StaffRequest, account_id: int, item_id: int) -> HttpResponse:
    """Record what started the limitation period of an item anew."""
    item = found_item(account_id, item_id)
    form = InterruptionForm(posted_data(request), today=as_of(), initial={"occurred_on": as_of()})
    page = ActPage(
        title=_("Limitation of %(number)s") % {"number": item.number},
        text=_("Only an acknowledgement, a court claim or an insolvency claim starts the period anew; a reminder never "
               "does. Part payments count by themselves."),
        button=_("Record"),
        done=_("The limitation period of %(number)s starts anew.") % {"number": item.number},
        verb="limitation_interrupted",
    )  # fmt: skip
    return answer_item_act(
        request, item, page, form,
        lambda act, data: services.interrupt(act, [item.id], data["kind"], data["occurred_on"]),
        lambda data: {"kind": data["kind"], "occurred_on": data["occurred_on"].isoformat()},
    )  # fmt: skip


@needs(Permission.CHARGE)
@require_http_methods(["GET", "POST"])
def late_fee(request: StaffRequest, account_id: int, item_id: int) -> HttpResponse:
    """Charge the contract's late fee, once and where the law allows it."""
    item = found_item(account_id, item_id)
    page = ActPage(
        title=_("Late fee for %(number)s") % {"number": item.number},
        text=_("Once per invoice, as the contract says, and only where the law of the creditor’s country allows it; a "
               "lower cap of the law wins."),
        button=_("Charge the fee"),
        done=_("The late fee is charged."),
        verb="late_fee_charged",
    )  # fmt: skip
    return answer_item_act(
        request, item, page, AmountForm(posted_data(request), currency=item.currency),
        lambda act, data: services.post_late_fee(act, item.id, data["amount_minor"], item.currency),
        lambda data: {"asked": format_amount(data["amount_minor"], item.currency)},
    )  # fmt: skip


@needs(Permission.CHARGE)
@require_http_methods(["GET", "POST"])
def indemnity(request: StaffRequest, account_id: int, item_id: int) -> HttpResponse:
    """Charge the fixed recovery indemnity of the law, once per invoice."""
    item = found_item(account_id, item_id)
    page = ActPage(
        title=_("Recovery indemnity for %(number)s") % {"number": item.number},
        text=_("The fixed amount that the law gives for each late invoice between professionals; once per invoice."),
        button=_("Charge the indemnity"),
        done=_("The recovery indemnity is charged."),
        verb="indemnity_charged",
    )
    return answer_item_act(
        request, item, page, ReasonForm(posted_data(request)),
        lambda act, _data: services.post_indemnity(act, item.id),
    )  # fmt: skip
