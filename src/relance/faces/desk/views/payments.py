"""Recording a payment by hand, and taking one back."""

import secrets

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from relance.customers import queries as customers
from relance.customers.facts import AccountFacts
from relance.faces.desk.access import StaffRequest, needs, posted_data
from relance.faces.desk.account_page import account_context, effect_of_payment, found_account
from relance.faces.desk.act_forms import ReversalForm
from relance.faces.desk.act_pages import found_credit, open_item_numbered, posting_key, said
from relance.faces.desk.day import as_of
from relance.faces.desk.forms import PaymentForm
from relance.faces.desk.templatetags.desk import money
from relance.kit.money import format_amount
from relance.kit.refusal import Refusal
from relance.ledger import queries as ledger
from relance.ledger.services import post_receipt, reverse_receipt
from relance.staff.facts import Permission
from relance.staff.services import record_audit


@needs(Permission.RECORD_PAYMENT)
@require_http_methods(["GET", "POST"])
def record(request: StaffRequest, account_id: int) -> HttpResponse:
    """The form in the page of its account, and the posting; the answer shows what the payment did."""
    account = found_account(account_id)
    today = as_of()
    items = ledger.open_item_page(account_id, today)
    currencies = list(
        dict.fromkeys([*(item.currency for item in items.rows), *ledger.currencies_of(account_id, today),
                       customers.creditor(account.creditor_id).currency])
    )  # fmt: skip
    initial = {
        "received_on": today,
        "method": "transfer",
        "currency": currencies[0],
        "reference": f"DESK-{today:%y%m%d}-{secrets.token_hex(4).upper()}",
    }
    form = PaymentForm(posted_data(request), initial=initial, today=today, currencies=currencies, items=items,
                       find=lambda number: open_item_numbered(account_id, number))  # fmt: skip
    if request.method == "POST" and form.is_valid():
        order = form.order(account_id)
        try:
            with transaction.atomic():
                posted = post_receipt(order, request.user.username)
                if posted.created:
                    details = {
                        "reference": order.number,
                        "amount": format_amount(order.amount_minor, order.currency),
                        "currency": order.currency,
                        "received_on": order.received_on.isoformat(),
                        "method": order.method,
                        "invoice": order.named_item,
                    }
                    record_audit(request.user, "payment_recorded", account.number, details)
        except Refusal as refusal:
            form.add_error("reference", _reference_clash(account, order.number, said(refusal)))
        else:
            amount = money(order.amount_minor, order.currency)
            if not posted.created:
                title, effects = _("This payment of %(amount)s was already recorded; nothing was added."), []
            else:
                title = _("Payment of %(amount)s recorded")
                effects = effect_of_payment(
                    account_id, posted.credit_id, today, posted.unallocated_minor, order.currency
                )
            return _done(request, account, title % {"amount": amount}, effects)
    status = 422 if request.method == "POST" else 200
    if request.htmx:
        return render(request, "desk/payment_form.html", {"form": form, "account": account}, status=status)
    return render(request, "desk/payment_page.html", {"form": form, "account": account}, status=status)


def _done(request: StaffRequest, account: AccountFacts, title: str, effects: list[str]) -> HttpResponse:
    if not request.htmx:
        messages.success(request, " ".join([title, *effects]))
        return redirect("desk:account", account.id)
    context = account_context(request, account) | {"effect_title": title, "effects": effects}
    response = render(request, "desk/account_body.html", context)
    response.headers["HX-Retarget"] = "#account-body"
    response.headers["HX-Reswap"] = "outerHTML show:#main:top"
    return response


def _reference_clash(account: AccountFacts, number: str, otherwise: str) -> str:
    """The refusal in the reader's language when it is the reference that is taken."""
    if ledger.credits_of(account.id, as_of(), number=number, limit=1):
        return _("This reference is taken by another payment of this account; write another one.")
    return otherwise


@needs(Permission.REVERSE_PAYMENT)
@require_http_methods(["GET", "POST"])
def reverse_one(request: StaffRequest, account_id: int, credit_id: int) -> HttpResponse:
    """Ask for the reason, then take the payment back: its invoices are open again."""
    account = found_account(account_id)
    today = as_of()
    credit = found_credit(account_id, credit_id)
    if credit.kind != "receipt":
        raise Http404
    if credit.reversed_on is not None:
        messages.info(request, _("This payment is already reversed."))
        return redirect("desk:account", account_id)
    form = ReversalForm(posted_data(request), initial={"reversed_on": today}, earliest=credit.received_on, today=today)
    if request.method == "POST" and form.is_valid():
        reversed_on, reason = form.cleaned_data["reversed_on"], form.cleaned_data["reason"]
        try:
            with transaction.atomic():
                done = reverse_receipt(
                    account_id, credit_id, reversed_on, reason, request.user.username, posting_key(request)
                )
                if done.created:
                    details = {
                        "reference": credit.number,
                        "amount": format_amount(credit.amount_minor, credit.currency),
                        "currency": credit.currency,
                        "reversed_on": reversed_on.isoformat(),
                        "reason": reason,
                    }
                    record_audit(request.user, "payment_reversed", account.number, details)
        except Refusal as refusal:
            form.add_error(None, said(refusal))
        else:
            if done.created:
                amount = money(credit.amount_minor, credit.currency)
                told = _("Payment of %(amount)s reversed; what it had settled is open again.") % {"amount": amount}
                messages.success(request, told)
            else:
                messages.info(request, _("This payment is already reversed."))
            return redirect("desk:account", account_id)
    context = {"form": form, "account": account, "credit": credit}
    return render(request, "desk/payment_reverse.html", context, status=422 if request.method == "POST" else 200)
