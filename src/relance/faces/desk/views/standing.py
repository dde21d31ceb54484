"""A customer's standing: strategic or not, the score, and the end of a credit hold."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from relance.customers import services as customers
from relance.faces.desk.access import StaffRequest, needs
from relance.faces.desk.account_page import found_account
from relance.faces.desk.day import as_of
from relance.faces.desk.work_forms import LiftCreditHoldForm, StandingForm
from relance.kit.refusal import Refusal
from relance.staff.facts import Permission
from relance.staff.services import record_audit


@needs(Permission.SET_STANDING)
@require_http_methods(["GET", "POST"])
def page(request: StaffRequest, account_id: int) -> HttpResponse:
    """Say whether the customer is strategic, and their score."""
    account = found_account(account_id)
    if request.method != "POST":
        return _shown(request, account_id)
    form = StandingForm(request.POST)
    if not form.is_valid():
        return _shown(request, account_id, form=form)
    data = form.cleaned_data
    with transaction.atomic():
        changed = customers.set_standing(
            account.id, data["strategic"], data["score"], request.user.username, as_of(), data["reason"]
        )
        if changed:
            told = {"strategic": data["strategic"], "score": data["score"], "reason": data["reason"]}
            record_audit(request.user, "standing_changed", account.number, told)
    messages.success(request, _("The standing is noted.") if changed else _("The standing was like that already."))
    return redirect("desk:account", account.id)


@needs(Permission.SET_STANDING)
@require_POST
def lift_credit_hold(request: StaffRequest, account_id: int) -> HttpResponse:
    """Let the customer buy on credit again."""
    account = found_account(account_id)
    form = LiftCreditHoldForm(request.POST)
    if not form.is_valid():
        return _shown(request, account_id, lift_form=form)
    reason = form.cleaned_data["reason"]
    try:
        with transaction.atomic():
            customers.lift_credit_hold(account.id, request.user.username, as_of(), reason)
            record_audit(request.user, "credit_hold_lifted", account.number, {"reason": reason})
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _shown(request, account_id, lift_form=form)
    messages.success(request, _("The credit hold is lifted."))
    return redirect("desk:account", account.id)


def _shown(request: StaffRequest, account_id: int, **forms: Any) -> HttpResponse:
    """The page with both forms, one of them perhaps as it was sent."""
    account = found_account(account_id)
    context = {
        "account": account,
        "form": forms.get("form") or StandingForm.of(account),
        "lift_form": forms.get("lift_form") or LiftCreditHoldForm(auto_id="lift_%s"),
    }
    return render(request, "desk/standing.html", context, status=422 if forms else 200)
