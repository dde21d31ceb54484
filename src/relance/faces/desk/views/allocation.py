"""The allocation screen: free payments on one side, open items on the other, what was allocated, and undoing it."""

import secrets
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from relance.customers.facts import AccountFacts
from relance.faces.desk.access import StaffRequest, needs, page_asked, whole_number
from relance.faces.desk.account_page import found_account
from relance.faces.desk.act_forms import ReasonForm
from relance.faces.desk.act_pages import SENT_BEFORE, posting_key, said, was_sent_before
from relance.faces.desk.allocation import Choice, first_choice, read_choice
from relance.faces.desk.day import as_of
from relance.kit.money import format_amount
from relance.kit.refusal import Refusal
from relance.ledger import queries as ledger
from relance.ledger.facts import Act, AllocationFacts, CreditFacts, OpenItemFacts
from relance.ledger.services import allocate_by_hand, undo_allocations
from relance.staff.facts import Permission
from relance.staff.services import record_audit

ROWS_AT_MOST = 100
"""Free payments and open items that the screen shows, the oldest of each; with more, a form has too many fields."""

ALLOCATIONS_PER_PAGE = 100
"""Live allocations that a page lists, the newest first."""


@needs(Permission.ALLOCATE)
@require_http_methods(["GET", "POST"])
def page(request: StaffRequest, account_id: int) -> HttpResponse:
    """The screen, the effect of a choice as one types, and its posting."""
    account = found_account(account_id)
    if request.method != "POST":
        return render(request, "desk/allocation/page.html", _context(request, account))
    if not request.htmx and was_sent_before(request, account_id):
        messages.info(request, str(SENT_BEFORE))
        return redirect("desk:account_allocate", account_id)
    sent = request.POST
    chosen = [whole_number(text) for text in sent.getlist("credit")]
    typed = [whole_number(name[5:]) for name in sent if name.startswith("item-") and sent[name].strip()]
    sides = _sides(
        account, sent.get("currency", ""),
        {one for one in chosen[:ROWS_AT_MOST] if one is not None},
        {one for one in typed[:ROWS_AT_MOST] if one is not None},
    )  # fmt: skip
    choice = read_choice(sides.currency, sides.credits, sides.items, sent, fill="fill" in sent)
    context = {"account": account, "choice": choice, "sides": sides, "key": sent.get("key", "")}
    context["reason"] = request.POST.get("reason", "")
    if request.htmx:
        return render(request, "desk/allocation/choice.html", context)
    refusal = ""
    if "fill" not in request.POST and choice.can_be_made:
        try:
            created = _allocate(request, account, choice)
        except Refusal as refused:
            refusal = said(refused)
            # The page that follows shows what is there now: that is what the next choice was made on.
            for row in choice.credits:
                row.seen_minor = row.credit.open_minor
        else:
            messages.success(request, _("Allocated.") if created else str(SENT_BEFORE))
            return redirect("desk:account_allocate", account_id)
    elif choice.gone and not choice.credits:
        # With nothing left to choose from, the choice has no place for its trouble, and its amounts no use.
        refusal, context["choice"] = (
            choice.trouble,
            first_choice(sides.currency, sides.credits, sides.items, None, None),
        )
    whole = _context(request, account) | context | {"refusal": refusal}
    return render(request, "desk/allocation/page.html", whole, status=200 if "fill" in request.POST else 422)


def _context(request: StaffRequest, account: AccountFacts) -> dict[str, Any]:
    """Everything the screen shows; `credit` and `item` of the address choose what it begins with."""
    query = request.GET
    credit_id, item_id = whole_number(query.get("credit", "")), whole_number(query.get("item", ""))
    sides = _sides(
        account, query.get("currency", ""),
        set() if credit_id is None else {credit_id}, set() if item_id is None else {item_id},
    )  # fmt: skip
    currency = sides.currency
    known = {credit.id for credit in sides.credits}
    listing = page_asked(
        request, lambda after: ledger.allocation_page(account.id, currency, after, ALLOCATIONS_PER_PAGE)
    )
    return {
        "account": account,
        "as_of": as_of(),
        "sides": sides,
        "choice": first_choice(
            currency, sides.credits, sides.items, credit_id if credit_id in known else None, item_id
        ),
        "key": secrets.token_hex(12),
        "listing": listing,
        "may_undo": any(not one.belongs_to for one in listing.rows),
        "undo_form": ReasonForm(),
    }


