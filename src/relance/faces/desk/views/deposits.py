"""Cheque deposit slips: the list, a new one typed row by row, and a slip to print."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relance.customers import queries as customers
from relance.faces.desk.access import StaffRequest, needs, plain, whole_number
from relance.faces.desk.books import chosen_creditor, known_creditors
from relance.faces.desk.day import as_of
from relance.faces.desk.deposit_forms import OFFERED_AT_MOST, DepositForm
from relance.kit.money import format_amount
from relance.kit.refusal import Refusal
from relance.ledger import queries as ledger
from relance.ledger.services import post_deposit
from relance.staff.facts import Permission
from relance.staff.services import record_audit

SUGGESTIONS = 8


@needs(Permission.SEE_JOURNAL)
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """The newest slips first."""
    after = request.GET.get("after", "")
    listing = ledger.deposits(None if whole_number(after) is None else after)
    creditors = {creditor.id: creditor for creditor in customers.creditors()}
    context = {"listing": listing, "creditors": creditors, "has_choice": len(creditors) > 1}
    return render(request, "desk/deposits.html", context)


@needs(Permission.DEPOSIT_CHEQUES)
@require_http_methods(["GET", "POST"])
def create(request: StaffRequest) -> HttpResponse:
    """The form; its first button, which Enter presses, adds a row; the last one posts the slip, all of it or nothing."""
    today = as_of()
    creditors = known_creditors()
    if not creditors:
        return render(request, "desk/journal_empty.html")
    chosen = chosen_creditor(request.session, creditors, request.POST.get("creditor", ""))
    if request.method != "POST":
        return _form(request, DepositForm(today=today, creditors=creditors, chosen=chosen))
    form = DepositForm(request.POST, today=today, creditors=creditors)
    if request.POST.get("do") != "post" and form.knows_currency:
        form.find_accounts()
        form.read_amounts()
        for row in form.rows:
            row.errors.clear()
        if not form.rows[-1].is_empty:
            form.add_row()
        return _form(request, form, asks_only=True)
    if form.is_valid():
        order = form.order()
        try:
            with transaction.atomic():
                posted = post_deposit(order, request.user.username, f"desk:{form.cleaned_data['key']}")
                if posted.created:
                    details = {
                        "on": order.deposited_on.isoformat(),
                        "amount": format_amount(form.total_minor, order.currency),
                        "currency": order.currency,
                        "cheques": len(order.cheques),
                    }
                    record_audit(request.user, "cheques_deposited", order.number, details)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            if posted.created:
                messages.success(request, _("The slip is posted; each cheque is a payment of its account."))
            else:
                messages.info(request, _("This slip was posted before; nothing was added."))
            return redirect("desk:deposit", posted.id)
    return _form(request, form, status=422)


def _form(request: StaffRequest, form: DepositForm, status: int = 200, *, asks_only: bool = False) -> HttpResponse:
    """The whole page, or its form alone; `asks_only`: a row was asked for, so nothing is held against the others."""
    places = [row.place for row in form.rows if row.errors] + [row.place for row in form.rows if row.is_empty]
    here = next(iter(places), form.rows[-1].place)
    context = {"form": form, "shows_errors": form.is_bound and not asks_only, "here": here}
    template = "desk/deposit_form.html" if request.htmx else "desk/deposit_new.html"
    return render(request, template, context, status=status)


@needs(Permission.DEPOSIT_CHEQUES)
@require_POST
def total(request: StaffRequest) -> HttpResponse:
    """The running total of a form that is being typed."""
    creditors = known_creditors()
    if not creditors:
        raise Http404
    form = DepositForm(request.POST, today=as_of(), creditors=creditors)
    if not form.knows_currency:
        form.is_valid()
        return render(request, "desk/deposit_total.html", {"form": form}, status=422)
    form.read_amounts()
    return render(request, "desk/deposit_total.html", {"form": form})


@needs(Permission.DEPOSIT_CHEQUES)
@require_safe
def lookup(request: StaffRequest) -> HttpResponse:
    """Whose account a number is, with its open invoices; or the accounts that begin so."""
    typed = plain(request.GET.get("account", ""))[:80]
    place = whole_number(request.GET.get("place", "")) or 0
    found = customers.account_by_number(typed) if typed else None
    context = {
        "place": place,
        "typed": typed,
        "found": found,
        "items": ledger.open_item_page(found.id, as_of(), limit=OFFERED_AT_MOST).rows if found else [],
        "suggestions": [] if found or len(typed) < 2 else customers.find_accounts(typed, limit=SUGGESTIONS).rows,
    }
    return render(request, "desk/deposit_lookup.html", context)


@needs(Permission.SEE_JOURNAL)
@require_safe
def one(request: StaffRequest, deposit_id: int) -> HttpResponse:
    """One slip with its cheques, to print; a cheque that bounced leads to its reversal."""
    slip = ledger.deposit(deposit_id)
    if slip is None:
        raise Http404
    accounts = customers.accounts([cheque.account_id for cheque in slip.cheques])
    context = {
        "slip": slip,
        "creditor": customers.creditor(slip.creditor_id),
        "cheques": [(cheque, accounts[cheque.account_id]) for cheque in slip.cheques],
        "bounced": sum(1 for cheque in slip.cheques if cheque.reversed_on),
    }
    return render(request, "desk/deposit.html", context)