@dataclass(frozen=True, slots=True)
class Sides:
    """The oldest free payments and open items of one currency, the currencies there are, and how many of each side."""

    credits: Sequence[CreditFacts]
    items: Sequence[OpenItemFacts]
    currency: str
    currencies: Sequence[str]
    credit_count: int
    item_count: int


def _sides(account: AccountFacts, currency: str, credit_ids: Set[int], item_ids: Set[int]) -> Sides:
    """Both sides of the screen; these payments and items are among them wherever they stand."""
    today = as_of()
    currencies = ledger.currencies_of(account.id, today) or [""]
    asked = ledger.items_of([account.id], today, overdue_only=False, item_ids=sorted(item_ids)).get(account.id, [])
    if not currency and (credit_ids or asked):
        first = ledger.credits_of(account.id, today, credit_id=min(credit_ids)) if credit_ids else asked
        currency = next((one.currency for one in first), "")
    if currency not in currencies:
        oldest = ledger.free_credits(account.id, today, limit=1).rows
        currency = oldest[0].currency if oldest else currencies[0]
    free = ledger.free_credits(account.id, today, currency, limit=ROWS_AT_MOST, ids=sorted(credit_ids))
    listing = ledger.open_item_page(account.id, today, currency=currency, limit=ROWS_AT_MOST)
    listed = {item.id for item in listing.rows}
    return Sides(
        sorted(free.rows, key=lambda credit: (credit.received_on, credit.id)),
        [*listing.rows, *(item for item in asked if item.currency == currency and item.id not in listed)],
        currency,
        currencies,
        free.total,
        listing.total,
    )


def _allocate(request: StaffRequest, account: AccountFacts, choice: Choice) -> bool:
    """Post the choice; false when this very form was posted before."""
    reason = request.POST.get("reason", "").replace("\0", "").strip()[:300]
    act = Act(account.id, as_of(), request.user.username, reason, posting_key(request))
    numbers = {row.credit.id: row.credit.number for row in choice.credits}
    numbers |= {row.item.id: row.item.number for row in choice.items}
    with transaction.atomic():
        posted = allocate_by_hand(act, choice.lines, choice.seen)
        if posted.created:
            lines = [
                [numbers[line.credit_id], numbers[line.item_id], format_amount(line.amount_minor, choice.currency)]
                for line in choice.lines
            ]
            details = {"lines": lines, "currency": choice.currency, "reason": reason}
            record_audit(request.user, "allocated", account.number, details)
    return posted.created


@needs(Permission.ALLOCATE)
@require_http_methods(["GET", "POST"])
def undo(request: StaffRequest, account_id: int) -> HttpResponse:
    """Undo the chosen allocations, with the reason; what it does is told before."""
    account = found_account(account_id)
    sent = request.POST if request.method == "POST" else request.GET
    asked = sorted({number for text in sent.getlist("allocation") if (number := whole_number(text)) is not None})
    found = ledger.allocations_of(account_id, asked)
    if not asked:
        messages.error(request, _("Choose what to undo."))
        return redirect("desk:account_allocate", account_id)
    form = ReasonForm(request.POST if "key" in request.POST else None)
    refusal = ""
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        act = Act(account_id, as_of(), request.user.username, data["reason"], posting_key(request))
        try:
            created = _undo(request, account, act, found, asked)
        except Refusal as refused:
            refusal = said(refused)
        else:
            told = ngettext(
                "%(count)s allocation undone; its payment waits for you.",
                "%(count)s allocations undone; their payments wait for you.",
                len(asked),
            ) % {"count": len(asked)}
            messages.success(request, told if created else str(SENT_BEFORE))
            credit = f"?credit={found[0].credit_id}" if found else ""
            return redirect(reverse("desk:account_allocate", args=[account_id]) + credit)
    context = {"account": account, "allocations": found, "asked": asked, "form": form,
               "refusal": refusal}  # fmt: skip
    return render(request, "desk/allocation/undo.html", context, status=422 if form.is_bound else 200)


def _undo(
    request: StaffRequest, account: AccountFacts, act: Act, found: list[AllocationFacts], asked: list[int]
) -> bool:
    with transaction.atomic():
        posted = undo_allocations(act, asked)
        if posted.created:
            lines = [
                [one.credit_number, one.item_number, format_amount(one.amount_minor, one.currency)] for one in found
            ]
            record_audit(request.user, "allocation_undone", account.number, {"lines": lines, "reason": act.reason})
    return posted.created
